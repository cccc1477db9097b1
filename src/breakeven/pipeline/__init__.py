"""What DVC has to know: on which code, values and files each cell of each stage depends.

Nothing here decides a result, only what runs again: these modules are in no stage's digest.
"""
