"""The code blocks of the documentation, and the commands in them."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Formulas are indented, too.
INDENTED = re.compile(r"(?<=\n\n)((?: {4}(?:breakeven|dvc|make|python) .*\n)+)")


class Block(NamedTuple):
    """A fenced block, and where its first line is."""

    page: str
    line: int
    language: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(*pages: Path) -> Iterator[Block]:
    """Every fenced block of some pages, in order; then what is indented and holds commands."""
    for page in pages:
        text, name = page.read_text(encoding="utf-8"), page.relative_to(ROOT).as_posix()
        for found in FENCED.finditer(text):
            yield Block(name, text[: found.start()].count("\n") + 2, found[1], found[2])
        # Blanked, so that lines keep their numbers.
        rest = FENCED.sub(lambda found: "\n" * found[0].count("\n"), text)
        for found in INDENTED.finditer(rest):
            yield Block(name, rest[: found.start(1)].count("\n") + 1, "", found[1])


def commands(block: Block) -> Iterator[list[str]]:
    """The commands of a block for a shell, without comments.

    In a block with prompts (`$ `) the other lines are what was said.
    """
    lines = block.text.replace("\\\n", " ").splitlines()
    asked = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    for line in asked or lines:
        for part in re.split(r" && | \| ", line):
            words = shlex.split(part, comments=True)
            if words:
                yield words
