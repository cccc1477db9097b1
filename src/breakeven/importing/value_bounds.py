"""What a number of an imported study can be: one table for CSV columns and YAML keys.

Costs stand on logarithmic axes, where zero has no place; the upper ends lie far above anything
ever run, so that a slip of the pen is told rather than drawn.
"""

import math
from typing import NamedTuple


class Bounds(NamedTuple):
    """The least and the largest value that is taken; a cost stands on a logarithmic axis."""

    low: float
    high: float
    cost: bool = False

    def why_not(self, value: float) -> str | None:
        """What to use instead of a value outside, None for one inside."""
        if self.low <= value <= self.high:
            return None
        if value == 0 and self.cost:
            return "a zero has no place on a logarithmic axis; leave it out where nothing was spent"
        if math.isinf(self.high):
            return f"use {self.low:g} or more"
        return f"use {self.low:g}..{self.high:g}"


SHARE = Bounds(0.0, 1.0)
# A chance of 1 leaves no room above guessing.
CHANCE = Bounds(0.0, 0.999)
PERCENT = Bounds(0.0, 100.0)
# Whole numbers up to here are exact in a float, and generators take them as seeds.
SEED = Bounds(0.0, 2.0**53 - 1)

COSTS = {
    "train_flops": Bounds(1.0, 1e30, cost=True),
    "train_tokens": Bounds(1.0, 1e18, cost=True),
    # On no such axis: 0 of a model that a service trained, which nobody here paid for.
    "train_device_seconds": Bounds(0.0, 1e15),
    "train_energy_joules": Bounds(1e-6, 1e18, cost=True),
    "inference_flops": Bounds(1.0, 1e30, cost=True),
    "prompt_tokens": Bounds(1.0, 1e9, cost=True),
    "cached_prompt_tokens": Bounds(0.0, 1e9),
    "thinking_tokens": Bounds(0.0, 1e9),
    "answer_tokens": Bounds(0.0, 1e9),
    "device_seconds": Bounds(1e-9, 1e12, cost=True),
    "energy_joules": Bounds(1e-12, 1e15, cost=True),
}
BOUNDS = {
    **COSTS,
    "size_b": Bounds(1e-9, 1e6),
    "size_parameters": Bounds(1.0, 1e15),
    "items": Bounds(1.0, 1e9),
    "clusters": Bounds(2.0, 1e9),
    "depth": Bounds(0.0, 1e9),
    "sample": Bounds(0.0, 1e9),
    "seed": SEED,
    "chance": CHANCE,
    "reasoning_share": SHARE,
    "truncated_share": SHARE,
    "unparsed_share": SHARE,
    "correct": SHARE,
    "parsed": SHARE,
    "truncated": SHARE,
    "accuracy_percent": PERCENT,
}
