"""Which student and arm to use for so many queries at such a price, and how sure that is.

`options` what there is to choose from; `choice` the decision; `break_even` and `certainty` what it
rests on; `build` options from results; `study` the results of the project in the current folder;
`command` the command line; `section` the calculator of the report page, whose arithmetic
(`decide.js`) is that of `choice` in JavaScript.
"""
