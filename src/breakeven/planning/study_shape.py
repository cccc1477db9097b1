"""What is known of a study before it runs: shapes of its students, lengths of its texts."""

from functools import cache
from typing import NamedTuple

from breakeven.params import Params
from breakeven.planning.earlier_run import Made
from breakeven.planning.expected_texts import (
    Part,
    Questions,
    expected_pairs,
    expected_questions,
)
from breakeven.planning.lengths import Lengths, counted, from_means
from breakeven.planning.student_shapes import StudentShape, student_shape


class Told(NamedTuple):
    """Lengths, and what they rest on."""

    lengths: Lengths
    basis: str


class Known:
    """The parts of one study that many cells share, each worked out once."""

    def __init__(self, params: Params) -> None:
        self.params = params
        self.made = Made(params)
        self.shape = cache(self._shape)
        self.pairs = cache(self._pairs)
        self.questions = cache(self._questions)
        self.corpus_lengths = cache(self._corpus_lengths)
        self.task_lengths = cache(self._task_lengths)

    def _shape(self, student: str) -> StudentShape:
        return student_shape(student, self.params.students[student], self.made)

    def _pairs(self, corpus: str) -> list[Part]:
        return expected_pairs(self.made, corpus)

    def _questions(self, task: str) -> Questions:
        return expected_questions(task, self.made)

    def _corpus_lengths(self, student: str, corpus: str) -> list[Told]:
        return [told(part, self.shape(student)) for part in self.pairs(corpus)]

    def _task_lengths(self, student: str, task: str) -> Told:
        asked = self.questions(task)
        return told(Part(asked.items, asked.texts, None, asked.origin), self.shape(student))


def told(part: Part, shape: StudentShape | None) -> Told:
    """The lengths of a part in a student's tokens, by bytes where no tokenizer is at hand."""
    if part.means is not None:
        return Told(from_means(part.means, part.pairs), part.origin)
    tokenizer = shape.tokenizer if shape else None
    basis = part.origin if tokenizer else f"{part.origin}, 4 bytes a token"
    return Told(counted(part.texts, part.pairs, tokenizer), basis)
