"""The rank of this process among those that train together, as accelerate's launcher sets it.

Read from the environment, so that one process need not import torch to know that it is alone.
"""

import os

# Set for processes that a stage has started: it waits for them, and writes outputs and record.
STARTED_BY_STAGE = "BREAKEVEN_STAGE_WAITS"


def is_distributed() -> bool:
    """Whether this process trains together with others."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def is_main_process() -> bool:
    """Whether this process is the one that writes files and messages."""
    return int(os.environ.get("RANK", "0")) == 0


def started_by_stage() -> bool:
    """Whether a stage has started this process and waits for it."""
    return STARTED_BY_STAGE in os.environ
