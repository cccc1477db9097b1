"""From a completion to the trainings that learnt it, and the numbers that rest on them."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from breakeven.core.errors import InputError
from breakeven.core.files import read_jsonl
from breakeven.core.layout import (
    distilled_path,
    dropped_path,
    pairs_path,
    prompts_path,
    record_path,
    student_folder,
)
from breakeven.core.progress import Progress
from breakeven.lineage.learnt import Lesson, Trainings, sources_of_pairs
from breakeven.lineage.links import Link, link
from breakeven.lineage.numbers import Number, Scores
from breakeven.params import COMPLETION_STYLES, CompletionStyle, Params
from breakeven.params.cells import arms_of


class LearntBy(NamedTuple):
    """A training that learnt a completion: of which corpus, in which style, how often."""

    student: str
    arm: str
    seed: int
    corpus: str
    style: CompletionStyle
    times: int
    weights: Link


class Uses(NamedTuple):
    """Where a prompt's completions lie, who learnt them, and the numbers that rest on that.

    `dropped` has why a corpus left the pair out.
    """

    id: str
    styles: tuple[CompletionStyle, ...]
    links: tuple[Link, ...]
    dropped: Mapping[str, str]
    trainings: tuple[LearntBy, ...]
    numbers: tuple[Number, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            **self._asdict(),
            "links": [one._asdict() for one in self.links],
            "trainings": [
                {**one._asdict(), "weights": one.weights._asdict()} for one in self.trainings
            ],
            "numbers": [{**one._asdict(), "name": str(one.name)} for one in self.numbers],
        }


def trace_completion(params: Params, text: str) -> Uses:
    """Everything that rests on a prompt's completions, or on the one in a style: `ID/STYLE`.

    Raises:
        InputError: no source has a prompt of that id, or what was learnt is another one by now.
    """
    name, styles = _parse(text)
    sources = [source for source in params.sources if _line(prompts_path(source), name)]
    if not sources:
        raise InputError(
            f"{name!r} is the id of no training prompt; ids are in data/prompts/, "
            f"and behind one may stand {' or '.join(f'/{style}' for style in COMPLETION_STYLES)}"
        )
    links = [one for source in sources for one in _places(source, name, styles)]
    kept = {
        corpus
        for corpus, row in params.corpora.items()
        if set(row.sources) & set(sources)
        and pairs_path(corpus).is_file()
        and (corpus, name) in sources_of_pairs((corpus,))
    }
    links += [link("pairs", pairs_path(corpus), "pairs", corpus) for corpus in sorted(kept)]
    trainings = tuple(_learnt_by(params, name, styles, kept))
    learners = dict.fromkeys((one.student, one.arm) for one in trainings)
    scores = Scores(params) if learners else None
    numbers = [one for pair in learners for one in (scores.numbers_of(*pair) if scores else ())]
    return Uses(name, styles, tuple(links), _dropped(params, name), trainings, tuple(numbers))


def _parse(text: str) -> tuple[str, tuple[CompletionStyle, ...]]:
    name, _, style = text.rpartition("/")
    chosen = tuple(one for one in COMPLETION_STYLES if one == style)
    return (name, chosen) if chosen and name else (text, COMPLETION_STYLES)


def _line(path: Path, name: str) -> int:
    """The line of a row by its id, counted from 1; 0 where there is none."""
    if not path.is_file():
        return 0
    rows = enumerate(read_jsonl(path), start=1)
    return next((number for number, row in rows if row.get("id") == name), 0)


def _places(source: str, name: str, styles: Sequence[CompletionStyle]) -> Iterator[Link]:
    path = prompts_path(source)
    yield link("prompt", path, "prompts", source, note=f"line {_line(path, name)}")
    for style in styles:
        path = distilled_path(source, style)
        if line := _line(path, name):
            yield link("completion", path, "distill", source, style, note=f"line {line}")


def _dropped(params: Params, name: str) -> dict[str, str]:
    """Why a corpus has left the pair out, by corpus."""
    found: dict[str, str] = {}
    for corpus in params.corpora:
        path = dropped_path(corpus)
        if path.is_file():
            with path.open(newline="", encoding="utf-8") as handle:
                reasons = [row["reason"] for row in csv.DictReader(handle) if row["id"] == name]
            if reasons:
                found[corpus] = reasons[0]
    return found


def _learnt_by(
    params: Params, name: str, styles: Sequence[CompletionStyle], corpora: set[str]
) -> Iterator[LearntBy]:
    arms = {arm for arm, row in params.arms.items() if corpora & set(row.corpora)}
    cells = [
        (student, arm, seed)
        for student in params.students
        for arm in arms_of(params, student)
        for seed in params.seeds
        if arm in arms and record_path("train", student, arm, seed).is_file()
    ]
    trainings: dict[str, Trainings] = {}
    with Progress("trainings", total=len(cells)) as bar:
        for student, arm, seed in cells:
            if student not in trainings:
                trainings[student] = Trainings(params, student)
            learnt = trainings[student].learnt(arm, seed)
            for corpus in params.arms[arm].corpora:
                for style in styles:
                    times = learnt.times.get(Lesson(corpus, name, style)) if learnt else None
                    if times:
                        folder = student_folder(student, arm, seed)
                        weights = link("weights", folder, "train", student, arm, seed)
                        yield LearntBy(student, arm, seed, corpus, style, times, weights)
            bar.advance(f"{student}/{arm}/{seed}")
