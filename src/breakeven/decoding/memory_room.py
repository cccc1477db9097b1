"""Batches that are halved where memory runs out: every prompt is answered, none twice."""

import gc
import sys
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from breakeven.decoding.batching import even_parts
from breakeven.decoding.decode import Generation, generate_what_fits
from breakeven.decoding.sampling import Choose

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# How the rows of a batch choose their tokens that stand at these places in it.
ChooseFor = Callable[[Sequence[int]], Choose]


class AnswerTooLongError(MemoryError):
    """Memory does not hold one answer by itself; the message says how long it may become."""


class MemoryRoom:
    """How many prompts can be continued at a time, as far as is known.

    Counted in positions, which are rows times the longest prompt with all of its new tokens, so
    that short answers are not held back by long ones. `key` names the setting of batches in what is
    said. Batches that run side by side share one.
    """

    def __init__(self, key: str) -> None:
        self._key = key
        self._positions: int | None = None

    def parts(self, places: list[int], width: int) -> list[list[int]]:
        """Places of rows of that many positions each, in parts that fit."""
        if self._positions is None:
            return [places]
        return even_parts(places, max(1, self._positions // width))

    def halve(self, count: int, left: int, width: int) -> None:
        """Of `count` rows `left` were not finished: go on with half as many at a time.

        Raises:
            AnswerTooLongError: it was one row by itself.
        """
        if count == 1:
            raise AnswerTooLongError(f"one answer of up to {width:,} tokens with its prompt")
        rows = max(1, left // 2)
        if self._positions is not None and self._positions <= rows * width:
            return  # another batch has said so
        self._positions = rows * width
        print(
            f"{self._key}: memory has run out with {count} prompts of up to {width:,} tokens at a "
            f"time; the {left} that were not finished and those to come go on with {rows}",
            file=sys.stderr,
            flush=True,
        )


def generate_in_room(
    model: "PreTrainedModel",
    prompts: Sequence[Sequence[int]],
    room: MemoryRoom,
    *,
    limit: int,
    end_ids: Collection[int],
    choose_for: ChooseFor,
    halvings: list[list[int]] | None = None,
) -> list[Generation]:
    """Continue each prompt as `generate` does, in as many batches as memory makes necessary.

    What is finished when memory runs out is kept, the rest begun anew: a row writes the same in
    whatever batch it is, but for the rounding of sums. `halvings` takes down each time that
    memory ran out: with how many prompts, and of how many tokens at most.

    Raises:
        FloatingPointError: as `generate`.
        AnswerTooLongError: memory does not hold one prompt by itself.
    """
    width = max(map(len, prompts)) + limit
    found: dict[int, Generation] = {}
    waiting = room.parts(list(range(len(prompts))), width)
    while waiting:
        places, *waiting = waiting
        made = generate_what_fits(
            model,
            [prompts[place] for place in places],
            limit=limit,
            end_ids=end_ids,
            choose=choose_for(places),
        )
        found |= {place: one for place, one in zip(places, made, strict=True) if one is not None}
        left = [place for place in places if place not in found]
        if left:
            gc.collect()
            room.halve(len(places), len(left), width)
            if halvings is not None:
                halvings.append([len(places), width])
            left += [place for part in waiting for place in part]
            waiting = room.parts(left, width)
    return [found[place] for place in range(len(prompts))]
