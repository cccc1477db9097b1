"""The law of the gain on results: undecided and why, or what it says."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from tests.findings.law_studies import TRUTH, law_study

from breakeven.core.errors import InputError
from breakeven.decide.by_law import LawRequest, law_answer, law_request
from breakeven.decide.decision_text import law_lines
from breakeven.findings.gain_law import gain_law
from breakeven.findings.law import Law, LawPoint
from breakeven.findings.scored_results import scored_results
from breakeven.results.cell_results import Results
from breakeven.results.replay import replay_results


def law_of(results: Results) -> Law:
    found = gain_law(scored_results(results), draws=100)
    assert found.reasons == ()
    assert found.law is not None
    return found.law


@pytest.fixture(scope="module")
def law() -> Law:
    return law_of(law_study(seeds=3, items=400, flat_task=True))


def test_the_law_of_a_study_is_found_again_at_every_point(law: Law) -> None:
    truth = dict(zip(("constant", "size", "depth", "tokens"), TRUTH, strict=True))
    for point in (LawPoint(1e9, 3, 10), LawPoint(3e8, 2, 6), LawPoint(8e9, 4, 12)):
        gain = law.at(point, 0.4)
        expected = (
            truth["constant"]
            + truth["size"] * np.log10(point.size / 1e9)
            + truth["depth"] * (point.depth - 3)
            + truth["tokens"] * (np.log10(point.token_ratio) - 1)
        )
        assert gain.log_odds[1] <= expected <= gain.log_odds[2]
        assert gain.value == pytest.approx(expit(np.log(0.4 / 0.6) + gain.log_odds[0]) - 0.4)
    assert law.tasks == ("chain", "sums")
    assert law.miss < 0.05


def test_the_printed_equation_is_the_fitted_one(law: Law) -> None:
    assert law.centre.size == 1e9
    assert "parameters / 1B)" in law.equation
    middle = law.at(law.centre, 0.5)
    assert middle.log_odds[0] == pytest.approx(law.terms[0].value)
    assert f"{law.terms[0].value:.2f}" in law.equation


def test_gains_in_points_shrink_where_ift_leaves_little(law: Law) -> None:
    assert law.at(law.centre, 0.95).value < law.at(law.centre, 0.5).value / 3


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ({"sizes": ("small", "large")}, "2 sizes"),
        ({"depths": (2, 3)}, "2 serial depths"),
        ({"seeds": 1}, "1 seed,"),
        ({"tokens_go_by_depth": True}, "cannot be told apart"),
        ({"items": 3}, "contents"),
    ],
)
def test_what_the_results_cannot_tell_is_undecided(shape: dict, reason: str) -> None:
    found = gain_law(scored_results(law_study(**shape)), draws=20)
    assert found.law is None
    assert any(reason in one for one in found.reasons), found.reasons


def test_every_reason_is_told() -> None:
    found = gain_law(scored_results(law_study(sizes=("small",), depths=(2,), seeds=1)), draws=20)
    assert len(found.reasons) == 3


def test_results_without_depths_or_items_or_both_styles_say_so() -> None:
    results = law_study()
    assert results.items is not None
    no_depth = replace(results, items=results.items.drop(columns="depth"))
    assert "serial depth" in gain_law(scored_results(no_depth)).reasons[0]
    bare = replace(results, items=None)
    assert "item-level" in gain_law(scored_results(bare)).reasons[0]
    one_style = replace(results, cells=results.select(style="ift"))
    assert "both an IFT and a reasoning arm" in gain_law(scored_results(one_style)).reasons[0]


def test_the_published_tables_leave_the_law_undecided() -> None:
    found = gain_law(scored_results(replay_results()))
    assert found.law is None
    assert any("item-level" in one for one in found.reasons)
    assert any("1 seed" in one for one in found.reasons)


def test_decide_answers_between_the_measured_sizes() -> None:
    scored = scored_results(law_study(seeds=3, items=400))
    found = law_answer(scored, "math-open", LawRequest(3e9), draws=50)
    assert found["standing"] == "reasoning ahead"
    assert not found["rests_on_extrapolation"]
    assert 0 < found["gain"]["low"] < found["gain"]["value"] < found["gain"]["high"]
    # IFT's own plane: -0.8 + 0.5·log10(3).
    assert found["ift_accuracy"] == pytest.approx(expit(-0.8 + 0.5 * np.log10(3)), abs=0.03)
    lines = law_lines(found)
    assert "within its range" in lines[2]


def test_a_law_that_its_own_cells_do_not_follow_gives_no_direction() -> None:
    found = gain_law(scored_results(law_study(seeds=3, items=200, cell_sd=2.5)), draws=50)
    law = found.law
    assert law is not None
    # The departures are known: every cell's own, with this deviation.
    assert 1.2 < law.fitted.of_cells.value**0.5 + law.fitted.of_sizes.value**0.5 < 5
    assert law.own_cells.held >= 0.9 * law.own_cells.cells
    assert law.failings
    assert all(law.at(law.centre, level).direction == "undecided" for level in (0.1, 0.5, 0.9))
    scored = scored_results(law_study(seeds=3, items=200, cell_sd=2.5))
    answer = law_answer(scored, "math-open", LawRequest(3e9), draws=50)
    assert (answer["standing"], answer["described"]) == ("undecided", False)
    assert json.loads(json.dumps(answer))["own_cells"] == law.own_cells._asdict()
    assert any("does not describe this study" in line for line in law_lines(answer))


def test_a_direction_holds_what_cells_depart_by(law: Law) -> None:
    assert law.failings == ()
    scattered = law_of(law_study(seeds=3, items=400, cell_sd=0.7))
    exact, wide = law.at(law.centre, 0.5), scattered.at(scattered.centre, 0.5)
    assert wide.high - wide.low > 2 * (exact.high - exact.low)


def test_beyond_the_measured_sizes_the_answer_is_labelled_and_far_out_undecided() -> None:
    scored = scored_results(law_study(seeds=3, items=400))
    near = law_answer(scored, "math-open", LawRequest(1.5e10, ift_accuracy=0.5), draws=50)
    assert near["standing"] == "reasoning ahead"
    assert near["rests_on_extrapolation"]
    far = law_answer(scored, "math-open", LawRequest(1e11, depth=3, token_ratio=10), draws=50)
    assert far["standing"] == "undecided"
    assert far["outside"] == ["parameters 100B, 10 times the largest fitted"]
    assert "extrapolated" in law_lines(far)[2]


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_where_ift_is_fitted_to_be_all_right_or_never_there_is_no_gain(law: Law, level) -> None:
    found = law.at(law.centre, level)
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_a_depth_past_any_use_is_undecided_and_no_error() -> None:
    scored = scored_results(law_study(seeds=3, items=400))
    far = law_answer(scored, "math-open", LawRequest(1e30, 1e30), draws=50)
    assert far["standing"] == "undecided"
    assert far["ift_accuracy"] == 0.0
    json.dumps(far, allow_nan=False)


def test_decide_says_why_the_law_is_undecided() -> None:
    found = law_answer(scored_results(law_study(seeds=1)), "math-open", LawRequest(3e9))
    assert found["standing"] == "undecided"
    assert "1 seed" in law_lines(found)[0]


def test_a_family_without_depths_needs_the_numbers_given() -> None:
    scored = scored_results(law_study(seeds=3, flat_task=True))
    with pytest.raises(InputError, match="--depth: is missing"):
        law_answer(scored, "general-open", LawRequest(3e9), draws=20)
    with pytest.raises(InputError, match="--ift-accuracy: is missing"):
        law_answer(scored, "general-open", LawRequest(3e9, 3, 8), draws=20)
    given = LawRequest(3e9, 3, 8, 0.3)
    assert law_answer(scored, "general-open", given, draws=20)["ift_accuracy"] == 0.3


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((None, 3, None, None), "--depth: is for the law of the gain; give --size"),
        ((0, None, None, None), "--size: value is 0; use a number above 0"),
        ((1e9, float("nan"), None, None), "--depth: value is nan"),
        ((1e300, None, None, None), r"--size: value is 1e\+300"),
        ((1e9, None, -2, None), "--token-ratio: value is -2"),
        ((1e9, None, None, 1), "--ift-accuracy: value is 1; use a fraction"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(numbers: tuple, words: str) -> None:
    with pytest.raises(InputError, match=words):
        law_request(*numbers)


def test_nothing_asked_is_no_request() -> None:
    assert law_request(None, None, None, None) is None
