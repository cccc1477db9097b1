"""What `dvc metrics show` prints is short, and the same numbers as everywhere else."""

import csv
import json

import pytest
from tests.report.conftest import Built
from tests.report.scored import scored

from breakeven.report import deciding_numbers as module
from breakeven.report.deciding_numbers import deciding_numbers
from breakeven.report.view import view_of
from breakeven.study.summary import summary_without_records

RIGHT = {"ift": 60, "ift-worked": 130, "reasoning": 160}
SIZES = ("large", "small")


def files_of(*arms: str) -> list[str]:
    results = scored({(size, arm, "math-open/a"): RIGHT[arm] for size in SIZES for arm in arms})
    return sorted(deciding_numbers(view_of(results, summary_without_records())))


def test_a_line_is_the_row_of_the_table_of_differences(built: Built) -> None:
    folder = built.folder / "report"
    numbers = json.loads((folder / "metrics.json").read_text())
    with (folder / "tables/differences.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["style"] == "reasoning"]
    assert len(rows) == 8
    for row in rows:
        student, arm, plain, family = (row[k] for k in ("student", "arm", "ift_arm", "family"))
        path = folder / f"summary/{arm}.over.{plain}/{family}/{student}.json"
        line = json.loads(path.read_text())
        gain = numbers["gain"][student][arm][plain][family]
        assert [line[f"gain_points{end}"] for end in ("", "_low", "_high")] == [
            gain[end] for end in ("points", "low", "high")
        ]
        assert line["accuracy_ift"] == numbers["accuracy"][student][plain][family]
        assert line["accuracy_reasoning"] == numbers["accuracy"][student][arm][family]
        flops = [numbers["cost"][student][a]["inference_flops"][family] for a in (arm, plain)]
        assert line["inference_flops_ratio"] == pytest.approx(flops[0] / flops[1], rel=2e-3)
        decided = bool(row["holm_p_value"]) and float(row["holm_p_value"]) <= 0.05
        ahead = float(row["difference"]) > 0
        assert line["at_equal_size"] == (("behind", "ahead")[ahead] if decided else "undecided")
        assert line["at_equal_flops"] in {"ahead", "behind", "undecided"}


def test_the_first_line_counts_the_comparisons_of_the_whole_study(built: Built) -> None:
    line = json.loads((built.folder / "report/summary/study.json").read_text())
    counts = built.view.findings.direction_counts("inference_flops")
    assert line["at_equal_flops"] == (
        f"{counts.ahead} ahead, {counts.behind} behind, {counts.undecided} undecided"
    )


def test_pairs_of_arms_are_whole_and_as_many_as_a_person_reads(monkeypatch) -> None:
    first = [f"reasoning.over.ift/math-open/{size}.json" for size in SIZES]
    second = [f"reasoning.over.ift-worked/math-open/{size}.json" for size in SIZES]
    for most, expected in ((6, first + second), (5, first), (2, first)):
        monkeypatch.setattr(module, "MOST_LINES", most)
        assert files_of(*RIGHT) == sorted([*expected, "study.json"])


def test_a_study_without_a_pair_has_its_line_all_the_same() -> None:
    assert files_of("ift") == ["study.json"]
