"""The pages in docs/reference/, written from code: `python scripts/reference.py --write`.

Without `--write` it exits with 1 where a page differs from the code. Keys, kinds of values and
defaults come from the schema, columns from the rows, commands from their own help; what each is for
stands in docstrings, under `Attributes:` or `Columns:`, and one that lacks it is an error.
"""

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType, NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from typer.testing import CliRunner

from breakeven.cli import app
from breakeven.core.records import Record
from breakeven.params import names
from breakeven.params.decodings import LongText
from breakeven.params.schema import Params
from breakeven.rows.answer import Answer
from breakeven.rows.completion import Completion
from breakeven.rows.item import Item
from breakeven.rows.pair import Pair
from breakeven.rows.prompt import Prompt
from breakeven.score import item_rows

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs/reference"
Hint = Any  # a type, or what typing makes of several
BEGIN, END = "<!-- written by scripts/reference.py -->\n", "<!-- end -->\n"

# The schema's own words for values, as a person would say them.
VALUES = (
    (names.Name, "name"),
    (names.Text, "text"),
    (LongText, "text"),
    (names.ProjectPath, "path inside the project"),
    (names.RepoId, "owner/name"),
    (names.Revision, "commit, branch or tag"),
    (names.PackageName, "name of a package"),
    (names.VariableName, "name of a variable"),
    (names.Digest, "SHA-256, 64 digits"),
    (names.Endpoint, "address"),
    (names.Flag, "true or false"),
    (names.Seed, "whole number, 0 to 2^32 − 1"),
    (names.CountOrZero, "whole number, 0 or more"),
    (names.Count, "whole number, 1 or more"),
    (names.SmallCount, "whole number, 1 to 10,000"),
    (names.GeneratedCount, "whole number, 1 to 10,000,000"),
    (names.Seconds, "number above 0"),
    (names.Share, "number, 0 to 1"),
    (names.Positive, "number above 0"),
    (names.NotNegative, "number, 0 or more"),
    (str, "text"),
    (int, "whole number"),
    (float, "number"),
    (bool, "true or false"),
    (Any, "anything"),
)
# Of numbers, by the key or what it ends in; "–" is a number without a unit.
UNITS = {
    "tokens": "tokens",
    "len": "tokens",
    "length": "tokens",
    "samples": "samples",
    "prompts": "prompts",
    "items": "items",
    "shots": "examples",
    "moves": "times a layer",
    "steps": "optimizer steps",
    "epochs": "passes",
    "passes": "passes",
    "sequences": "sequences",
    "flops": "FLOPs",
    "seconds": "seconds",
    "words": "words",
    "depth": "steps",
    "checks": "rounds",
    "threads": "threads",
    "devices": "devices",
    "parallel": "devices",
    "concurrency": "requests",
    "attempts": "requests",
    "batch_size": "answers",
    "audit": "answers",
    "draws": "resamples",
    "layers": "layers",
    "heads": "heads",
    "wait": "marks",
    "gb": "GB",
    "gb_per_second": "GB a second",
    "peak_tflops": "TFLOP/s",
    "price_per_hour": "money an hour",
    "price_per_device_hour": "money an hour",
    "input": "money a million tokens",
    "output": "money a million tokens",
    **dict.fromkeys(
        (
            *("temperature", "top_p", "top_k", "min_p", "penalty", "share", "slips", "floor"),
            *("seed", "seeds", "rate", "rates", "rank", "alpha", "dropout", "decay", "betas"),
            *("norm", "hidden", "intermediate", "confidence", "config", "template"),
        ),
        "–",
    ),
}


def described(owner: type | ModuleType, heading: str = "Attributes") -> dict[str, str]:
    """What a docstring says of each field, those of the classes below it among them."""
    found: dict[str, str] = {}
    own = [one for one in getattr(owner, "__mro__", [owner]) if one not in BaseModel.__mro__]
    for one in reversed(own):
        text = inspect.cleandoc(one.__doc__ or "")
        _, _, listed = text.partition(f"\n{heading}:\n")
        for row in re.split(r"\n(?=    \w)", listed.split("\n\n")[0]):
            name, _, what = " ".join(row.split()).partition(": ")
            found |= {name: what} if what else {}
    return found


