"""A training prompt: what a row of a source's pinned file holds."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Prompt:
    """One training prompt.

    Attributes:
        id: Its name, the same in every run.
        source: The source that it is of.
        prompt: What is asked, as the teacher and the students read it.
        content: Identifies what is asked apart from its format.
        reference: The right answer, where it is known.
        solution: The worked solution of a procedural prompt, which the solver teacher puts into the
            two styles; None where only a model can answer.
        format: `open` or `choice`.
        depth: Serial steps; None where there are none.
        grader: How an answer is compared with the reference.
        published: Both completions by style, where they come with the prompt.
        meta: What else its source knows of it.
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
