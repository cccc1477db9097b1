"""Tell DVC on what code, values and files each cell depends: `python stages/inputs.py`."""

# DVC runs this stage first, with the Python on PATH, which is ours only where .venv is active.
try:
    from breakeven.pipeline.command import run_stage
    from breakeven.pipeline.inputs import write_inputs
except ModuleNotFoundError as error:
    if error.name != "breakeven":
        raise
    raise SystemExit(
        "this Python has no breakeven: `. .venv/bin/activate` first, or `make study`"
    ) from None

if __name__ == "__main__":
    run_stage(write_inputs)
