"""What is known of a study before it runs: shapes of its students, lengths of its texts."""

from functools import cache
from typing import NamedTuple

from breakeven.params import Params
from breakeven.params.training import Traces
from breakeven.planning.earlier_run import EarlierRun
from breakeven.planning.expected_texts import (
    ExpectedItems,
    ExpectedPairs,
    Taught,
    expected_items,
    expected_pairs,
    expected_pairs_of_source,
    sampled_problems,
)
from breakeven.planning.lengths import SampledLengths, lengths_from_means, lengths_of_texts
from breakeven.planning.student_shapes import StudentShape, shared_counters, student_shape


class ExpectedLengths(NamedTuple):
    """Lengths, and what they rest on."""

    lengths: SampledLengths
    basis: str


class ExpectedStudy:
    """The parts of one study that many cells share, each worked out once."""

    def __init__(self, params: Params) -> None:
        self.params = params
        self.earlier_run = EarlierRun(params)
        self._counters = shared_counters()
        self.shape = cache(self._shape)
        self.source_pairs = cache(self._pairs_of_source)
        self._problems = cache(sampled_problems)
        self.pairs = cache(self._pairs)
        self.items_of = cache(self._items_of)
        self.corpus_lengths = cache(self._corpus_lengths)
        self.task_lengths = cache(self._task_lengths)

    def _shape(self, student: str) -> StudentShape:
        row = self.params.students[student]
        return student_shape(student, row, self.earlier_run, self._counters)

    def _pairs_of_source(self, source: str) -> ExpectedPairs:
        return expected_pairs_of_source(source, self.params.sources[source])

    def _pairs(self, corpus: str, traces: Traces) -> list[ExpectedPairs]:
        if traces == "as-written":
            return expected_pairs(self.earlier_run, corpus, self.source_pairs)
        return [part.in_form(traces) for part in self.pairs(corpus, "as-written")]

    def _items_of(self, task: str, taught: Taught) -> ExpectedItems:
        return expected_items(task, self.earlier_run, taught, self._problems)

    def _corpus_lengths(self, student: str, corpus: str, traces: Traces) -> list[ExpectedLengths]:
        shape = self.shape(student)
        return [expected_lengths(part, shape) for part in self.pairs(corpus, traces)]

    def _task_lengths(self, student: str, task: str, taught: Taught) -> ExpectedLengths:
        asked = self.items_of(task, taught)
        return expected_lengths(
            ExpectedPairs(asked.items, asked.texts, None, asked.origin), self.shape(student)
        )


def expected_lengths(part: ExpectedPairs, shape: StudentShape | None) -> ExpectedLengths:
    """The lengths of a part in a student's tokens, by bytes where no tokenizer is at hand."""
    if part.means is not None:
        return ExpectedLengths(lengths_from_means(part.means, part.pairs), part.origin)
    counter = shape.counter if shape else None
    basis = part.origin if counter else f"{part.origin}, 4 bytes a token"
    return ExpectedLengths(lengths_of_texts(part.texts, part.pairs, counter), basis)
