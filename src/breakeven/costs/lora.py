"""How many parameters a low-rank adapter has, from its rank and the layers it sits on."""

from dataclasses import dataclass

from breakeven.core.errors import InputError, did_you_mean
from breakeven.costs.architecture import Architecture

ALL_LINEAR = "all-linear"


@dataclass(frozen=True)
class Lora:
    """A low-rank adapter: its rank, and the Hugging Face names of the layers it sits on.

    `all-linear` stands for every linear layer but lm_head, as in peft.
    """

    rank: int
    targets: tuple[str, ...] = (ALL_LINEAR,)


def lora_parameters(architecture: Architecture, lora: Lora) -> int:
    """Parameters of the adapter: rank × (inputs + outputs) for each layer it sits on.

    Raises InputError on a rank below 1, on a layer that the architecture lacks, and on expert
    layers, whose packed weights peft does not adapt by these names.
    """
    if lora.rank < 1:
        raise InputError(f"lora.rank: value is {lora.rank}; use a whole number of at least 1")
    shapes = architecture.linear_shapes
    targets = set(shapes) if ALL_LINEAR in lora.targets else set(lora.targets)
    unknown = sorted(targets - set(shapes))
    if unknown or not targets:
        hint = did_you_mean(unknown[0] if unknown else "", [*shapes, ALL_LINEAR])
        raise InputError(f"lora.targets: value is {list(lora.targets)}; {hint}")
    return sum(
        lora.rank * (inputs + outputs) * count
        for name, (inputs, outputs, count) in shapes.items()
        if name in targets
    )
