"""Which logged questions share a passage: they are right or wrong together more than others."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from breakeven.core.files import digest_json
from breakeven.importing.task_joins import shared_passages
from breakeven.results.cell_results import Results

# The names that data sets of reading comprehension give the text that a question is about.
FIELDS = ("context", "passage", "story", "article", "paragraph")


def passages(documents: Sequence[Any]) -> list[str | None]:
    """A label of the passage of each document, None for one without.

    None for all where one text stands in every document: it is part of the prompt.
    """
    texts = [_text(document) for document in documents]
    if len(set(texts)) < 2:
        return [None] * len(texts)
    return [None if text is None else f"passage {digest_json(text)[:16]}" for text in texts]


def with_passage_note(results: Results) -> Results:
    """A note where answers to tasks of the study do not say which questions share a passage."""
    items = results.items
    if items is None:
        return results
    unnamed = items[items["cluster"].isna()] if "cluster" in items.columns else items
    found = shared_passages(map(str, unnamed["task"].unique()))
    if not found:
        return results
    note = (
        f"questions of {', '.join(found)} share passages, and these answers do not say which "
        "(column cluster): taken as unrelated, so that intervals are too narrow"
    )
    return replace(results, notes=(*results.notes, note))


def _text(document: Any) -> str | None:  # noqa: ANN401 - a JSON value
    if not isinstance(document, dict):
        return None
    found = (document.get(name) for name in FIELDS)
    return next((text for text in found if isinstance(text, str) and text.strip()), None)
