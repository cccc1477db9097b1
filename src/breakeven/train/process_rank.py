"""The place of this process among those that train together, as accelerate's launcher tells it."""

import os

# Set for processes that a stage has started: it waits for them, and writes outputs and record.
STARTED_BY_STAGE = "BREAKEVEN_STAGE_WAITS"


def one_of_several() -> bool:
    """Whether this process trains together with others."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def is_first() -> bool:
    """Whether this process is the one that writes and speaks."""
    return int(os.environ.get("RANK", "0")) == 0


def started_by_stage() -> bool:
    """Whether a stage has started this process and waits for it."""
    return STARTED_BY_STAGE in os.environ
