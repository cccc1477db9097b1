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
)
from breakeven.planning.lengths import SampledLengths, lengths_from_means, lengths_of_texts
from breakeven.planning.student_shapes import StudentShape, student_shape


class ExpectedLengths(NamedTuple):
    """Lengths, and what they rest on."""

    lengths: SampledLengths
    basis: str


class ExpectedStudy:
    """The parts of one study that many cells share, each worked out once."""

    def __init__(self, params: Params) -> None:
        self.params = params
        self.earlier_run = EarlierRun(params)
        self.shape = cache(self._shape)
        self.pairs = cache(self._pairs)
        self.items_of = cache(self._items_of)
        self.corpus_lengths = cache(self._corpus_lengths)
        self.task_lengths = cache(self._task_lengths)

    def _shape(self, student: str) -> StudentShape:
        return student_shape(student, self.params.students[student], self.earlier_run)

    def _pairs(self, corpus: str) -> list[ExpectedPairs]:
        return expected_pairs(self.earlier_run, corpus)

    def _items_of(self, task: str, taught: Taught) -> ExpectedItems:
        return expected_items(task, self.earlier_run, taught)

    def _corpus_lengths(self, student: str, corpus: str, traces: Traces) -> list[ExpectedLengths]:
        shape = self.shape(student)
        return [expected_lengths(part.in_form(traces), shape) for part in self.pairs(corpus)]

    def _task_lengths(self, student: str, task: str, taught: Taught) -> ExpectedLengths:
        asked = self.items_of(task, taught)
        return expected_lengths(
            ExpectedPairs(asked.items, asked.texts, None, asked.origin), self.shape(student)
        )


def expected_lengths(part: ExpectedPairs, shape: StudentShape | None) -> ExpectedLengths:
    """The lengths of a part in a student's tokens, by bytes where no tokenizer is at hand."""
    if part.means is not None:
        return ExpectedLengths(lengths_from_means(part.means, part.pairs), part.origin)
    tokenizer = shape.tokenizer if shape else None
    basis = part.origin if tokenizer else f"{part.origin}, 4 bytes a token"
    return ExpectedLengths(lengths_of_texts(part.texts, part.pairs, tokenizer), basis)
