"""Which code and data a run was made with: the state of the repository when it is written."""

import getpass
import subprocess
from contextlib import suppress
from pathlib import Path

from breakeven.core.files import digest_file

LOCK = Path("dvc.lock")
LOCK_TAG = "dvc.lock.sha256"


def source_tags() -> dict[str, str]:
    """Tags that MLflow shows as source and version; what is not known is left out.

    `dvc.lock` holds the digests of all outputs, so that its own digest names the state of all data.
    It changes with every run and is told apart: alone, it makes no repository dirty.
    """
    tags = {"mlflow.source.type": "LOCAL", "mlflow.source.name": "dvc.yaml"}
    if LOCK.is_file():
        tags[LOCK_TAG] = digest_file(LOCK)
    with suppress(OSError, KeyError):  # a container's user may have no name
        tags["mlflow.user"] = getpass.getuser()
    commit = _git("rev-parse", "HEAD")
    if not commit:
        return tags
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", f":!{LOCK}")
    branch = _git("branch", "--show-current")
    return (
        tags
        | {"mlflow.source.git.commit": commit}
        | ({"mlflow.source.git.branch": branch} if branch else {})
        | ({} if changed is None else {"mlflow.source.git.dirty": "true" if changed else "false"})
    )


def _git(*arguments: str) -> str | None:
    """What git answers; None where there is no git, no repository, or no commit yet."""
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "--no-optional-locks", *arguments],  # noqa: S607 - the user's own git
            check=False,
            capture_output=True,
            text=True,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
