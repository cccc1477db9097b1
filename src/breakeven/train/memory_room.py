"""Micro-batches that are cut smaller once memory has run out on one.

A step's loss is divided by its supervised tokens, however many passes it takes, so that smaller
micro-batches are the same step but for the rounding of sums, and what dropout drops.
"""

import sys
from collections.abc import Sequence

from breakeven.core.errors import MachineError
from breakeven.rendering import Example


class MemoryRoom:
    """The tokens that fit into one pass, as far as is known.

    `halvings` are the times that memory ran out: at which step, and how many tokens a pass has had
    at most from there on. Tokens are padded ones, as in `training.micro_batch_tokens`.
    """

    def __init__(self, halvings: list[list[int]], *, packing: bool) -> None:
        self._halvings, self._packing = halvings, packing

    def cut(self, micro_batches: Sequence[Sequence[Example]]) -> list[Sequence[Example]]:
        """A step's micro-batches, those that are too large in halves, in the same order."""
        if not self._halvings:
            return list(micro_batches)
        _, most = self._halvings[-1]
        return [part for batch in micro_batches for part in self._halves(batch, most)]

    def halve(self, step: int, examples: Sequence[Example]) -> None:
        """From now on no pass has more than half of the tokens of this one, which did not fit.

        Raises:
            MachineError: it is one sequence, which has no half.
        """
        tokens = self._tokens(examples)
        if len(examples) == 1:
            raise MachineError(
                f"params.yaml: training.max_length: one sequence of {tokens:,} tokens does not fit "
                f"into memory (step {step}); use a lower one than {tokens:,}, "
                "training.gradient_checkpointing: true, or the method lora or qlora"
            )
        self._halvings.append([step, tokens // 2])
        print(
            f"training: memory has run out at step {step} with {len(examples)} sequences, "
            f"{tokens:,} tokens in one pass; from here on at most {tokens // 2:,}, in the same "
            "steps (training.micro_batch_tokens)",
            file=sys.stderr,
            flush=True,
        )

    def _halves(self, batch: Sequence[Example], most: int) -> list[Sequence[Example]]:
        if len(batch) == 1 or self._tokens(batch) <= most:
            return [batch]
        middle = len(batch) // 2
        return [*self._halves(batch[:middle], most), *self._halves(batch[middle:], most)]

    def _tokens(self, examples: Sequence[Example]) -> int:
        lengths = [len(one.input_ids) for one in examples]
        return sum(lengths) if self._packing else max(lengths) * len(lengths)
