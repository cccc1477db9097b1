"""Whether an error says that memory has run out, whoever says it and on whichever device."""

import errno
import sys

# What PyTorch has no type for: its allocator on a CPU, cuBLAS's workspace, what C++ was refused.
_WORDS = (
    "can't allocate memory",
    "out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "std::bad_alloc",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that a device, or this machine, gave no more memory.

    What is caught holds the frames it came through, and they what was computed: try again only
    after the `except` clause has ended.
    """
    torch = sys.modules.get("torch")  # who has not imported it raises none of its errors
    if isinstance(error, MemoryError) or (torch and isinstance(error, torch.OutOfMemoryError)):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _WORDS)
