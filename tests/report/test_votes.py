"""Votes on the page: the figure, its tables, the numbers, and a study without samples."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from breakeven.decide.family_options import family_options
from breakeven.findings.scored_results import scored_results
from breakeven.report.figures.votes import votes_figure
from breakeven.report.metrics import metrics
from breakeven.report.view import view_of
from breakeven.report.vote_tables import vote_by_task_table, vote_comparison_table, vote_table
from breakeven.report.write import build_report
from breakeven.results.cell_results import Results
from breakeven.results.from_items import ArmFacts, StudyFacts, results_from_items
from breakeven.study.summary import summary_without_records

ARMS = {"ift": ArmFacts("ift", "c", 0.0), "reasoning": ArmFacts("reasoning", "c", 1.0)}
SIZES: dict[str, float | None] = {"small": 1e6, "large": 4e6}
ITEMS, SAMPLES = 60, 8


def rows(
    student: str,
    arm: str,
    decoding: str,
    task: str,
    chances: np.ndarray,
    *,
    seed: int,
    **more: object,
) -> pd.DataFrame:
    samples = 1 if decoding == "greedy" else SAMPLES
    rng = np.random.default_rng([seed, len(student), len(arm), samples, len(task)])
    correct = rng.random((ITEMS, samples)) < chances[:, None]
    return pd.DataFrame(
        {
            "student": student,
            "arm": arm,
            "seed": seed,
            "decoding": decoding,
            "task": task,
            "family": "math-open",
            "item": np.repeat([f"i{n}" for n in range(ITEMS)], samples),
            "sample": np.tile(np.arange(samples), ITEMS),
            "correct": correct.ravel(),
            "parsed": True,
            "vote": np.where(correct, 0, rng.integers(1, 5, correct.shape)).ravel(),
            "inference_flops": (SIZES[student] or 0) * (30 if arm == "ift" else 130),
            "prompt_flops": (SIZES[student] or 0) * 20,
            "answer_tokens": 5 if arm == "ift" else 55,
            **more,
        }
    )


def study(decodings: tuple[str, ...] = ("greedy", "eight"), **by_task: object) -> Results:
    hard = np.linspace(0.1, 0.9, ITEMS)
    frames = [
        rows(student, arm, decoding, task, hard if arm == "ift" else hard**0.7, seed=seed, **more)
        for student in SIZES
        for arm in ARMS
        for seed in (0, 1)
        for decoding in decodings
        for task, more in {"sums": {}, **by_task}.items()
    ]
    return results_from_items(
        pd.concat(frames, ignore_index=True), StudyFacts("votes", SIZES, ARMS)
    )


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"tables/{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    build_report(study(), None, folder)
    return folder


def test_the_figure_shows_votes_and_pass_at_k_with_what_they_cost(report: Path) -> None:
    drawn = table(report, "figure-votes")

    assert (report / "figures/votes.svg").is_file()
    assert {(one["shown"], one["samples"]) for one in drawn} == {
        (shown, samples) for shown in ("maj@k", "pass@k") for samples in ("1", "2", "4", "8")
    }
    plain = [o for o in drawn if (o["student"], o["arm"], o["shown"]) == ("large", "ift", "maj@k")]
    assert [float(one["inference_flops"]) for one in plain] == [1.2e8, 2.4e8, 4.8e8, 9.6e8]
    assert all(float(o["low"]) < float(o["accuracy"]) < float(o["high"]) for o in drawn)


def test_the_tables_hold_every_number_of_samples(report: Path) -> None:
    votes = table(report, "votes")

    assert len(votes) == 2 * 2 * 4
    for one in votes:
        assert float(one["maj"]) <= float(one["pass"]) + 1e-9
    assert len(table(report, "votes-by-task")) == 2 * 2


def test_one_sample_of_the_vote_is_the_accuracy_of_its_decoding(report: Path) -> None:
    results = study()
    (cell, other) = results.select(student="large", style="ift", decoding="eight")
    one = next(
        o
        for o in table(report, "votes")
        if (o["student"], o["arm"], o["samples"]) == ("large", "ift", "1")
    )

    assert float(one["maj"]) == pytest.approx((cell.accuracy + other.accuracy) / 2, rel=1e-5)
    assert one["maj"] == one["pass"]


def test_votes_meet_one_reasoning_answer_at_its_flops(report: Path) -> None:
    found = table(report, "votes-at-equal-flops")

    assert [(one["student"], one["prompt_read"]) for one in found] == [
        (student, reading) for student in ("small", "large") for reading in ("each time", "once")
    ]
    for one in found[::2]:
        assert float(one["votes"]) == pytest.approx(130 / 30, rel=1e-5)
        difference = float(one["accuracy"]) - float(one["reasoning"])
        assert float(one["difference"]) == pytest.approx(difference, abs=1e-5)
        assert float(one["low"]) < difference < float(one["high"])
    # 20 for the prompt and 10 a vote: 100 of 130.
    assert [float(one["votes"]) for one in found[1::2]] == [11, 11]
    assert found[1]["reason"] == "8 samples reach 77% of the FLOPs"
    numbers = json.loads((report / "metrics.json").read_text())
    for counts in numbers["votes_at_equal_inference_flops"].values():
        assert sum(counts.values()) == 2
    assert set(numbers["votes"]["eight"]["large"]["ift"]["math-open"]) == {
        f"{name}_at_{k}" for name in ("maj", "pass", "inference_flops") for k in (1, 2, 4, 8)
    }
    rows = [one for one in found if one["student"] == "large"]
    compared = numbers["votes_minus_reasoning"]["eight"]["large"]["reasoning"]["ift"]["math-open"]
    for row, reading in zip(rows, ("prompt_read_each_time", "prompt_read_once"), strict=True):
        assert compared[reading]["votes"] == pytest.approx(float(row["votes"]), rel=1e-3)
        for name, column in (("points", "difference"), ("low", "low"), ("high", "high")):
            told = compared[reading].get(name)
            assert (told is None) == (row[column] == "")
            assert told is None or told == pytest.approx(100 * float(row[column]), rel=1e-3)


def test_votes_lead_to_the_samples_that_vote_and_reasoning_to_its_one_answer() -> None:
    view = view_of(study(), replace(summary_without_records(), decoding="greedy"))
    for one in (vote_table(view), vote_by_task_table(view), vote_comparison_table(view)):
        assert one.about[""] == {"decoding": ("eight",)}
    assert vote_comparison_table(view).about["reasoning"] == {"decoding": ("greedy",)}
    several = vote_by_task_table(
        view_of(study(("greedy", "eight", "again")), summary_without_records())
    )
    assert several.about == {}
    assert {line[several.headers.index("decoding")] for line in several.body} == {"eight", "again"}


def test_a_task_without_votes_is_named_with_its_reason() -> None:
    view = view_of(study(ifeval={"vote": None}), summary_without_records())

    wanted = "ifeval: its grader names no answer that could be voted on"
    assert wanted in vote_table(view).note
    assert wanted in votes_figure(view).how_to_read
    by_task = {str(one["task"]): one for one in vote_by_task_table(view).rows}
    assert by_task["ifeval"]["maj"] is None
    assert by_task["ifeval"]["pass"] is not None
    assert by_task["sums"]["maj"] is not None


def test_a_study_of_one_sample_says_so_and_counts_nothing() -> None:
    view = view_of(study(("greedy",)), summary_without_records())

    for shown in (vote_table(view), vote_by_task_table(view), votes_figure(view)):
        assert shown.reason == "no decoding has several samples an item"
    assert vote_comparison_table(view).reason is not None
    assert not {"votes", "votes_at_equal_inference_flops"} & set(metrics(view))


def test_a_vote_is_an_option_to_decide_for() -> None:
    found = family_options(scored_results(study()), "math-open", draws=200)

    named = {one.name: one for one in found.options}
    assert "large ift (eight maj@8)" in named
    assert not any("pass@" in name or "maj@1)" in name for name in named)
    vote, one = named["large ift (eight maj@8)"], named["large ift (eight)"]
    assert vote.bill.per_answer.flops.value == pytest.approx(
        8 * (one.bill.per_answer.flops.value or 0)
    )
    assert found.draws is not None
    assert found.draws.shape == (200, len(found.options))


def test_a_vote_on_a_part_of_the_family_is_no_option() -> None:
    part = study(ifeval={"vote": None})

    names = [
        one.name for one in family_options(scored_results(part), "math-open", draws=200).options
    ]

    assert not any("maj@" in name for name in names)
