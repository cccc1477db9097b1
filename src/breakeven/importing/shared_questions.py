"""Only the questions that all runs answered are compared, so that no difference is one of luck.

Runs with unequal limits, or with a task less, would else be averaged over other questions.
"""

from typing import TYPE_CHECKING

from breakeven.core.errors import InputError
from breakeven.results.aggregate import CELL_KEYS

if TYPE_CHECKING:
    import pandas as pd


def shared_questions(items: "pd.DataFrame", file: str) -> "tuple[pd.DataFrame, tuple[str, ...]]":
    """The rows of tasks and questions that every run of their family answered, and notes.

    Raises InputError where the runs of a task or family share nothing.
    """
    # Questions first: a task that lost some is still a task of its family.
    items, of_tasks = _shared(items, file, "task", "item", "question")
    items, of_families = _shared(items, file, "family", "task", "task")
    return items, (*of_tasks, *of_families)


def _shared(
    items: "pd.DataFrame", file: str, whole: str, part: str, word: str
) -> "tuple[pd.DataFrame, tuple[str, ...]]":
    """Rows whose `part` was answered by every run that has the `whole`."""
    runs = items.drop_duplicates([whole, part, *CELL_KEYS])
    had = runs.groupby([whole, part]).size()
    cells = items.drop_duplicates([whole, *CELL_KEYS]).groupby(whole).size()
    complete = had == cells.reindex(had.index.get_level_values(whole)).to_numpy()
    if complete.all():
        return items, ()
    notes = []
    for name, found in complete.groupby(level=whole):
        if found.all():
            continue
        if not found.any():
            raise InputError(
                f"{file}: {whole} {name}: no {word} was answered by all of its {cells[name]} runs; "
                f"give them the same {word}s, or import them apart"
            )
        left = [str(key[1]) for key in found.index[~found]]
        said = f"{len(left)}" if len(left) > 3 else ", ".join(left)
        notes.append(
            f"{name}: compared on the {int(found.sum())} of {len(found)} {word}s that all runs "
            f"answered; left out: {said}"
        )
    keys = items.set_index([whole, part]).index
    return items[complete.reindex(keys).to_numpy()].reset_index(drop=True), tuple(notes)
