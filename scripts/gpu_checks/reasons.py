"""Why something failed, in one line."""

import traceback
from pathlib import Path

from breakeven.core.errors import BreakevenError

# The checkout: what an error came through of this repository tells more than a library's line.
_ROOT = Path(__file__).resolve().parents[2]


def reason_of(error: Exception) -> str:
    """What to tell of an error, with the last line of this repository that it came through."""
    if isinstance(error, BreakevenError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    here = [one for one in frames if Path(one.filename).is_relative_to(_ROOT)]
    own = [one for one in here if "site-packages" not in one.filename]
    last = (own or frames)[-1]
    return f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"
