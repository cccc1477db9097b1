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
    ALL_KINDS,
    KINDS,
    generate,
)
from breakeven.procedural.problem import Problem

__all__ = [
    "ALL_KINDS",
    "FORMATS",
    "KINDS",
    "LETTERS",
    "Problem",
    "choice_letter",
    "choice_prompt",
    "choice_trace",
    "generate",
    "named_choice",
    "prompt",
    "reference",
    "trace",
    "worked_answer",
]