def prose(owner: type) -> str:
    """A docstring without its list of fields."""
    return inspect.cleandoc(owner.__doc__ or "").partition("\n\nAttributes:\n")[0]


def what_of(owner: type | ModuleType, name: str, heading: str = "Attributes") -> str:
    """What one field is for; a field that nobody describes is an error."""
    found = described(owner, heading)
    if name not in found:
        raise SystemExit(f"{owner.__name__}: {name}: say what it is, under {heading}:")
    return found[name].replace("|", "\\|")


# --- params.yaml


class Part(NamedTuple):
    """A section of the schema and where it stands in params.yaml."""

    path: str
    model: type[BaseModel]

    @property
    def kind(self) -> str:
        """The kind of a section that has several, else empty."""
        field = self.model.model_fields.get("kind")
        return get_args(field.annotation)[0] if field else ""

    @property
    def title(self) -> str:
        """The heading."""
        return f"{self.path}, kind {self.kind}" if self.kind else self.path

    @property
    def link(self) -> str:
        """A link to the heading, as it is shown and as mkdocs has it."""
        anchor = re.sub(r"[^\w\- ]", "", self.title.lower()).replace(" ", "-")
        return f"[{self.kind or 'section'}](#{anchor})"


def sections(hint: Hint) -> Iterator[type[BaseModel]]:
    """The sections that a value can be, within tables and lists too."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint
    else:
        for inner in get_args(hint):
            yield from sections(inner)


def is_table(hint: Hint) -> bool:
    """Whether a value is a table by name."""
    return get_origin(hint) is dict or any(
        is_table(one) for one in get_args(hint) if get_origin(one) is not Literal
    )


def study_parts() -> dict[type[BaseModel], Part]:
    """Every section of params.yaml where it is met first, in the order of the schema."""
    parts: dict[type[BaseModel], Part] = {}
    for part in walk(Params):
        parts.setdefault(part.model, part)
    return parts


def walk(model: type[BaseModel], path: str = "") -> Iterator[Part]:
    """Every section below one, as often as it is met."""
    for name, hint in get_type_hints(model, include_extras=True).items():
        if name in model.model_fields:
            where = f"{path}.{name}" if path else name
            where += ".NAME" if is_table(hint) and list(sections(hint)) else ""
            for inner in sections(hint):
                yield Part(where, inner)
                yield from walk(inner, where)


def value_words(hint: Hint, parts: dict[type[BaseModel], Part]) -> str:
    """What may stand there, in words."""
    own = [words for kind, words in VALUES if same_hint(hint, kind)]
    own += [parts[hint].link] if isinstance(hint, type) and hint in parts else []
    origin, inner = get_origin(hint), get_args(hint)
    own += [", ".join(f"`{one}`" for one in inner)] if origin is Literal else []
    if own:
        return own[0]
    below = [value_words(one, parts) for one in inner if one is not NoneType and is_hint(one)]
    if origin is Annotated:
        bounds = [words for note in inner[1:] for words in bound_words(note)]
        return f"{below[0]}, {' and '.join(bounds)}" if bounds else below[0]
    if origin in (Union, UnionType):
        return ", ".join(below)
    if origin in (dict, Mapping):
        key = "" if below[0] in ("name", "text") else f" by {below[0]}"
        return f"table{key} of {below[1]}"
    return f"list of {below[0]}"


def same_hint(hint: Hint, kind: Hint) -> bool:
    """Whether a value is of a kind that has its own words."""
    return hint is kind or (get_origin(kind) is Annotated and hint == kind)


def is_hint(one: Hint) -> bool:
    """Whether a part of a hint is one itself, not a note or an ellipsis."""
    return isinstance(one, type) or get_origin(one) is not None or one is Any


def bound_words(note: object) -> Iterator[str]:
    """The bounds that a field states."""
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    for one in note.metadata if isinstance(note, FieldInfo) else ():
        yield from (
            f"{sign} {shown(getattr(one, name))}"
            for name, sign in signs.items()
            if hasattr(one, name)
        )


def unit_of(name: str, words: str) -> str:
    """The unit of a number, by its key."""
    if "number" not in words:
        return ""
    words_of = name.split("_")
    ends = ("_".join(words_of[first:]) for first in range(len(words_of)))
    unit = next((UNITS[end] for end in ends if end in UNITS), None)
    if unit is None:
        raise SystemExit(f"{name}: say its unit, in UNITS")
    return unit


def default_of(field: FieldInfo) -> str:
    """What stands for a key that is left out."""
    if field.is_required():
        return "*required*"
    value = field.get_default(call_default_factory=True)
    if value is None or value is PydanticUndefined or value == {}:
        return "none"
    if isinstance(value, BaseModel):
        return "its defaults"
    if isinstance(value, tuple):
        return f"`[{', '.join(map(shown, value))}]`"
    return f"`{shown(value)}`"


def shown(value: object) -> str:
    """A value as it is written in YAML."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def key_table(model: type[BaseModel], parts: dict[type[BaseModel], Part]) -> list[str]:
    """A row a key."""
    rows = ["| key | value | unit | default | what it is |", "|---|---|---|---|---|"]
    for name, hint in get_type_hints(model, include_extras=True).items():
        if name not in model.model_fields or name == "kind":
            continue
        words = value_words(hint, parts)
        row = (
            f"`{name}`",
            words,
            unit_of(name, words),
            default_of(model.model_fields[name]),
            what_of(model, name),
        )
        rows.append(f"| {' | '.join(row)} |")
    return rows


