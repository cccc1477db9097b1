"""Which pairs a training learnt, in which style and how often: drawn again as training drew it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from breakeven.core.errors import InputError
from breakeven.core.layout import pairs_path, record_path
from breakeven.core.records import read_record
from breakeven.params import CompletionStyle, Params
from breakeven.rows.pair import iter_pairs
from breakeven.train.arm_lessons import LessonPlanner


class Lesson(NamedTuple):
    """A completion as it is learnt: of a pair of a corpus, in a style."""

    corpus: str
    pair: str
    style: CompletionStyle


class Learnt(NamedTuple):
    """What a training has learnt: how often each completion, by the samples of its selection."""

    times: Mapping[Lesson, int]

    def of_source(self, sources: Mapping[tuple[str, str], str]) -> Counter[tuple[str, str]]:
        """How many completions are learnt by source and style; `sources` of corpus and pair."""
        return Counter((sources[one.corpus, one.pair], one.style) for one in self.times)


class Trainings:
    """What the arms of one student learnt; a corpus is read and rendered once for all of them."""

    def __init__(self, params: Params, student: str) -> None:
        """Raises InputError where the base is missing."""
        self._student = student
        self._planner = LessonPlanner(params, student)

    def learnt(self, arm: str, seed: int) -> Learnt | None:
        """What a cell learnt; None where it is not trained or its training has not run.

        Raises:
            InputError: its record tells of other pairs or of another number of samples than
                params.yaml and the pairs come to now.
        """
        cell = (self._student, arm, seed)
        if not record_path("train", *cell).is_file():
            return None
        lessons = self._planner.plan(arm, seed)
        if lessons is None:
            return None
        record = read_record("train", *cell)
        drawn = sum(len(one.selection.samples) for one in lessons.corpora)
        same = all(record.inputs.get(path) == digest for path, digest in lessons.digests.items())
        if not same or record.metrics.get("samples") != drawn:
            raise InputError(
                f"{record.path}: was made from other pairs or settings than there are now; run "
                f"`dvc repro train@{self._student}-{arm}-{seed}`"
            )
        return Learnt(
            Counter(
                Lesson(one.corpus, one.examples.ids[sample.pair], sample.style)
                for one in lessons.corpora
                for sample in one.selection.samples
            )
        )


def sources_of_pairs(corpora: Iterator[str] | tuple[str, ...]) -> dict[tuple[str, str], str]:
    """The source of every pair, by corpus and id."""
    return {
        (corpus, pair.id): pair.source
        for corpus in corpora
        for pair in iter_pairs(pairs_path(corpus))
    }
