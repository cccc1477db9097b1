"""How often Python looks for cycles of objects."""

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Python's own is 700 new objects. At that the looks take a fifth of the time that importing PyTorch
# and transformers takes, and as much of `breakeven status` of a large study, and find nothing. What
# so many objects hold, if they are in cycles, is some ten megabytes.
_OBJECTS_TO_A_COLLECTION = 200_000


def look_seldom() -> None:
    """For every process of the project, at its beginning: seldom, and no more once it ends.

    What it still has then is the libraries, whose memory the system takes back anyway: with
    PyTorch and transformers imported the looks at the end take more than a second.
    """
    gc.set_threshold(_OBJECTS_TO_A_COLLECTION)
    atexit.register(gc.freeze)


@contextmanager
def not_looked_for() -> Iterator[None]:
    """For a block whose objects, by the million, stay until its command has told what it found.

    They are not looked through afterwards either, as the first new object would have it.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
