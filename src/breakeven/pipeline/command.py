"""What every stage script shares: its arguments, and errors as one line with their exit code."""

import argparse
import inspect
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Never

from breakeven.core.cycles import look_seldom
from breakeven.core.exits import exit_code_of
from breakeven.core.interrupts import terminated_as_interrupted
from breakeven.core.locks import held
from breakeven.core.work_times import noted_times
from breakeven.params import load_params

_LOCKS = Path(".work/locks")


def run_stage(body: Callable[..., None]) -> Never:
    """Run a stage's body on params.yaml with its command-line arguments, and exit.

    Under DVC the body runs on the inputs that DVC was told of, or not at all.

    Its first parameter takes the params; each further one is a required option of the same name, of
    its annotated type (str or int). Exit codes: 0 done, 2 the user's input, 3 the machine, 1 a
    fault of Breakeven, 130 interrupted, 143 ended by SIGTERM.
    """
    look_seldom()
    # Idle OpenMP threads that spin take the core from the thread that works.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if not sys.stderr.isatty():  # libraries' bars would fill a log; our own turn into plain lines
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    arguments = vars(_parser(body).parse_args())
    # One of several that train together is ended by who started it, and its stage has the cell.
    if "LOCAL_RANK" in os.environ:
        sys.exit(exit_code_of(lambda: _run_to_its_end(body, arguments)))
    with terminated_as_interrupted():
        sys.exit(exit_code_of(lambda: _run_alone(body, arguments)))


def _run_alone(body: Callable[..., None], arguments: Mapping[str, Any]) -> None:
    """Run a stage's body while no other process runs it on the same cell."""
    stage = Path(sys.argv[0]).stem
    cell = "-".join(map(str, arguments.values()))
    name = f"{stage}@{cell}" if cell else stage
    # What was typed is not checked yet, and must not lead elsewhere.
    file = re.sub(r"[^\w.@-]", "_", name)[:200]
    with held(_LOCKS / f"{file}.lock", name):
        _run_to_its_end(body, arguments)


def _run_to_its_end(body: Callable[..., None], arguments: Mapping[str, Any]) -> None:
    """Run a stage's body; code that exits within it has not done its work, whatever its code."""
    stage, cell = Path(sys.argv[0]).stem, tuple(arguments.values())
    try:
        with noted_times(stage, *cell), _input_guard(stage, cell):
            body(load_params(), **arguments)
    except SystemExit as ended:
        raise RuntimeError(f"something within the stage exited with {ended.code!r}") from ended


def _input_guard(stage: str, cell: Sequence[str | int]) -> AbstractContextManager[None]:
    """Under DVC, hold a stage to the inputs that DVC was told of."""
    # DVC sets it for the commands that it runs, cells as stage@cell. A stage that a person starts
    # runs on whatever is there.
    if os.environ.get("DVC_STAGE", "").partition("@")[0] != stage:
        return nullcontext()
    from breakeven.pipeline.input_guard import guard_inputs

    return guard_inputs(stage, cell)


def _parser(body: Callable[..., None]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=sys.modules["__main__"].__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _params, *options = inspect.signature(body).parameters.items()
    for name, parameter in options:
        parser.add_argument(f"--{name}", required=True, type=parameter.annotation)
    return parser
