"""Digests of files that do not change from run to run: a file is read once, then told by its stamp.

A base model of many gigabytes is named in params.yaml and looked at before every run.
"""

import time
from pathlib import Path

from breakeven.core.files import digest_file, read_json, write_json

_KEPT = Path(".work/digests.json")
# A file that changed within the resolution of its stamp could change again unseen.
_RECENT_NS = 2_000_000_000
_SMALL = 1 << 20


def cached_digest(file: Path) -> str:
    """SHA-256 of a file; a large one is read again only where size, time or inode differ."""
    stat = file.stat()
    if stat.st_size < _SMALL:
        return digest_file(file)
    kept = read_json(_KEPT) if _KEPT.is_file() else {}
    stamp = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
    name = str(file.resolve())
    if name in kept and kept[name][0] == stamp:
        return str(kept[name][1])
    digest = digest_file(file)
    if time.time_ns() - max(stat.st_mtime_ns, stat.st_ctime_ns) > _RECENT_NS:
        write_json(_KEPT, {**kept, name: [stamp, digest]})
    return digest
