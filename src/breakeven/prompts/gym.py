"""Training prompts from reasoning-gym."""

from breakeven.errors import InputError
from breakeven.params import GymSource
from breakeven.prompts.prompt import Prompt


def gym_prompts(name: str, source: GymSource) -> list[Prompt]:
    """The prompts of a reasoning-gym data set."""
    raise InputError(f"params.yaml: sources.{name}: {source.dataset}: not available yet")
