"""The studies that growth is measured on are what they say."""

import pytest
from scripts.growth import slopes, synthetic_params

from breakeven.params import Params
from breakeven.params.cells import cells


@pytest.mark.parametrize("count", [20, 40, 100, 200, 400])
def test_a_synthetic_study_is_valid_and_has_so_many_trained_cells(count: int) -> None:
    params = Params.model_validate(synthetic_params(count, items=10))
    assert len([*cells(params)]) == count
    assert {arm.trained for arm in params.arms.values()} == {True}
    assert {"ift", "reasoning"} <= params.arms.keys()


def test_a_number_of_cells_that_cannot_be_laid_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"--cells: 30 is no multiple of 20"):
        synthetic_params(30, items=10)


def test_a_slope_is_the_exponent() -> None:
    squares = [(count, 3e-4 * count**2) for count in (40, 100, 400)]
    assert slopes(squares) == {"all": 2.0, "40 to 100": 2.0, "100 to 400": 2.0}
    assert slopes(squares[:1]) == {}
