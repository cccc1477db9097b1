"""Which process computes which micro-batch of a step.

Every process makes the same number of passes, since their gradients are added up (and, sharded,
their weights gathered) pass by pass. What a step holds does not depend on how many there are.
"""

from collections.abc import Sequence
from typing import NamedTuple

from breakeven.rendering import Example


class Pass(NamedTuple):
    """One pass through the model. A pass that does not count only keeps step with the others."""

    examples: Sequence[Example]
    counts: bool = True


def passes_of(
    micro_batches: Sequence[Sequence[Example]], *, process: int, processes: int
) -> list[Pass]:
    """The passes of one process: its share of a step's micro-batches, the heaviest first.

    Micro-batches are halved until they can be dealt out evenly; where there are fewer samples than
    processes, some processes make a pass that does not count.
    """
    if processes == 1:
        return [Pass(batch) for batch in micro_batches]
    batches = _evenly(micro_batches, processes)
    shortest = min((one for batch in batches for one in batch), key=lambda one: len(one.input_ids))
    rounds = -(-len(batches) // processes)
    own = batches[process::processes]
    return [
        Pass(own[number]) if number < len(own) else Pass([shortest], counts=False)
        for number in range(rounds)
    ]


def _evenly(micro_batches: Sequence[Sequence[Example]], processes: int) -> list[Sequence[Example]]:
    batches = sorted(micro_batches, key=_weight, reverse=True)
    while len(batches) % processes:
        largest = max(
            (at for at, one in enumerate(batches) if len(one) > 1),
            default=None,
            key=lambda at: _weight(batches[at]),
        )
        if largest is None:
            break
        batch = batches.pop(largest)
        batches += [batch[: len(batch) // 2], batch[len(batch) // 2 :]]
    return sorted(batches, key=_weight, reverse=True)


def _weight(batch: Sequence[Example]) -> int:
    return sum(len(one.input_ids) for one in batch)
