"""Generators of problems with exact worked solutions: distinct, seeded, split by content."""

from breakeven.procedural.formats import (
    FORMATS,
    LETTERS,
    choice_letter,
    choice_prompt,
    choice_trace,
    named_choice,
    prompt,
    reference,
    trace,
    worked_answer,
)
from breakeven.procedural.generation import (
    KINDS,
    generate,
)
from breakeven.procedural.problem import Partition, Problem, Side, partition_of, side_of

__all__ = [
    "FORMATS",
    "KINDS",
    "LETTERS",
    "Partition",
    "Problem",
    "Side",
    "choice_letter",
    "choice_prompt",
    "choice_trace",
    "generate",
    "named_choice",
    "partition_of",
    "prompt",
    "reference",
    "side_of",
    "trace",
    "worked_answer",
]
