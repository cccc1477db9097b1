"""Taking a profile as the study: `profiles/<name>.yaml` over `params.yaml`."""

import subprocess
from pathlib import Path

from breakeven.core.errors import InputError, did_you_mean
from breakeven.core.files import write_text
from breakeven.params.load import load_params
from breakeven.params.schema import Params

PROFILES = Path("profiles")
PARAMS = Path("params.yaml")


def profile_names() -> list[str]:
    """The profiles of this project."""
    return sorted(path.stem for path in PROFILES.glob("*.yaml"))


def use_profile(name: str, *, force: bool = False) -> Params:
    """Write the profile over `params.yaml` and return what it holds.

    Raises:
        InputError: there is no such profile, it is not in order, or `params.yaml` has changes that
            neither git nor a profile holds and `force` is not given.
    """
    path = PROFILES / f"{name}.yaml"
    if name not in profile_names():
        raise InputError(
            f"{path}: no such profile; {did_you_mean(name, profile_names())}"
            if profile_names()
            else f"{PROFILES}: holds no profile; run this in a project of breakeven"
        )
    params = load_params(path)
    text = path.read_text(encoding="utf-8")
    if PARAMS.is_file() and not force and not _is_kept(PARAMS.read_bytes()):
        raise InputError(
            f"{PARAMS}: has changes that are in no commit and no profile, and would be lost; "
            "commit it, copy it into profiles/, or use --force"
        )
    write_text(PARAMS, text)
    return params


def _is_kept(text: bytes) -> bool:
    """Whether a profile or the last commit has the same text."""
    if any(path.read_bytes() == text for path in PROFILES.glob("*.yaml") if path.is_file()):
        return True
    shown = subprocess.run(  # noqa: S603
        ["git", "show", f"HEAD:./{PARAMS}"],  # noqa: S607
        capture_output=True,
        check=False,
    )
    return shown.returncode == 0 and shown.stdout == text
