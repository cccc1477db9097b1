"""Room on the disk, asked for before something large is written."""

import shutil
from pathlib import Path

from breakeven.core.errors import MachineError

# Left free beside what is written: a full disk stops more than the study.
_SPARE_BYTES = 256 << 20


def require_free_bytes(folder: Path, need_bytes: int, what: str) -> None:
    """Check that `folder` can take `need_bytes` more; the nearest folder that exists is asked.

    Raises:
        MachineError: it cannot; the message says what for, how much, and how much there is.
    """
    # The folder itself may not be there yet.
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.is_dir())
    free_bytes = shutil.disk_usage(existing).free
    missing_bytes = need_bytes + _SPARE_BYTES - free_bytes
    if missing_bytes > 0:
        raise MachineError(
            f"{folder}: {what} needs {gigabytes(need_bytes)}, the disk has "
            f"{gigabytes(free_bytes)} free; free {gigabytes(missing_bytes)}"
        )


def gigabytes(count: float) -> str:
    """A number of bytes as people read it: in GB of 10⁹ bytes, small ones in MB."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def folder_bytes(folder: Path) -> int:
    """Size of the files in a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
