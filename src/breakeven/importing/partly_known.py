"""Costs of answers that only some answers of a cell have: their means are said to be of the others.

A harness counts no tokens of a sample that ended with an error. The mean over the rest is the best
there is, and flatters a student whose longest answers are the ones that were not counted.
"""

from typing import TYPE_CHECKING

from breakeven.results.aggregate import CELL_KEYS, generated_tokens

if TYPE_CHECKING:
    import pandas as pd

_COSTS = (
    "inference_flops",
    "prompt_tokens",
    "cached_prompt_tokens",
    "answer_tokens",
    "device_seconds",
    "energy_joules",
)


def partly_known(items: "pd.DataFrame") -> tuple[str, ...]:
    """A note a column of costs that is blank in some answers of a cell and not in all of them."""
    notes = []
    for column in _COSTS:
        if column not in items.columns:
            continue
        known, partly = items[column].notna(), _partly(items, column)
        if not partly.any():
            continue
        rows = items[partly]
        who = rows[["student", "arm"]].drop_duplicates().itertuples(index=False)
        names = ", ".join(f"{student} {arm}" for student, arm in who)
        notes.append(
            f"{column}: not known of {int((~known[partly]).sum()):,} of {len(rows):,} answers of "
            f"{names}; its means are over the others"
        )
    return tuple(notes)


def parted_alike(items: "pd.DataFrame") -> "pd.DataFrame":
    """The answers, those of a cell with their traces parted throughout or nowhere.

    An answer without thinking tokens counts all that was generated as the answer. Beside others
    that part the two, so do these: the mean of traces alone would be that of the others.
    """
    if not {"thinking_tokens", "answer_tokens"} <= set(items.columns):
        return items
    partly = _partly(items, "thinking_tokens")
    return items.assign(
        answer_tokens=items["answer_tokens"].where(~partly, generated_tokens(items)),
        thinking_tokens=items["thinking_tokens"].where(~partly),
    )


def _partly(items: "pd.DataFrame", column: str) -> "pd.Series[bool]":
    """Whether an answer's cell has the column in some answers and not in all, by answer."""
    cells = [items[key] for key in (*CELL_KEYS, "family")]
    share = items[column].notna().groupby(cells).transform("mean")
    return (share > 0) & (share < 1)
