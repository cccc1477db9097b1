"""Costs of answers that only some answers of a cell have: their means are said to be of the others.

A harness counts no tokens of a sample that ended with an error. The mean over the rest is the best
there is, and flatters a student whose longest answers are the ones that were not counted.
"""

from typing import TYPE_CHECKING

from breakeven.results.aggregate import CELL_KEYS

if TYPE_CHECKING:
    import pandas as pd

_COSTS = (
    "inference_flops",
    "prompt_tokens",
    "thinking_tokens",
    "answer_tokens",
    "device_seconds",
    "energy_joules",
)


def partly_known(items: "pd.DataFrame") -> tuple[str, ...]:
    """A note a column of costs that is blank in some answers of a cell and not in all of them."""
    notes = []
    cells = [items[key] for key in (*CELL_KEYS, "family")]
    for column in _COSTS:
        if column not in items.columns:
            continue
        known = items[column].notna()
        share = known.groupby(cells).transform("mean")
        partly = (share > 0) & (share < 1)
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
