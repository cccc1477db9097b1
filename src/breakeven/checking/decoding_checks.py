"""Decodings that a tokenizer cannot follow, or that change nothing for an arm."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from breakeven.checking.problems import Finding, refused, warning
from breakeven.params import Base, FolderBase, HubBase, Params, ScratchBase
from breakeven.params.cells import decodings_of, never_thinks

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def check_decodings(params: Params) -> Iterator[Finding]:
    """Whether every student's tokenizer can be held to a budget of thinking, and who is not asked.

    A tokenizer that cannot be read is told of with its student.
    """
    from breakeven.answer.prompt_fit import thinking_budgets
    from breakeven.decoding.budget import budget_of_task

    yield from _idle_options(params)
    for name, student in params.students.items():
        budgets = thinking_budgets(params, name)
        tokenizer = _tokenizer(student.base) if budgets else None
        if tokenizer is not None:
            for (decoding, _), (task, asking) in budgets.items():
                hold = partial(budget_of_task, tokenizer, decoding, asking, task, opened=False)
                yield from refused(f"answering.decodings.{decoding}", hold)


def _idle_options(params: Params) -> Iterator[Finding]:
    """Warn of what does nothing: an arm without traces is not kept from them."""
    for name, row in params.answering.decodings.items():
        if row.thinking == "off":
            idle, option = _arms(params, name, traces=False), "thinking"
        elif row.thinking is not None or row.thinking_tokens is not None:
            # A plain answer may hold a trace by mistake, one after examples none.
            idle = [arm for arm in _arms(params, name, traces=False) if params.arms[arm].shots]
            option = "thinking" if row.thinking_tokens is None else "thinking_tokens"
        else:
            continue
        if idle:
            yield warning(
                f"answering.decodings.{name}.{option}",
                f"does nothing for {', '.join(idle)}, which never thinks; to leave such arms out, "
                "name the others in arms",
            )


def _arms(params: Params, decoding: str, *, traces: bool) -> list[str]:
    """The arms that are asked in a decoding and may write traces, or never do."""
    return [
        arm
        for arm, row in params.arms.items()
        if decoding in decodings_of(params, arm) and never_thinks(row) is not traces
    ]


def _tokenizer(base: Base) -> "PreTrainedTokenizerBase | None":
    """A base's tokenizer, where it is on this machine and can be read."""
    from breakeven.models.hub import cached_tokenizer
    from breakeven.models.loading import load_tokenizer

    folder: Path | None = None
    if isinstance(base, FolderBase):
        folder = Path(base.path)
    elif isinstance(base, ScratchBase):
        folder = Path(base.tokenizer)
    elif isinstance(base, HubBase):
        folder = cached_tokenizer(base)
    if folder is None or not folder.is_dir():
        return None
    try:
        return load_tokenizer(folder)
    except Exception:  # told by the checks of students, in one line
        return None
