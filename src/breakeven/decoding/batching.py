"""Which samples are decoded together: fixed by the items, so that a resumed run repeats it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

Row = TypeVar("Row")


class BatchRow(NamedTuple):
    """One sample to be made: which item, which number, and the prompt's token ids."""

    item: str
    sample: int
    prompt: tuple[int, ...]

    def sample_name(self, task: str) -> str:
        """What the sample's seed is made of: no other sample of a study has this name."""
        return f"{task}/{self.item}/{self.sample}"


def batches(
    prompts: Sequence[tuple[str, Sequence[int]]], samples: int, size: int
) -> list[list[BatchRow]]:
    """All samples of all (item, prompt ids) in batches of at most `size`, as equal as can be.

    The longest prompts come first; prompts of like length share a batch, so that little is padded.
    """
    rows = [
        BatchRow(item, sample, tuple(prompt))
        for item, prompt in sorted(prompts, key=lambda one: -len(one[1]))
        for sample in range(samples)
    ]
    # The sort is stable and knows nothing of what was answered before, so that a batch has its
    # number for good.
    return even_parts(rows, size)


def even_parts(rows: list[Row], size: int) -> list[list[Row]]:
    """As few parts as hold all rows, at most `size` each, then as even as can be.

    No small one is left for the end, to run alone.
    """
    count = -(-len(rows) // size)
    edges = [len(rows) * number // count for number in range(count + 1)] if count else [0]
    return [rows[start:end] for start, end in pairwise(edges)]
