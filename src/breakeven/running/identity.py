"""What a process runs with: code, packages, where results go.

Two of the same give the same results. Asked of every worker of a cluster before it gets a cell.
"""

import os
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from breakeven.core.files import digest_file, digest_json
from breakeven.core.records import versions
from breakeven.pipeline.code import STAGES, code_below

# Names a run; a worker that cannot see it has another folder before it.
MARK = Path(".work/run/mark")
_STORE = "MLFLOW_TRACKING_URI"
_NAME = re.compile(r"[\w.-]+")


def identity() -> dict[str, str]:
    """Versions and digests by name, of the study in the working directory."""
    return {
        **_packages(),
        **code_below(sorted(STAGES.glob("*.py"))),
        "the study's folder": digest_file(MARK) if MARK.is_file() else "another",
        # By its digest: it may hold a password.
        _STORE: digest_json(os.environ.get(_STORE, "")),
    }


def difference(here: Mapping[str, str], there: Mapping[str, str]) -> str | None:
    """How another process differs from this one, in a few words; None where it does not."""
    if digest_json(dict(sorted(here.items()))) == digest_json(dict(sorted(there.items()))):
        return None
    names = [name for name in {**here, **there} if here.get(name) != there.get(name)]
    (name, *more) = names
    rest = f", and {len(more)} more" if more else ""
    if re.fullmatch(r"[0-9a-f]{16,}", here.get(name, "") or there.get(name, "")):
        return f"{name} is another there{rest}"
    return f"{name} is {there.get(name, 'missing')} there, {here.get(name, 'missing')} here{rest}"


def _packages() -> dict[str, str]:
    """Of Python, and of what the project asks for."""
    found = versions()
    try:
        wanted = requires("breakeven") or []
    except PackageNotFoundError:  # run from a checkout
        return found
    for line in wanted:
        name = _NAME.match(line)
        if name and "extra ==" not in line:
            try:
                found[name[0]] = version(name[0])
            except PackageNotFoundError:
                found[name[0]] = "missing"
    return found
