"""The plan of a study: its FLOPs, its devices, its calibration, its price."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from tests.conftest import ROOT
from tests.planning.tiny_plan import cells_of, tiny

from breakeven.core.errors import InputError
from breakeven.costs.exact import answer_flops, train_flops
from breakeven.costs.model_shapes import load_architecture
from breakeven.costs.paper import answer_flops as paper_answer_flops
from breakeven.costs.training_time import TRAINING_SHARE, step_seconds
from breakeven.params import Params
from breakeven.planning.calibration import small_study
from breakeven.planning.earlier_run import EarlierRun
from breakeven.planning.expected_study import ExpectedStudy
from breakeven.planning.expected_work import PlannedCell, planned_cells, published_new_tokens
from breakeven.planning.lengths import (
    SampledLengths,
    Work,
    fitting_lengths,
    lengths_from_means,
    training_work,
)
from breakeven.planning.plan_command import ServingOptions
from breakeven.planning.planned_devices import PlannedDevice, planned_device
from breakeven.planning.rates import AssumedUtilisation
from breakeven.planning.study_bill import bill_lines, total
from breakeven.results.published_lengths import PROMPT_TOKENS


def test_one_pass_over_pairs_of_known_lengths_costs_the_exact_formula() -> None:
    shape = load_architecture("Qwen2.5-0.5B")
    lengths = SampledLengths(np.array([10.0]), np.array([5.0]), np.array([50.0]), weight=7)
    work = training_work(shape, lengths, "reasoning", "full", None)
    # The end token is learnt but not read.
    assert work.flops == 7 * train_flops(shape, [59], "full", None, [50])
    assert work.read_tokens == 7 * 60


def test_a_pair_too_long_in_one_style_is_left_out_of_both() -> None:
    lengths = SampledLengths(np.array([4.0, 4.0]), np.array([2.0, 2.0]), np.array([3.0, 30.0]), 5.0)
    assert fitting_lengths(lengths, 10).rows == 5
    assert fitting_lengths(lengths, 10).ift.tolist() == [2.0]


def test_a_mean_stands_for_every_row_whatever_the_longest_may_be() -> None:
    from breakeven.planning.expected_texts import MeanBytes

    lengths = lengths_from_means(MeanBytes(prompt=40, ift=400, reasoning=4000), rows=100)
    assert fitting_lengths(lengths, 10).rows == 100
    assert lengths.reasoning.tolist() == [1001.0]


def test_a_budget_of_tokens_is_what_is_read(project: Path) -> None:
    def change(tree: dict[str, Any]) -> None:
        tree["arms"]["ift"]["budget"] = {"tokens": 12345}

    cells = cells_of(tiny(change), "train")
    (ift,) = (one for cell, one in cells.items() if cell[1] == "ift")
    assert ift.work.read_tokens == pytest.approx(12345)


@pytest.mark.parametrize(
    ("unit", "used"),
    [("tokens", lambda work: work.read_tokens), ("train_flops", lambda work: work.flops)],
)
def test_a_matched_arm_is_expected_to_use_what_the_other_does(
    project: Path, unit: str, used: Callable[[Work], float]
) -> None:
    def change(tree: dict[str, Any]) -> None:
        tree["arms"]["ift"]["budget"] = {"match": "reasoning", "unit": unit}

    cells = {cell[1]: one.work for cell, one in cells_of(tiny(change), "train").items()}
    assert used(cells["ift"]) == pytest.approx(used(cells["reasoning"]))


def test_a_budget_of_supervised_tokens_takes_more_passes_of_plain_answers(project: Path) -> None:
    def change(tree: dict[str, Any]) -> None:
        for arm in ("ift", "reasoning"):
            tree["arms"][arm]["budget"] = {"supervised_tokens": 1000}

    cells = {cell[1]: one.work for cell, one in cells_of(tiny(change), "train").items()}
    # As much is learnt, and the prompt before it is read more often where little follows it.
    assert cells["ift"].read_tokens > 2 * cells["reasoning"].read_tokens


def test_what_is_kept_for_tuning_is_not_trained(project: Path) -> None:
    def keep(tree: dict[str, Any]) -> None:
        tree["sources"]["chain"]["prompts"] = 400
        tree["corpora"]["general"] = {"sources": ["chain"], "tuning": True}

    def all_of_it(tree: dict[str, Any]) -> None:
        keep(tree)
        tree["corpora"]["general"]["tuning"] = False

    kept, whole = (
        sum(one.work.flops or 0.0 for one in cells_of(tiny(change), "train").values())
        for change in (keep, all_of_it)
    )
    assert kept / whole == pytest.approx(7 / 8, abs=0.01)


def test_every_cell_of_the_matrix_is_planned_once(project: Path) -> None:
    params = tiny()
    cells = [(one.stage, one.cell) for one in planned_cells(ExpectedStudy(params))]
    trained = [arm for arm in params.arms.values() if arm.trained]
    students, tasks = len(params.students), len(params.tasks)
    assert len(set(cells)) == len(cells)
    assert sum(stage == "train" for stage, _ in cells) == students * len(trained)
    assert sum(stage == "answer" for stage, _ in cells) == students * len(params.arms) * tasks


def test_published_flops_a_query_give_the_new_tokens_that_cost_them() -> None:
    shape = load_architecture("Qwen2.5-7B")
    new = published_new_tokens(shape, "math-open", "reasoning")
    size_b = shape.total_parameters / 1e9
    # The row of the published table: 2.67e13 FLOPs at one billion parameters, exponent 0.77.
    assert paper_answer_flops(shape, PROMPT_TOKENS, new) == pytest.approx(2.67e13 * size_b**0.77)
    assert published_new_tokens(shape, "math-open", "ift") < new


def test_a_model_that_teaches_is_billed_by_its_active_parameters(project: Path) -> None:
    style = {"trace": "none", "max_new_tokens": 100}

    def change(tree: dict[str, Any]) -> None:
        tree["teacher"] = {
            "kind": "openai",
            "model": "any",
            "base_urls": ["http://127.0.0.1:9/v1"],
            "architecture": "Qwen3-235B-A22B",
            "styles": {"ift": style, "reasoning": {**style, "max_new_tokens": 300}},
        }

    cells = cells_of(tiny(change), "distill")
    assert all(one.work.flops > 0 for one in cells.values())
    shape = load_architecture("Qwen3-235B-A22B")
    one = next(iter(cells.values()))
    new = one.work.new_tokens
    assert one.work.flops > 2 * shape.active_parameters * new
    assert one.work.flops < 10 * shape.active_parameters * (new + one.work.read_tokens)


def test_device_hours_and_money_follow_the_rate(project: Path) -> None:
    device = planned_device("H100")
    cell = PlannedCell("train", ("t30k", "ift", 0), "ift", Work(1, 0, 3600 * 0.4 * 989.4e12), "x")
    (line,) = bill_lines(EarlierRun(tiny()), [cell], device, AssumedUtilisation(0.4, 0.1), {})
    assert total([line], 2.5).device_hours == pytest.approx(1.0)
    assert total([line], 2.5).money_to_pay == pytest.approx(2.5)
    (measured,) = bill_lines(
        EarlierRun(tiny()),
        [cell],
        device,
        AssumedUtilisation(0.4, 0.1),
        {("t30k", "train", "ift"): 1e12},
    )
    assert measured.rate.calibrated
    assert measured.device_seconds == pytest.approx(3600 * 0.4 * 989.4)


def test_a_small_training_takes_the_time_of_its_steps(project: Path) -> None:
    params, device = tiny(), planned_device("H100")
    assert device.hardware is not None
    assumed = AssumedUtilisation(TRAINING_SHARE, 0.1)

    def seconds(cell: PlannedCell, on: PlannedDevice) -> float:
        return bill_lines(EarlierRun(params), [cell], on, assumed, {})[0].device_seconds

    for cell in cells_of(params, "train").values():
        assert cell.steps is not None
        batch = params.training.batch_tokens
        assert cell.steps.steps == pytest.approx(cell.work.read_tokens / batch)
        bound = seconds(cell, device)
        assert bound == pytest.approx(cell.steps.steps * step_seconds(cell.steps, device.hardware))
        alone = seconds(cell._replace(steps=None), device)
        assert bound > 10 * alone
        # Of a device without a bandwidth, such as this one, FLOPs are all there is.
        assert seconds(cell, device._replace(hardware=None)) == pytest.approx(alone)


def test_a_price_of_zero_is_no_price() -> None:
    assert total([], 0.0).money_to_pay is None
    assert total([], 2.5).money_to_pay == 0.0


@pytest.mark.parametrize("wait", [float("inf"), float("nan"), 0.0, -1.0])
def test_a_wait_that_nobody_can_ask_for_is_refused(wait: float) -> None:
    with pytest.raises(InputError, match="--latency-seconds: value is"):
        ServingOptions(latency_seconds=wait).on(tiny(), "H100")


def test_an_unknown_device_names_those_there_are() -> None:
    with pytest.raises(InputError, match=r"--device: value is 'H10'; did you mean 'H100'"):
        planned_device("H10")


def test_the_small_study_keeps_students_and_settings_and_one_arm_a_style() -> None:
    params = Params.model_validate(yaml.safe_load((ROOT / "tests/study.yaml").read_text()))
    small = small_study(params)
    assert small.students == params.students
    assert list(small.arms) == ["base", "ift", "reasoning", "mixed-50"]
    assert {task.family for task in small.tasks.values()} == {  # type: ignore[union-attr]
        task.family
        for task in params.tasks.values()  # type: ignore[union-attr]
    }
    assert 400 <= sum(source.prompts for source in small.sources.values()) <= 500  # type: ignore


def test_the_small_study_has_a_control_only_where_nothing_else_has_its_style() -> None:
    def control_first(tree: dict[str, Any]) -> None:
        perturbed = {"perturbed": {**tree["arms"]["reasoning"], "control": True}}
        tree["arms"] = perturbed | tree["arms"]

    def control_alone(tree: dict[str, Any]) -> None:
        tree["arms"]["reasoning"]["control"] = True

    assert "perturbed" not in small_study(tiny(control_first)).arms
    assert "reasoning" in small_study(tiny(control_first)).arms
    assert "reasoning" in small_study(tiny(control_alone)).arms


def test_an_answer_is_expected_to_end_at_the_limit(project: Path) -> None:
    def change(tree: dict[str, Any]) -> None:
        tree["answering"]["max_new_tokens"] = 3

    params = tiny(change)
    for cell, one in cells_of(params, "answer").items():
        items = params.tasks[str(cell[4])].items  # type: ignore[union-attr]
        assert one.work.new_tokens <= 3 * items
        shape = load_architecture(str(ROOT / "assets/tabletop" / str(cell[0])))
        assert one.work.flops <= items * answer_flops(shape, 400, 3)
