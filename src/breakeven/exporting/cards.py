"""What all cards have in common: tables, sources, digests, and the hub's own card around them."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from breakeven import words
from breakeven.params import Params
from breakeven.params.sources import DatasetSource, PublishedSource, Source
from breakeven.params.tasks import Task

if TYPE_CHECKING:
    from huggingface_hub import CardData


def write_card(folder: Path, data: "CardData", sections: Iterable[str]) -> None:
    """Write `README.md` of a folder: the header that the hub reads, and the text."""
    from huggingface_hub import RepoCard

    text = "\n\n".join(section.strip() for section in sections)
    RepoCard(f"---\n{data.to_yaml()}\n---\n\n{text}\n", ignore_metadata_errors=True).save(
        folder / "README.md"
    )


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(_cell(value) for value in line)} |" for line in lines)


def _cell(value: object) -> str:
    # A bar would be the end of the cell.
    return " ".join(str(value).split()).replace("|", "\\|")


def digest_table(digests: Mapping[str, str]) -> str:
    """Files and their SHA-256."""
    return table(("file", "SHA-256"), ((f"`{name}`", f"`{one}`") for name, one in digests.items()))


def versions_line(versions: Mapping[str, str]) -> str:
    """The libraries that decided a result, in one line."""
    return "Versions: " + ", ".join(f"{name} {version}" for name, version in versions.items()) + "."


def row_words(row: Source | Task) -> str:
    """A row of params.yaml as it stands there, without its kind and what it leaves out."""
    return value_words(row.model_dump(mode="json", exclude_defaults=True, exclude={"kind"}))


def value_words(values: Mapping[str, Any]) -> str:
    """Settings as words: key value, key (what is below it)."""
    return ", ".join(
        f"{key} ({value_words(value)})" if isinstance(value, Mapping) else f"{key} {value}"
        for key, value in values.items()
    )


def source_table(params: Params, sources: Iterable[str]) -> str:
    """Where prompts are from."""
    rows = ((name, params.sources[name]) for name in sources)
    return table(
        ("source", "kind", "is"), ((f"`{name}`", row.kind, row_words(row)) for name, row in rows)
    )


def hub_datasets(params: Params, sources: Iterable[str]) -> list[str]:
    """Data sets of the hub among some sources, each once."""
    rows = (params.sources[name] for name in sources)
    found = (
        row.repo
        for row in rows
        if isinstance(row, DatasetSource | PublishedSource) and row.repo is not None
    )
    return list(dict.fromkeys(found))


def teacher_words(params: Params, sources: Iterable[str]) -> str:
    """Who wrote the completions of some sources."""
    published = [isinstance(params.sources[name], PublishedSource) for name in sources]
    if all(published):
        return "The completions were published with the pairs; no teacher was run."
    teacher = params.teacher
    who = (
        "an exact solver of generated problems: no language model"
        if teacher.kind == "solver"
        else f"`{_model_name(teacher.model)}` ({teacher.kind})"
    )
    others = (
        "Published pairs came with theirs; the other completions are"
        if any(published)
        else ("The completions are")
    )
    return f"{others} by {who}."


def _model_name(model: object) -> str:
    """What a teacher is called: an endpoint's name of it, or where its weights are from."""
    if isinstance(model, str):
        return model
    for key in ("repo", "path", "package"):
        name = getattr(model, key, None)
        if name is not None:
            revision = getattr(model, "revision", None)
            return f"{name}@{revision}" if revision else str(name)
    return str(model)


def size_category(rows: int) -> str:
    """What the hub calls a number of rows: 1K<n<10K."""
    bounds = (1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
    if rows < bounds[0]:
        return "n<1K"
    for low, high in pairwise(bounds):
        if rows < high:
            return f"{words.human(low)}<n<{words.human(high)}"
    return "n>1B"


def made_with(study: str) -> str:
    """The last line of a card."""
    return f"Made with `breakeven export` from the study `{study}`."
