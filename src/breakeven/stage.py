"""What every stage script shares: its arguments, and errors as one line with their exit code."""

import argparse
import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Never, TypeVar

from breakeven.errors import BreakevenError, InputError, ToldError, did_you_mean, of_the_disk

Value = TypeVar("Value")


def run_stage(body: Callable[..., None]) -> Never:
    """Run a stage's body with its command-line arguments, and exit.

    Under DVC the body runs on the inputs that DVC was told of, or not at all.

    Each parameter of `body` is a required option of the same name, of its annotated type (str or
    int). Exit codes: 0 done, 2 the user's input, 3 the machine, 1 a fault of Breakeven, 130
    interrupted.
    """
    # Idle OpenMP threads that spin take the core from the thread that works.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if not sys.stderr.isatty():  # libraries' bars would fill a log; our own turn into plain lines
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    arguments = vars(_parser(body).parse_args())
    sys.exit(exit_code_of(lambda: _to_its_end(body, arguments)))


def _to_its_end(body: Callable[..., None], arguments: Mapping[str, Any]) -> None:
    """Run a stage's body; code that exits within it has not done its work, whatever its code."""
    try:
        with _told_inputs(Path(inspect.getfile(body)).stem, tuple(arguments.values())):
            body(**arguments)
    except SystemExit as ended:
        raise RuntimeError(f"something within the stage exited with {ended.code!r}") from ended


def _told_inputs(stage: str, cell: Sequence[str | int]) -> AbstractContextManager[None]:
    """Under DVC, hold a stage to the inputs that DVC was told of."""
    if os.environ.get("DVC_STAGE", "").partition("@")[0] != stage:
        return nullcontext()
    from breakeven.pipeline.current import unchanged_inputs

    return unchanged_inputs(stage, cell)


def exit_code_of(work: Callable[[], None]) -> int:
    """Run `work`; an error that a person can mend is printed as one line on standard error."""
    try:
        work()
    except BreakevenError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except ToldError as error:
        return error.exit_code
    except OSError as error:
        told = of_the_disk(error)
        if told is None:
            raise
        print(f"error: {told}", file=sys.stderr)
        return told.exit_code
    except KeyboardInterrupt:
        print("interrupted; what was done is kept and the next run goes on", file=sys.stderr)
        return 130
    return 0


def pick(table: Mapping[str, Value], key: str, name: str) -> Value:
    """The row `name` of the table `key` of params.yaml; raises InputError where there is none."""
    if name not in table:
        raise InputError(f"params.yaml: {key}: {name!r} is not in it; {did_you_mean(name, table)}")
    return table[name]


def _parser(body: Callable[..., None]) -> argparse.ArgumentParser:
    module = inspect.getmodule(body)
    parser = argparse.ArgumentParser(
        description=module.__doc__ if module else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for name, parameter in inspect.signature(body).parameters.items():
        parser.add_argument(f"--{name}", required=True, type=parameter.annotation)
    return parser
