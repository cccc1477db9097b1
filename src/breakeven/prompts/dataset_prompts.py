"""Training prompts from a data set of the hub or of a folder."""

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from breakeven.hubdata import Rows, field_of, stream_rows
from breakeven.hubdata.load_notes import LoadNotes
from breakeven.params import DatasetSource, PublishedSource
from breakeven.rows.content import content_of
from breakeven.rows.prompt import Prompt


def dataset_prompts(name: str, source: DatasetSource, notes: LoadNotes) -> Iterator[Prompt]:
    """The prompts of a data set, row by row; rows without one are counted in `notes`.

    A number as the reference is taken as its text; a row whose reference is missing, empty or NaN
    has none.

    Raises:
        InputError, MachineError: see `stream_rows`.
    """
    # These fields alone are held against the first row; a data set may have any others.
    fields = [field for field in (source.prompt, source.reference) if field is not None]
    rows = source_rows(name, source, fields, notes)
    for number, row in rows.numbered:
        text = field_of(row, source.prompt, rows.where)
        reference = None
        if source.reference is not None:
            reference = _present(field_of(row, source.reference, rows.where))
        reason = _why_unusable(text, reference)
        if reason is not None:
            notes.add_dropped(number, reason)
            continue
        reference_text = None if reference is None else str(reference).strip() or None
        yield Prompt(
            id=f"{name}-{number:06d}",
            source=name,
            prompt=text,
            content=content_of(text),
            reference=reference_text,
            grader=None if reference_text is None else source.grader,
        )


def source_rows(
    name: str, source: DatasetSource | PublishedSource, fields: Sequence[str], notes: LoadNotes
) -> Rows:
    """The rows that a source draws from its data set; `notes` then names it."""
    rows = stream_rows(
        source.place,
        source.revision,
        key=f"params.yaml: sources.{name}",
        config=source.config,
        split=source.split,
        fields=fields,
        count=source.prompts,
        seed=source.seed,
        digest=source.digest,
    )
    notes.add_data_set(source.place, source.revision, rows)
    return rows


def _why_unusable(text: Any, reference: Any) -> str | None:  # noqa: ANN401 - as stored
    if not isinstance(text, str):
        return "the prompt is missing" if text is None else "the prompt is not text"
    if not text.strip():
        return "the prompt is empty"
    # True as a reference would be the text "True"; a list may be several answers or one in parts.
    if not isinstance(reference, str | int | float | Decimal | None) or isinstance(reference, bool):
        return "the reference is neither text nor a number"
    if isinstance(reference, float) and math.isinf(reference):
        return "the reference is infinite"
    return None


def _present(value: Any) -> Any:  # noqa: ANN401 - as stored
    """None for NaN, which is how a missing number is stored."""
    return None if isinstance(value, float) and math.isnan(value) else value
