"""Resumable work in `.work/`: kept by a digest of everything that changes the result.

DVC deletes a stage's outputs before each run, so expensive partial work lives here: a killed stage
finds it again by the same key, and a changed input finds an empty folder.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from breakeven.core.files import digest_json, write_json

SCRATCH = Path(".work")


def scratch_folder(kind: str, key: Mapping[str, Any]) -> Path:
    """`.work/<kind>/<digest of key>/`, made if missing, with the key itself in `key.json`.

    `key` holds everything that changes the result: digests of weights and data, rendered prompts,
    sampling, seeds, the engine and its version.
    """
    folder = SCRATCH / kind / digest_json(key)[:32]
    # For a person who wonders what lies there: work is found by the digest alone.
    if not (folder / "key.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / "key.json", key)
    return folder
