"""Training prompts from reasoning-gym."""

from breakeven.gym import entries
from breakeven.params import GymSource
from breakeven.rows.prompt import Prompt


def gym_prompts(name: str, source: GymSource) -> list[Prompt]:
    """The prompts of a data set, in its train partition.

    `solution` is None where the data set has no worked solutions.

    Raises:
        InputError: the data set or its configuration cannot be used.
    """
    found = entries(
        f"params.yaml: sources.{name}",
        source.dataset,
        source.config,
        count=source.prompts,
        seed=source.seed,
        partition="train",
    )
    return [
        Prompt(
            id=f"{name}-{number:06d}",
            source=name,
            prompt=entry.prompt,
            content=entry.content,
            reference=entry.answer,
            solution=entry.worked.steps if entry.worked else None,
            depth=entry.worked.depth if entry.worked else None,
            grader=entry.grader,
            meta=entry.meta(source.dataset, source.config),
        )
        for number, entry in enumerate(found)
    ]
