"""Every answer of a study in small script files, which a page loads as somebody reads.

A page that is opened from a folder may read no file there: a script beside it is all that it can
load. Each piece is one call with its name and one string, zlib's deflate of JSON in base64, so
that no text of a model can be anything but data; the same answers give the same bytes.

- `questions/TASK.js`: prompts, references, and of each cell its outcomes and marks (`browse.turns`)
  as a letter an answer or question: what is filtered and counted;
- `answers/STUDENT/ARM/SEED/DECODING/TASK.js`: what one cell wrote, trace and answer apart, in
  several files `TASK-1.js`, `TASK-2.js` … where that is much.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.browse.turns import ASKED, Side, marks, sides
from breakeven.core.errors import InputError
from breakeven.core.files import read_rows
from breakeven.core.layout import answers_path, items_path, task_path
from breakeven.core.packed import packed
from breakeven.params import Params
from breakeven.rows.answer import Answer
from breakeven.rows.item import Item
from breakeven.rows.outcomes import OUTCOMES

if TYPE_CHECKING:
    import pandas as pd

# Bytes of answers from which on a page has only some of the questions. Pieces are about a tenth of
# that; they are copied and hashed with every report.
MOST_BYTES = 1_000_000_000
# Bytes of answers in one piece: what a browser unpacks without being felt.
PIECE_BYTES = 4_000_000
_CELL = ["student", "arm", "seed", "decoding"]
_NONE = "."


class AnsweredBy(NamedTuple):
    """A cell in one decoding, whose answers to a task are one file."""

    student: str
    arm: str
    seed: int
    decoding: str


@dataclass(frozen=True)
class Samples:
    """The questions of which a page has all answers, by task; `rows` are those of the scores.

    `asked` is how many questions each task has.
    """

    params: Params
    rows: "pd.DataFrame"
    shown: Mapping[str, tuple[Item, ...]]
    asked: Mapping[str, int]

    @cached_property
    def sides(self) -> dict[str, Side]:
        """The side of every arm that has one."""
        return sides(self.params)

    def write(self, folder: Path) -> None:
        """Write all pieces into an empty folder."""
        for task, items in self.shown.items():
            cells = list(self._task_cells(folder, task, items))
            questions = {
                "items": [item.id for item in items],
                "prompts": [item.prompt for item in items],
                "references": [item.reference for item in items],
                "cells": cells,
            }
            write_piece(folder, f"questions/{task}", questions)

    def _task_cells(
        self, folder: Path, task: str, items: tuple[Item, ...]
    ) -> Iterator[dict[str, Any]]:
        import numpy as np

        place = {item.id: number for number, item in enumerate(items)}
        rows = self.rows[self.rows["task"] == task]
        rows = rows.assign(place=rows["item"].map(place)).dropna(subset="place")
        rows = rows.astype({"place": "int64"})
        outcomes = rows["outcome"].map({name: str(n) for n, name in enumerate(OUTCOMES)})
        codes = outcomes.astype(str).to_numpy().astype("S1")
        marked: dict[AnsweredBy, list[str]] = {}
        for one in marks(rows, self.sides):
            cell = AnsweredBy(one.student, one.arm, one.seed, one.decoding)
            own = marked.setdefault(cell, [_NONE] * len(items))
            own[place[one.item]] = "r" if one.right else "w"
        groups = rows.assign(code=codes).groupby(_CELL, sort=False, observed=True)
        for _, answers in groups:
            first = answers.iloc[0]
            cell = AnsweredBy(first["student"], first["arm"], int(first["seed"]), first["decoding"])
            samples = int(answers["sample"].max()) + 1
            letters = np.full(len(items) * samples, _NONE.encode(), dtype="S1")
            at = answers["place"].to_numpy() * samples + answers["sample"].to_numpy()
            letters[at] = answers["code"].to_numpy()
            yield {
                **cell._asdict(),
                "samples": samples,
                "outcomes": letters.tobytes().decode("ascii"),
                "marks": "".join(marked[cell]) if cell in marked else _NONE * len(items),
                "block": self._write_answers(folder, cell, task, place),
            }

    def _write_answers(
        self, folder: Path, cell: AnsweredBy, task: str, place: Mapping[str, int]
    ) -> int | None:
        """Write what a cell answered; returns the questions a piece, None where texts are gone."""
        path = answers_path(*cell, task)
        if not path.is_file():
            return None
        by_place: list[list[list[str | int]]] = [[] for _ in place]
        for one in sorted(read_rows(path, Answer), key=lambda one: one.sample):
            if one.item in place:
                by_place[place[one.item]].append(_answer(one))
        size = path.stat().st_size * len(place) / max(1, self.asked[task])
        block = max(1, int(len(place) * min(1.0, PIECE_BYTES / max(1.0, size))))
        name = "/".join(("answers", *map(str, cell), task))
        for number, start in enumerate(range(0, len(place), block)):
            suffix = f"-{number}" if block < len(place) else ""
            write_piece(folder, f"{name}{suffix}", by_place[start : start + block])
        return block


def _answer(one: Answer) -> list[str | int]:
    """Trace, answer, tokens read, thinking tokens, answer tokens."""
    plain = one.without_trace
    return [
        one.text[: len(one.text) - len(plain)],
        plain,
        one.prompt_tokens,
        one.thinking_tokens,
        one.answer_tokens,
    ]


def samples_of(params: Params, rows: "pd.DataFrame", most_bytes: int = MOST_BYTES) -> Samples:
    """All questions of a study with its scored `rows`, or so many as `most_bytes` of answers have.

    They are drawn by the digest of their names and the seed of the report, the same share of every
    task, so that none is picked by its answers.

    Raises:
        InputError: the scores are of before they told what became of an answer.
    """
    if "outcome" not in rows:
        raise InputError(f"{items_path()}: column outcome is missing; run `dvc repro score`")
    files = {
        path
        for key in rows[ASKED[:-1]].drop_duplicates().itertuples(index=False, name=None)
        if (path := answers_path(*key)).is_file()
    }
    share = min(1.0, most_bytes / max(1, sum(path.stat().st_size for path in files)))
    shown, asked = {}, {}
    for task in params.tasks:
        scored = set(rows.loc[rows["task"] == task, "item"])
        pinned = read_rows(task_path(task), Item) if task_path(task).is_file() else []
        items = [item for item in pinned if item.id in scored]
        if not items:
            continue
        drawn = sorted(items, key=lambda item: _draw(params.report.seed, item))
        kept = drawn[: max(1, int(share * len(items)))]
        shown[task], asked[task] = tuple(sorted(kept, key=lambda item: item.id)), len(items)
    return Samples(params, rows, shown, asked)


def _draw(seed: int, item: Item) -> bytes:
    return hashlib.sha256(f"{seed}/{item.task}/{item.id}".encode()).digest()


def write_piece(folder: Path, name: str, value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Write one piece below `folder`, as the page calls it."""
    # Half of a character stays its escape, which JSON gives back as it was.
    text = json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii")
    path = folder / f"{name}.js"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'breakevenPiece("{name}","{packed(text)}");\n', encoding="ascii")
