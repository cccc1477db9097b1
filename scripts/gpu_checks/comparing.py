"""How far apart two tensors are, and how far they may be."""

from torch import Tensor

# Logits, ‖one − other‖ / ‖other‖: sums in another order, in each format, through all layers. What a
# wrong mask or position does is no smaller than half of them.
LOGITS_TOLERANCE = {"float32": 1e-4, "bfloat16": 5e-2}


def relative_error(one: Tensor, other: Tensor) -> float:
    """‖one − other‖ / ‖other‖; NaN stays NaN and is within no tolerance."""
    return float((one.double() - other.double()).norm() / other.double().norm())
