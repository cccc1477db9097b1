"""Known holes in the packages of constraints.txt, and keys in tracked files: `make audit`.

The exit code is 1 where one was found. pip-audit asks PyPI, one request a package; where nobody
answers, or a mirror that has no such answers, that is said and is no error. Keys are looked for by
their issuers' formats, without a network.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
MOST_NAMED = 5


class KeyFormat(NamedTuple):
    """An issuer's format; `mark` is a part of every such key, which is quick to look for."""

    of: str
    mark: bytes
    pattern: re.Pattern[bytes]


def _format(of: str, mark: str, pattern: str) -> KeyFormat:
    return KeyFormat(of, mark.encode(), re.compile(rb"(?<![\w-])" + pattern.encode()))


FORMATS = (
    _format("Hugging Face", "hf_", r"hf_[A-Za-z]{34}\b"),
    _format("OpenAI or Anthropic", "sk-", r"sk-(?=[\w-]*\d)(?=[\w-]*[A-Z])[\w-]{40,}"),
    _format("Weights & Biases", "wandb_v1_", r"wandb_v1_\w{60,}"),
    _format("GitHub", "gh", r"gh[pousr]_[A-Za-z0-9]{36}\b"),
    _format("GitHub", "github_pat_", r"github_pat_\w{60,}"),
    _format("GitLab", "glpat-", r"glpat-[\w-]{20,}"),
    _format("PyPI", "pypi-AgE", r"pypi-AgE[\w-]{50,}"),
    _format("Amazon", "AKIA", r"AKIA[A-Z2-7]{16}\b"),
    _format("Google", "AIza", r"AIza[\w-]{35}(?![\w-])"),
    _format("Google service account", "private_key_id", r'"private_key_id": ?"[0-9a-f]{40}"'),
    _format("Slack", "xox", r"xox[abeoprs]-\d+-[\w-]{20,}"),
    _format("JSON web token", "eyJ", r"eyJ[\w-]{15,}\.eyJ[\w-]{15,}\.[\w-]{20,}"),
    _format("a private key", "PRIVATE KEY-----", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
)


def main() -> None:
    """Look for both; every finding is a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pip-audit", type=Path, default=ROOT / ".audit/bin/pip-audit")
    given = parser.parse_args()
    keys = list(keys_in(ROOT))
    for where in keys:
        print(where)
    print(f"keys in tracked files: {len(keys) or 'none'}")
    holes, said = holes_in(ROOT / "constraints.txt", given.pip_audit)
    for line in (*holes, said):
        print(line)
    sys.exit(1 if keys or holes else 0)


def keys_in(repository: Path) -> Iterator[str]:
    """`file:line: a key of whom`, of the files that git tracks; never the key itself."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=repository, check=True, capture_output=True
    ).stdout
    for name in listed.decode().split("\0"):
        path = repository / name
        if not path.is_file() or path.is_symlink():
            continue
        content = path.read_bytes()
        for one in FORMATS:
            # Most files have no mark at all, and a mark is found faster than a pattern.
            for found in one.pattern.finditer(content) if one.mark in content else ():
                line = content.count(b"\n", 0, found.start()) + 1
                yield f"{name}:{line}: looks like a key: {one.of}"


def holes_in(constraints: Path, pip_audit: Path) -> tuple[list[str], str]:
    """A line a known hole, and what was looked at, or why nothing was."""
    if not pip_audit.is_file():
        return [], f"known holes: not looked for; {pip_audit} is not there, make audit installs it"
    command = [pip_audit, "--requirement", constraints, "--no-deps", "--disable-pip"]
    done = subprocess.run(
        [*command, "--format", "json", "--progress-spinner", "off"],
        check=False,
        capture_output=True,
        text=True,
    )
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        why = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
        return [], f"known holes: not looked for; pip-audit: {why}"
    # A mirror without answers has pip-audit say that nothing was found.
    unknown = [one["name"] for one in packages if "skip_reason" in one]
    if len(unknown) == len(packages):
        return [], "known holes: not looked for; the index that was asked knows of none"
    holes = [
        f"{one['name']} {one['version']}: {hole['id']}; mended in "
        f"{', '.join(hole['fix_versions']) or 'no version'}"
        for one in packages
        for hole in one.get("vulns", ())
    ]
    more = f" and {len(unknown) - MOST_NAMED} more" if len(unknown) > MOST_NAMED else ""
    left = f"; not told of: {', '.join(unknown[:MOST_NAMED])}{more}" if unknown else ""
    looked = len(packages) - len(unknown)
    return holes, f"known holes in {looked} packages: {len(holes) or 'none'}{left}"


if __name__ == "__main__":
    main()
