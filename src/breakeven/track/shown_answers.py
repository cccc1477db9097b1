"""Which answers MLflow shows one by one, the same questions for every cell, and what they are.

Questions are drawn by the digest of their names and the seed of the report, so that an item that is
added changes little. Flips are not put first here, as `breakeven show` does: MLflow averages over
what is shown, and an average over flips would be an effect that is not there.
"""

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from breakeven.core.files import digest_json, read_rows
from breakeven.core.layout import task_path
from breakeven.params import Params
from breakeven.params.cells import Cell, first_decoding
from breakeven.rows.item import Item
from breakeven.track.answer_texts import AnswerTexts, WrittenParts
from breakeven.tracking.sampled_traces import MOST_TRACES, Sample, plain_text

if TYPE_CHECKING:
    import pandas as pd

# The most rows of a run's table of answers: more make a page that no browser likes.
MOST_ROWS = 2000
# What a table keeps of a text, its beginning and its end: with all its rows 3 MB, and 13 where each
# letter is escaped, which a browser still reads for several runs at once. Traces in MLflow have the
# texts whole.
MOST_OF_A_TEXT = 200
MOST_OF_A_TRACE = 400
_COLUMNS = (
    *("task", "item", "sample", "correct", "outcome"),
    *("prompt_tokens", "thinking_tokens", "answer_tokens", "inference_flops"),
)
_CELL = ["student", "arm", "seed"]


