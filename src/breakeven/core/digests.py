"""Digests of files that do not change from run to run: a file is read once, then told by its stamp.

A base model of many gigabytes is named in params.yaml and looked at before every run.
"""

import time
from pathlib import Path

from breakeven.core.files import digest_file
from breakeven.core.sealed import read_sealed, write_sealed

_CACHE = Path(".work/digests.json")
# A file that changed within the resolution of its stamp could change again unseen.
_SETTLED_NS = 2_000_000_000
_CACHED_FROM_BYTES = 1 << 20


def cached_digest(file: Path) -> str:
    """SHA-256 of a file; a large one is read again only where size, time or inode differ."""
    stat = file.stat()
    if stat.st_size < _CACHED_FROM_BYTES:
        return digest_file(file)
    cache = read_sealed(_CACHE) or {}
    # The time of change too: copying and renaming may keep that of the content.
    stamp = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
    name = str(file.resolve())
    if name in cache and cache[name][0] == stamp:
        return str(cache[name][1])
    digest = digest_file(file)
    if time.time_ns() - max(stat.st_mtime_ns, stat.st_ctime_ns) > _SETTLED_NS:
        write_sealed(_CACHE, {**cache, name: [stamp, digest]})
    return digest
