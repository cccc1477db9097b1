"""The studies that growth is measured on are what they say."""

from pathlib import Path

import pytest
import yaml
from scripts.growth import slopes, stand_in_report, synthetic_params
from tests.conftest import ROOT

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


def test_the_made_up_report_has_all_that_dvc_asks_for(project: Path) -> None:
    stand_in_report(Params.model_validate(synthetic_params(20, items=10)))
    stage = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]["report"]
    wanted = [*stage["outs"], *stage["metrics"]]
    assert [path for path in wanted if not Path(path).exists()] == []
