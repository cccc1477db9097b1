"""Training prompts that come with both completions, checked on arrival."""

from collections.abc import Iterator, Mapping
from typing import Any

from breakeven.hubdata.load_notes import LoadNotes
from breakeven.params import PublishedSource
from breakeven.prompts.dataset_prompts import source_rows
from breakeven.rows.content import content_of
from breakeven.rows.prompt import Prompt
from breakeven.rows.traces import why_misplaced, why_not_traced

COLUMNS = ("prompt", "reasoning", "ift")


def published_prompts(name: str, source: PublishedSource, notes: LoadNotes) -> Iterator[Prompt]:
    """The prompts of published pairs, row by row, in the order of the split.

    Bad rows are counted in `notes`; a sample is drawn before rows are checked.

    Raises:
        InputError, MachineError: see `stream_rows`; a column of the schema is missing.
    """
    rows = source_rows(name, source, COLUMNS, notes)
    for number, row in rows.numbered:
        reason = why_bad(row)
        if reason is not None:
            notes.add_dropped(number, reason)
            continue
        yield Prompt(
            id=f"{name}-{number:06d}",
            source=name,
            prompt=row["prompt"],
            content=content_of(row["prompt"]),
            published={"ift": row["ift"], "reasoning": row["reasoning"]},
        )


def why_bad(row: Mapping[str, Any]) -> str | None:
    """The first way in which a row is no published pair, None where it is one."""
    for column in COLUMNS:
        value = row[column]
        if not isinstance(value, str):
            return f"{column} is missing" if value is None else f"{column} is not text"
        if not value.strip():
            return f"{column} is empty"
    # A mark inside the plain answer would teach a trace to the style that has none.
    return why_misplaced(row["ift"], "ift") or why_not_traced(row["reasoning"])
