"""How a command ends: what a person can mend is one line; each kind has its exit code."""

import sys
from collections.abc import Callable

from breakeven.core.errors import AlreadyReportedError, BreakevenError, disk_error
from breakeven.core.interrupts import Terminated


def exit_code_of(work: Callable[[], None]) -> int:
    """Run `work`; an error that a person can mend is printed as one line on standard error."""
    try:
        work()
    except BreakevenError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except AlreadyReportedError as error:
        return error.exit_code
    except OSError as error:
        machine_error = disk_error(error)
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
