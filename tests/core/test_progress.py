"""What a long loop shows in a terminal."""

import sys

import pytest
from tests.terminals import told_in_terminal

LOOP = """
from breakeven.core.progress import Progress
with Progress("train", total=3, done=1) as bar:
    for step in (2, 3): bar.advance(f"loss {step}")
"""


def shown(columns: int) -> str:
    """All that a loop writes to a terminal of so many columns."""
    return told_in_terminal([sys.executable, "-c", LOOP], columns, stream="stderr")


# A container or `ssh -tt` may have a terminal that does not know how wide it is.
@pytest.mark.parametrize("columns", [100, 0])
def test_a_bar_has_steps_and_loss_whatever_the_terminal_says_of_its_width(columns: int) -> None:
    text = shown(columns)
    assert "train: resumed at 1 of 3" in text
    assert "3/3" in text
    assert "loss 3" in text
