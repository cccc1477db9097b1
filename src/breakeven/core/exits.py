"""How a command ends: what a person can mend is one line; each kind has its exit code."""

import sys
from collections.abc import Callable
from io import TextIOWrapper

from breakeven.core.errors import AlreadyReportedError, BreakevenError, MachineError, disk_error
from breakeven.core.interrupts import Terminated
from breakeven.core.out_of_memory import is_out_of_memory


def exit_code_of(work: Callable[[], None]) -> int:
    """Run `work`; an error that a person can mend is printed as one line on standard error."""
    _print_anything()
    try:
        work()
    except BreakevenError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except AlreadyReportedError as error:
        return error.exit_code
    except Exception as error:
        machine_error = machine_error_of(error)
        if machine_error is None:
            raise
        print(f"error: {machine_error}", file=sys.stderr)
        return machine_error.exit_code
    except Terminated:
        print("ended by SIGTERM; what was done is kept and the next run goes on", file=sys.stderr)
        return 143
    except KeyboardInterrupt:
        print("interrupted; what was done is kept and the next run goes on", file=sys.stderr)
        # 128 and the signal's number, as shells have it.
        return 130
    return 0


def _print_anything() -> None:
    """What a terminal's encoding does not have is printed as an escape, and ends no command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def machine_error_of(error: Exception) -> MachineError | None:
    """What to tell of an error that is the machine's; None where it is a fault of the code."""
    if is_out_of_memory(error):
        return MachineError(
            "memory has run out; end other programs, or use smaller batches, students or files"
        )
    return disk_error(error) if isinstance(error, OSError) else None
