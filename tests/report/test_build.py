"""The report stage writes a page, figures, tables and metrics, the same each time."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.report.conftest import LEFT, Built
from tests.report.synthetic import write_study

from breakeven.core.errors import InputError
from breakeven.core.files import digest_path
from breakeven.params import Arm, Params
from breakeven.report.frontier_chart import DRAWN_BY_CHART
from breakeven.report.write import build_report, write_csv
from breakeven.results.cell_results import CellResult, Results
from breakeven.study.collect import collect

FIGURES = {
    "gain-by-task",
    "frontier-inference",
    "gain",
    "equivalent-size",
    "frontier-probability",
    "depth",
    "frontier-training",
    "frontier-lifetime",
    "length",
    "token-limit",
    "modes",
    "outcomes",
    "routing",
    "spending",
    "budget",
    "frontier-seconds",
    "frontier-money",
    "frontier-lifetime-money",
    "cost-flips",
}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_every_figure_is_on_disk_and_in_the_page(built: Built, name: str) -> None:
    # Two are drawn by the chart of the frontier, which has their axes.
    assert (f'id="figure-{name}"' in built.page) != (name in DRAWN_BY_CHART)
    folder = built.folder / "report"
    assert (folder / f"figures/{name}.svg").read_text().lstrip().startswith("<?xml")
    assert (folder / f"figures/{name}.png").read_bytes().startswith(b"\x89PNG")
    assert rows(folder / f"tables/figure-{name}.csv")


def test_the_accuracy_table_holds_every_cell_with_its_interval(built: Built) -> None:
    found = rows(built.folder / "report/tables/accuracy.csv")
    assert len(found) == 2 * 4 * 4
    for row in found:
        assert 0 <= float(row["low"]) < float(row["accuracy"]) < float(row["high"]) <= 1


def test_metrics_agree_with_the_results(built: Built) -> None:
    numbers = json.loads((built.folder / "report/metrics.json").read_text())
    cell = built.results.select(student="t2m", style="reasoning", family="math-open")[0]
    assert cell is not None
    shown = numbers["accuracy"]["t2m"]["reasoning"]["math-open"]
    assert shown == pytest.approx(cell.accuracy, rel=1e-3)
    gain = numbers["gain"]["t2m"]["reasoning"]["ift"]["math-open"]
    assert gain["low"] < gain["points"] < gain["high"]
    assert "gain" not in numbers["gain"].get("base", {})


def test_routers_and_the_law_reach_page_metrics_and_record(built: Built) -> None:
    numbers = json.loads((built.folder / "report/metrics.json").read_text())
    router = numbers["router"]["t2m"]["reasoning"]["ift"]
    means = [
        built.results.select(student="t2m", style="reasoning", family=family)[0].accuracy
        for family in built.results.families()
    ]
    assert router["oracle_bound"] >= sum(means) / len(means)
    by_task = router["text_and_task"]
    assert by_task["low"] < by_task["points"] < by_task["high"]
    assert {"text_alone", "text_and_task"} <= router.keys()
    metrics = json.loads((built.folder / "records/report.json").read_text())["metrics"]
    assert metrics["router/t2m/reasoning/ift/text_and_task/points"] == by_task["points"]
    # Two sizes and one seed give no law, and the page says which of them are too few.
    assert numbers["law"] == {}
    assert "undecided: 2 sizes, and the law needs 3; 1 seed, and the law needs 2" in built.page


def test_the_record_lists_all_of_the_report_and_nothing_that_a_kill_left(built: Built) -> None:
    record = json.loads((built.folder / "records/report.json").read_text())
    files = {p for p in (built.folder / "report").rglob("*") if p.is_file()}
    left = {p for p in files if built.folder / LEFT in p.parents}
    assert left
    samples = {p for p in files if built.folder / "report/samples" in p.parents}
    assert len(samples) > 100
    told = {p.relative_to(built.folder).as_posix() for p in files - left - samples}
    # Of the pieces of answers the digest of their folder.
    assert set(record["outputs"]) == told | {"report/samples"}
    assert record["outputs"]["report/samples"] == digest_path(built.folder / "report/samples")


def test_the_same_study_gives_the_same_bytes(project: Path, tmp_path: Path) -> None:
    results = Results("s", "imported", tuple(small_cells()))
    for name in ("one", "two"):
        build_report(results, None, tmp_path / name)
    first, second = (
        {p.relative_to(tmp_path / name): p.read_bytes() for p in (tmp_path / name).rglob("*.*")}
        for name in ("one", "two")
    )
    assert first == second


def small_cells() -> list[CellResult]:
    return [
        CellResult(
            student=student,
            size_parameters=size,
            arm=arm,
            style=arm,
            reasoning_share=share,
            corpus="general",
            seed=0,
            decoding="greedy",
            family="math-open",
            accuracy=accuracy,
        )
        for student, size, accuracies in (("a", 1e9, (0.2, 0.5)), ("b", 2e9, (0.4, 0.6)))
        for arm, share, accuracy in zip(("ift", "reasoning"), (0.0, 1.0), accuracies, strict=True)
    ]


def test_joules_have_their_figure_their_table_and_their_numbers(project: Path) -> None:
    cells = [
        replace(cell, inference_flops=1e9 * (place + 1), energy_joules=3.0 * (place + 1))
        for place, cell in enumerate(small_cells())
    ]
    numbers = build_report(Results("mine", "imported", tuple(cells)), None, Path("out"))
    assert Path("out/figures/frontier-energy.svg").is_file()
    found = rows(Path("out/tables/figure-frontier-energy.csv"))
    assert sorted(float(row["energy_joules"]) for row in found) == [3.0, 6.0, 9.0, 12.0]
    assert {row["joules"] for row in rows(Path("out/tables/equal-energy.csv"))} == {"6", "12"}
    assert numbers["cost"]["b"]["reasoning"]["energy_joules"] == {"math-open": 12.0}
    page = Path("out/index.html").read_text()
    assert "Reasoning against IFT at equal measured joules" in page
    assert "joules a query, as measured" in page


def test_bare_accuracies_make_a_page_that_says_what_is_absent(project: Path) -> None:
    build_report(Results("mine", "imported", tuple(small_cells())), None, Path("out"))
    page = Path("out/index.html").read_text()
    assert "Absent: no group has inference FLOPs." in page
    assert "needs an arm with <code>control: true</code> beside" in page
    assert "no records of them" in page
    assert not list(Path("out/figures").glob("frontier*"))
    assert Path("out/figures/equivalent-size.svg").is_file()


def test_a_report_leaves_other_files_of_its_folder_alone(project: Path) -> None:
    Path("out").mkdir()
    Path("out/mine.txt").write_text("keep")
    stale = Path("out/figures/old.svg")
    stale.parent.mkdir()
    stale.write_text("old")
    build_report(Results("mine", "imported", tuple(small_cells())), None, Path("out"))
    assert Path("out/mine.txt").read_text() == "keep"
    assert not stale.exists()


def test_results_without_a_cell_are_refused(project: Path) -> None:
    with pytest.raises(InputError, match="holds no cell"):
        build_report(Results("empty", "imported", ()), None, Path("out"))


def test_a_name_that_starts_like_a_formula_is_not_one_in_the_csv(project: Path) -> None:
    write_csv(Path("x.csv"), [{"student": "=1+1", "accuracy": -0.5, "none": None}])
    assert Path("x.csv").read_text() == "student,accuracy,none\n'=1+1,-0.5,\n"


@pytest.fixture
def tiny(project: Path) -> Params:
    return write_study(items=6, students=("t30k",), draws=200)


def test_a_student_that_left_the_params_is_not_collected(tiny: Params) -> None:
    fewer = tiny.model_copy(update={"arms": {k: v for k, v in tiny.arms.items() if k != "base"}})
    results, summary = collect(fewer)
    assert {cell.arm for cell in results.cells} == {"ift", "reasoning", "mixed-50"}
    assert {key[1] for key in summary.bills} == {"ift", "reasoning", "mixed-50"}


def test_results_know_what_a_control_learnt_and_how_it_is_to_answer(tiny: Params) -> None:
    learnt = {"corpus": "general", "control": True}
    compressed = {**learnt, "reasoning_share": 1.0, "traces": "compressed"}
    asked = {**learnt, "reasoning_share": 0.5, "answer_mode": "ift"}
    arms = {
        **tiny.arms,
        "reasoning": Arm.model_validate(compressed),
        "mixed-50": Arm.model_validate(asked),
    }
    results, _ = collect(tiny.model_copy(update={"arms": arms}))
    told = {cell.arm: (cell.style, cell.traces, cell.answered_style) for cell in results.cells}
    assert told == {
        "base": ("base", None, "base"),
        "ift": ("ift", None, "ift"),
        "reasoning": ("control", "compressed", "reasoning"),
        "mixed-50": ("control", None, "ift"),
    }


def test_scores_that_are_missing_name_the_stage_to_run(tiny: Params) -> None:
    Path("scores/items.parquet").unlink()
    with pytest.raises(InputError, match="dvc repro score"):
        collect(tiny)


def test_the_teacher_of_a_mixed_arm_costs_its_share_of_both_styles(tiny: Params) -> None:
    _, summary = collect(tiny)
    new = {arm: summary.bills["t30k", arm, 0].teacher.new_tokens.value for arm in tiny.arms}
    assert new == {"base": 0.0, "ift": 13_000.0, "reasoning": 340_000.0, "mixed-50": 176_500.0}
    assert summary.teacher_cost is not None
    assert summary.teacher_cost.device_seconds.value == pytest.approx(0.4 * 2 * len(tiny.sources))
    # Seconds are metered by source and style: a part has its share of the tokens.
    seconds = {arm: summary.bills["t30k", arm, 0].teacher.device_seconds.value for arm in tiny.arms}
    assert seconds["base"] == 0.0
    assert seconds["mixed-50"] == pytest.approx((seconds["ift"] + seconds["reasoning"]) / 2)
    flops = summary.bills["t30k", "ift", 0].teacher.flops
    assert flops.value is None
    assert "solver" in (flops.reason or "")