class ShownAnswers:
    """Answers in the first decoding of params.yaml, by cell; `rows` are those of the scores."""

    def __init__(self, params: Params, rows: "pd.DataFrame | None") -> None:
        self._decoding = first_decoding(params)
        self._seed = params.report.seed
        self._first_training_seed = params.seeds[0]
        self._tasks = list(params.tasks)
        self._rows = rows

    def digest(self, cell: Cell) -> str | None:
        """Digest of all that is shown of a cell; None where it has no scored answer."""
        scored = self._digests.get(cell)
        if scored is None:
            return None
        return digest_json([scored, self._sampled_of(cell), self._texts.digests(cell)])

    def table(self, cell: Cell) -> dict[str, list[Any]]:
        """A cell's answers by column, one row a sample, at most `MOST_ROWS`.

        Long texts are cut in their middle; a text that is not here is None.
        """
        rows = self._of(cell)
        names = [name for name in _COLUMNS if name in rows.columns]
        # JSON has no word for a number that is not there but null.
        columns: dict[str, list[Any]] = {
            name: rows[name].astype(object).where(rows[name].notna(), None).tolist()
            for name in names
        }
        places = list(zip(columns["task"], columns["item"], strict=True))
        items = [self._items.get(place) for place in places]
        columns["question"] = [_cut(None if i is None else i.prompt) for i in items]
        columns["reference"] = [_cut(None if i is None else i.reference) for i in items]
        texts = self._texts.of(cell)
        written = [
            texts.get((*place, int(sample)))
            for place, sample in zip(places, rows["sample"], strict=True)
        ]
        columns["answer"] = [_cut(None if one is None else one.answer) for one in written]
        columns["thinking"] = [
            _cut(None if one is None else one.thinking, MOST_OF_A_TRACE) for one in written
        ]
        return columns

    def samples(self, cell: Cell) -> tuple[Sample, ...]:
        """A cell's first answer to each sampled question, where its text is here.

        Of the first training seed only: others are there for intervals, and styles are compared
        within one.
        """
        return tuple(self._samples(cell))

    def _samples(self, cell: Cell) -> Iterator[Sample]:
        rows = self._of(cell)
        rows = rows[rows["sample"] == rows["sample"].min()]
        by_place = {(row["task"], row["item"]): row for row in rows.to_dict("records")}
        for task, wanted in self._sampled_of(cell).items():
            for name in wanted:
                row, item = by_place.get((task, name)), self._items.get((task, name))
                if row is None or item is None:
                    continue
                written = self._texts.of(cell).get((task, name, int(row["sample"])))
                if written is not None:
                    yield _sample(item, written, row)

    def _sampled_of(self, cell: Cell) -> dict[str, list[str]]:
        return self._sampled if cell.seed == self._first_training_seed else {}

    def _of(self, cell: Cell) -> "pd.DataFrame":
        return self._shown.loc[self._index[cell]]

    @cached_property
    def _drawn(self) -> dict[str, list[str]]:
        """Items by task in the order in which they were drawn, as many as the tables have."""
        if self._rows is None:
            return {}
        asked = self._rows[self._rows["decoding"] == self._decoding]
        places = asked[["task", "item"]].drop_duplicates()
        names = {str(task): list(items) for task, items in places.groupby("task")["item"]}
        samples = int(asked.groupby([*_CELL, "task", "item"], observed=True).size().max())
        most = max(1, MOST_ROWS // (len(names) * samples))
        return {
            task: sorted(names[task], key=lambda item: self._key(task, item))[:most]
            for task in self._tasks
            if task in names
        }

    @cached_property
    def _sampled(self) -> dict[str, list[str]]:
        """The questions whose answers are shown as traces."""
        each = max(1, MOST_TRACES // max(1, len(self._drawn)))
        tasks = [*self._drawn.items()][:MOST_TRACES]
        return {task: items[:each] for task, items in tasks}

    def _key(self, task: str, item: str) -> bytes:
        return hashlib.sha256(f"{self._seed}/{task}/{item}".encode()).digest()

    @cached_property
    def _shown(self) -> "pd.DataFrame":
        """The rows of the drawn questions, task by task in the order of the draw."""
        assert self._rows is not None
        rows = self._rows[self._rows["decoding"] == self._decoding]
        drawn = [(task, item) for task, items in self._drawn.items() for item in items]
        order = {question: place for place, question in enumerate(drawn)}
        questions = zip(rows["task"].tolist(), rows["item"].tolist(), strict=True)
        shown = rows.assign(_place=[order.get(question, -1) for question in questions])
        shown = shown[shown["_place"] >= 0]
        return shown.sort_values(["_place", "sample"], ignore_index=True).drop(columns="_place")

    @cached_property
    def _index(self) -> dict[Cell, list[int]]:
        found: dict[Cell, list[int]] = defaultdict(list)
        columns = (self._shown[name].tolist() for name in _CELL)
        for index, (student, arm, seed) in enumerate(zip(*columns, strict=True)):
            found[Cell(student, arm, seed)].append(index)
        return dict(found)

    @cached_property
    def _digests(self) -> dict[Cell, str]:
        """A digest of each cell's rows."""
        if self._rows is None:
            return {}
        import pandas as pd

        names = [name for name in _COLUMNS if name in self._shown.columns]
        hashes = pd.util.hash_pandas_object(self._shown[names], index=False)
        return {
            cell: hashlib.sha256(hashes.loc[rows].to_numpy().tobytes()).hexdigest()
            for cell, rows in self._index.items()
        }

    @cached_property
    def _texts(self) -> AnswerTexts:
        return AnswerTexts(self._decoding, self._drawn)

    @cached_property
    def _items(self) -> dict[tuple[str, str], Item]:
        paths = [path for task in self._drawn if (path := task_path(task)).is_file()]
        return {(item.task, item.id): item for path in paths for item in read_rows(path, Item)}


def _sample(item: Item, written: WrittenParts, row: dict[str, Any]) -> Sample:
    flops = row.get("inference_flops")
    return Sample(
        task=item.task,
        item=item.id,
        question=item.prompt,
        reference=item.reference,
        thinking=written.thinking,
        answer=written.answer,
        grader=item.grader,
        correct=bool(row["correct"]),
        outcome=str(row["outcome"]) if "outcome" in row else None,
        prompt_tokens=int(row["prompt_tokens"]),
        thinking_tokens=int(row["thinking_tokens"]),
        answer_tokens=int(row["answer_tokens"]),
        inference_flops=None if flops is None or math.isnan(flops) else float(flops),
    )


def _cut(text: str | None, most: int = MOST_OF_A_TEXT) -> str | None:
    return None if text is None else plain_text(text, most)
