"""Training prompts of published pairs."""

from breakeven.errors import InputError
from breakeven.params import PublishedSource
from breakeven.prompts.prompt import Prompt


def published_prompts(name: str, source: PublishedSource) -> list[Prompt]:
    """The prompts of published pairs."""
    raise InputError(f"params.yaml: sources.{name}: {source.repo}: not available yet")
