"""Which process computes which micro-batch of a step.

Every process makes the same number of passes, since their gradients are added up (and, sharded,
their weights gathered) pass by pass. What a step holds does not depend on how many there are.
"""

from collections.abc import Sequence
from typing import NamedTuple

from breakeven.rendering import Example


class ForwardPass(NamedTuple):
    """One pass through the model; one that contributes nothing keeps step with the others."""

    examples: Sequence[Example]
    contributes: bool = True


def forward_passes(
    micro_batches: Sequence[Sequence[Example]], *, process: int, processes: int
) -> list[ForwardPass]:
    """The passes of one process: its share of a step's micro-batches, the heaviest first.

    Micro-batches are halved until they can be dealt out evenly; where there are fewer samples than
    processes, some processes make a pass that contributes nothing.
    """
    if processes == 1:
        return [ForwardPass(batch) for batch in micro_batches]
    batches = _split_evenly(micro_batches, processes)
    # A pass without weight still takes time: it is made with the shortest example.
    shortest = min((one for batch in batches for one in batch), key=lambda one: len(one.input_ids))
    rounds = -(-len(batches) // processes)
    own = batches[process::processes]
    return [
        ForwardPass(own[number])
        if number < len(own)
        else ForwardPass([shortest], contributes=False)
        for number in range(rounds)
    ]


def _split_evenly(
    micro_batches: Sequence[Sequence[Example]], processes: int
) -> list[Sequence[Example]]:
    # Dealt out in turn, heaviest first, so that those of one round take about as long.
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
