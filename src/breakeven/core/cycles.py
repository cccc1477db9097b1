"""How often Python looks for cycles of objects."""

import gc

# Python's own is 700 new objects. At that the looks take a fifth of the time that importing PyTorch
# and transformers takes, and as much of `breakeven status` of a large study, and find nothing.
_OBJECTS_TO_A_COLLECTION = 50_000


def look_seldom() -> None:
    """For every process of the project, at its beginning."""
    gc.set_threshold(_OBJECTS_TO_A_COLLECTION)
