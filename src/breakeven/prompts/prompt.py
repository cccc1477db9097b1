"""A training prompt: what a row of a source's pinned file holds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Prompt:
    """One training prompt. `content` identifies what is asked apart from its format.

    `solution` is the worked solution of a procedural prompt, which the solver teacher puts into
    the two styles; None where only a model can answer.
    """

    id: str
    source: str
    prompt: str
    content: str
    reference: str | None = None
    solution: str | None = None
    format: str = "open"
    depth: int | None = None