def params_page() -> str:
    """Every key of params.yaml."""
    parts = study_parts()
    lines = [*key_table(Params, parts), ""]
    for part in parts.values():
        lines += [f"## {part.title}", "", prose(part.model), "", *key_table(part.model, parts), ""]
    return "\n".join(lines)


# --- commands


def commands_page() -> str:
    """The help of every command."""
    lines: list[str] = []
    for words in commands(typer.main.get_command(app)):
        told = (
            CliRunner()
            .invoke(app, [*words, "--help"], prog_name="breakeven", terminal_width=100)
            .stdout
        )
        lines += [f"## {' '.join(('breakeven', *words))}", "", "```text", told.strip(), "```", ""]
    return "\n".join(lines)


def commands(group: object, *words: str) -> Iterator[tuple[str, ...]]:
    """The words of every command, a group before its own."""
    yield words
    for name, below in sorted(getattr(group, "commands", {}).items()):
        yield from commands(below, *words, name)


# --- files


def row_table(row: type) -> list[str]:
    """A row a field of a row's type."""
    lines = ["| field | value | what it is |", "|---|---|---|"]
    for name, hint in get_type_hints(row).items():
        value = value_words(hint, {}) + (", or null" if NoneType in get_args(hint) else "")
        lines.append(f"| `{name}` | {value} | {what_of(row, name)} |")
    return lines


def files_page() -> str:
    """Columns and fields of what stages write."""
    lines: list[str] = []
    for path, row in (
        ("data/tasks/TASK.jsonl", Item),
        ("data/prompts/SOURCE.jsonl", Prompt),
        ("data/distilled/SOURCE/STYLE.jsonl", Completion),
        ("data/pairs/CORPUS.parquet", Pair),
        ("answers/STUDENT/ARM/SEED/DECODING/TASK.jsonl", Answer),
        ("records/STAGE/CELL.json", Record),
    ):
        lines += [f"## {path}", "", prose(row), "", *row_table(row), ""]
    lines += ["## scores/items.parquet", "", "One row a sample of an item by a cell.", ""]
    lines += ["| column | type | what it is |", "|---|---|---|"]
    for name, kind in item_rows.COLUMNS.items():
        lines.append(f"| `{name}` | `{kind}` | {what_of(item_rows, name, 'Columns')} |")
    return "\n".join([*lines, ""])


PAGES = {"params": params_page, "commands": commands_page, "files": files_page}


def written(name: str, text: str) -> str:
    """A page with its written part as the code is now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{PAGES[name]()}\n{END}{after}"


if __name__ == "__main__":
    for name in PAGES:
        page = FOLDER / f"{name}.md"
        text = page.read_text(encoding="utf-8")
        now = written(name, text)
        if "--write" in sys.argv:
            page.write_text(now, encoding="utf-8")
        elif now != text:
            sys.exit(f"{page}: is old; run python scripts/reference.py --write")
