"""What a cell is called in MLflow, and its colour."""

from breakeven.tracking import run_names
from breakeven.words import STYLE_COLOURS


def test_styles_have_the_colours_of_the_report() -> None:
    assert run_names._COLOURS == STYLE_COLOURS
