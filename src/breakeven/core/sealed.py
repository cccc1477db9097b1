"""What scratch keeps, with its digest: what was cut short, flipped or edited is made again.

DVC watches over outputs and git over the project; `.work/` has nobody else.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from breakeven.core.errors import InputError
from breakeven.core.files import digest_json, read_json, write_json

_SEAL = "sha256"


def write_sealed(path: Path, value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Write a JSON value with its digest, whole or not at all."""
    # As it will be read: JSON knows neither tuples nor keys that are numbers.
    value = json.loads(json.dumps(value, allow_nan=False))
    write_json(path, {"value": value, _SEAL: digest_json(value)})


def read_sealed(path: Path) -> Any:  # noqa: ANN401 - any JSON value
    """The value that `write_sealed` wrote, None where there is none.

    A file that is not as it was written is told in a line and removed: to whoever asks, it is not
    there.
    """
    if not path.is_file():
        return None
    try:
        found = read_json(path)
        if found[_SEAL] == digest_json(found["value"]):
            return found["value"]
    except (InputError, LookupError, TypeError, ValueError):
        pass
    tell_damaged(path)
    path.unlink(missing_ok=True)
    return None


def sealed_line(row: Mapping[str, Any]) -> bytes:
    """A row as a line of a journal, with its digest; no line break."""
    text = json.dumps({**row, _SEAL: digest_json(row)}, ensure_ascii=False, allow_nan=False)
    # Half of a character has no UTF-8: escaped, it is read as it was.
    return text.encode("utf-8", "backslashreplace")


def read_sealed_line(line: bytes, *, must_have_seal: bool = True) -> dict[str, Any] | None:
    """The row of a line that `sealed_line` wrote; None for one that is torn, flipped or edited.

    Journals of what was paid for may have lines from before there were digests.
    """
    try:
        row = json.loads(line)
        seal = row.pop(_SEAL, None)
        whole = seal == digest_json(row) if seal is not None or must_have_seal else True
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    return dict(row) if whole else None


def tell_damaged(path: Path, what: str = "it is made again") -> None:
    """Say on standard error that a file of scratch is not what was written."""
    print(f"{path}: is not as it was written; {what}", file=sys.stderr, flush=True)
