"""Numbers of a study by the names that tables give them: what was asked, who answered, and how."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from breakeven.core.errors import InputError
from breakeven.core.known_numbers import known_mean
from breakeven.params import Params
from breakeven.params.cells import decodings_of, first_decoding
from breakeven.params.references import pick_row
from breakeven.results.aggregate import family_scores
from breakeven.study.collect import item_rows

if TYPE_CHECKING:
    import pandas as pd

FORM = "TASK-OR-FAMILY/STUDENT/ARM or …/ARM/DECODING"


class NumberName(NamedTuple):
    """A task or a family of them, a student, an arm and a decoding."""

    where: str
    student: str
    arm: str
    decoding: str

    def __str__(self) -> str:
        return "/".join(self)


class Number(NamedTuple):
    """An accuracy, a fraction: the mean over seeds, and that of each seed.

    `answers` rows of the scores are behind it; `tasks` are those of them.
    """

    name: NumberName
    accuracy: float | None
    by_seed: Mapping[int, float | None]
    tasks: tuple[str, ...]
    answers: int


def parse_name(params: Params, text: str) -> NumberName:
    """A name as tables have it; without a decoding, the first one is meant.

    Raises:
        InputError: it is no such name, or its student, arm or decoding is not in params.yaml.
    """
    parts = text.split("/")
    if len(parts) not in (3, 4):
        raise InputError(f"{text!r} names no number; use {FORM}")
    where, student, arm, *decoding = parts
    name = NumberName(where, student, arm, *(decoding or [first_decoding(params)]))
    pick_row(params.students, "students", name.student)
    pick_row(params.arms, "arms", name.arm)
    pick_row(params.answering.decodings, "answering.decodings", name.decoding)
    return name


class Scores:
    """The scores of a study, read once for all numbers that are asked of them."""

    def __init__(self, params: Params) -> None:
        """Raises InputError where there are none."""
        self._params, self._rows = params, item_rows(params)

    def number(self, name: NumberName) -> Number:
        """The number of a name; raises InputError where nothing was scored by it."""
        rows = self._of(name.student, name.arm, name.decoding)
        found = rows[(rows["family"] == name.where) | (rows["task"] == name.where)]
        if found.empty:
            known = sorted({*rows["family"], *rows["task"]})
            raise InputError(
                f"scores/items.parquet: holds no answer for {name}; "
                + (f"there are {', '.join(known)}" if known else "run `dvc repro score`")
            )
        scores = family_scores(found)
        by_seed = {score.seed: score.means["correct"] for score in scores}
        tasks = {task for score in scores for task in score.tasks}
        return Number(
            name,
            known_mean(by_seed.values()),
            by_seed,
            tuple(task for task in self._params.tasks if task in tasks),
            len(found),
        )

    def numbers_of(self, student: str, arm: str) -> Iterator[Number]:
        """Every number of a student and arm: families, then tasks, in each decoding."""
        for decoding in decodings_of(self._params, arm):
            rows = self._of(student, arm, decoding)
            families, tasks = sorted(set(rows["family"])), set(rows["task"])
            for where in (*families, *(task for task in self._params.tasks if task in tasks)):
                yield self.number(NumberName(where, student, arm, decoding))

    def _of(self, student: str, arm: str, decoding: str) -> "pd.DataFrame":
        rows = self._rows
        mine = (rows["student"] == student) & (rows["arm"] == arm) & (rows["decoding"] == decoding)
        return rows[mine]
