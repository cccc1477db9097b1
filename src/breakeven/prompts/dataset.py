"""Training prompts from a data set of the hub."""

from breakeven.errors import InputError
from breakeven.params import DatasetSource
from breakeven.prompts.prompt import Prompt


def dataset_prompts(name: str, source: DatasetSource) -> list[Prompt]:
    """The prompts of a data set."""
    raise InputError(f"params.yaml: sources.{name}: {source.repo}: not available yet")
