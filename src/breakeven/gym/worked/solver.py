"""What a data set with worked solutions has: steps, a grader, and what its contents are."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

Raw = dict[str, Any]


class Worked(NamedTuple):
    """A worked solution that ends in `So <answer>.`

    `depth` counts the steps that must follow one another, None where parts can be done at once.
    """

    steps: str
    depth: int | None


def whole_question(raw: Raw) -> str:
    """The question in one spacing."""
    return " ".join(raw["question"].split())


class Solver(NamedTuple):
    """How entries of a data set are solved and told apart.

    `work` gives None for an entry whose statement does not lead to its reference: such entries are
    left out. `content` identifies what is asked whatever its wording; `template` is what entries
    share that are not independent.
    """

    work: Callable[[Raw], Worked | None]
    grader: str
    content: Callable[[Raw], str] = whole_question
    template: Callable[[Raw], str] | None = None


def by_metadata(*keys: str) -> Callable[[Raw], str]:
    """A content made of these fields of an entry's metadata."""

    def content(raw: Raw) -> str:
        return json.dumps([raw["metadata"][key] for key in keys], default=str)

    return content


def with_answer(steps: list[str], raw: Raw, depth: int | None) -> Worked:
    """Steps, each a sentence without its full stop, and the answer."""
    # The answer as the reference has it: a trace that ends in another form teaches that form.
    return Worked(" ".join(f"{step}." for step in [*steps, f"So {raw['answer']}"]), depth)
