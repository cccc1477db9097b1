"""Generators of problems with exact worked solutions: distinct, seeded, split by content."""

from breakeven.procedural.formats import (
    FORMATS,
    LETTERS,
    choice_letter,
    choice_prompt,
    choice_trace,
    open_prompt,
    prompt,
    reference,
    trace,
)
from breakeven.procedural.generation import (
    DEPTHS,
    GENERAL_KINDS,
    KINDS,
    MATH_KINDS,
    generate,
)
from breakeven.procedural.problem import Partition, Problem, Side, partition_of, side_of

__all__ = [
    "DEPTHS",
    "FORMATS",
    "GENERAL_KINDS",
    "KINDS",
    "LETTERS",
    "MATH_KINDS",
    "Partition",
    "Problem",
    "Side",
    "choice_letter",
    "choice_prompt",
    "choice_trace",
    "generate",
    "open_prompt",
    "partition_of",
    "prompt",
    "reference",
    "side_of",
    "trace",
]
