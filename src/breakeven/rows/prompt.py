"""A training prompt: what a row of a source's pinned file holds."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Prompt:
    """One training prompt. `content` identifies what is asked apart from its format.

    `solution` is the worked solution of a procedural prompt, which the solver teacher puts into
    the two styles; None where only a model can answer. `published` holds both completions by style
    where they come with the prompt. `grader` compares an answer with the reference.
    """

    id: str
    source: str
    prompt: str
    content: str
    reference: str | None = None
    solution: str | None = None
    format: str = "open"
    depth: int | None = None
    grader: str | None = None
    published: dict[str, str] | None = None
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def final_answer(self) -> str | None:
        """What a worked solution ends in: the reference, unless `meta` has it in other words."""
        return self.meta.get("final_answer", self.reference)

    @property
    def plain_answer(self) -> str | None:
        """The answer without a trace: the final one, unless `meta` has one with working."""
        return self.meta.get("plain_answer", self.final_answer)
