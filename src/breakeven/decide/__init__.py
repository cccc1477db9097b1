"""Which student and arm to use for so many queries at such a price, and how sure that is.

`options` what there is to choose from; `choice` the decision; `break_even` and `certainty` what it
rests on, `shortfall` why nothing fits; `family_options` options from results; `decide_command` the
command line, `decision_text` what it prints; `calculator` that of the report page, whose arithmetic
(`decide_core.js`) is that of `choice` in JavaScript, and whose other scripts say, draw and ask.
"""
