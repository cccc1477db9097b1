"""Entering the choice of `breakeven decide` in MLflow's registry, where a person asks for it."""

from collections.abc import Mapping
from typing import Any

from breakeven.core.errors import InputError
from breakeven.decide.decision_text import decision_lines
from breakeven.params import load_params
from breakeven.tracking.registry import Registered, register_student

# MLflow's column holds 5,000 characters.
_MOST_CHARACTERS = 5000


def register_choice(decision: Mapping[str, Any], name: str) -> Registered:
    """Enter the chosen student of the study here, described by the lines of the decision.

    Of several training seeds, over which the decision is a mean, it is the first.

    Raises:
        InputError: nothing was chosen, or it cannot be registered.
    """
    choice = decision["choice"]
    if choice is None:
        raise InputError("--register: nothing was chosen, so there is nothing to register")
    if not name.strip() or set(name) & set("/:"):
        raise InputError(
            f"--register: value is {name!r}; MLflow takes no name that is empty or has / or : in it"
        )
    params = load_params()
    seed = params.seeds[0]
    lines = list(decision_lines(decision))
    if len(params.seeds) > 1:
        lines.append(f"decided on the mean of {len(params.seeds)} training seeds; this is {seed}")
    # Lines and their indents as they are: a description is Markdown.
    text = "\n".join(f"    {line}" for line in lines)[:_MOST_CHARACTERS]
    return register_student(
        params.study, choice["student"], choice["arm"], seed, name=name, description=text
    )
