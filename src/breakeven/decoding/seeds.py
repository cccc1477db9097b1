"""A seed of its own for every sample: the same in whatever batch and engine it is drawn."""

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from breakeven.params import Decoding


def sample_digest(decoding: "Decoding", sample: str) -> bytes:
    """32 bytes that follow from the decoding's seed and the sample's name (task/item/number)."""
    return hashlib.sha256(f"{decoding.seed}/{sample}".encode()).digest()
