"""Greedy against sampled decoding: gains paired, loops counted, absent where there is no pair."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.report.scored import ARMS, SIZES, scored

from breakeven.findings.contrasts import group_difference
from breakeven.findings.sampling import SamplerChange, SamplerPair, sampler_changes
from breakeven.findings.scored_results import scored_results
from breakeven.params import Decoding
from breakeven.params.decodings import Sampler
from breakeven.report.figures.sensitivity import sensitivity_figure
from breakeven.report.metrics import metrics
from breakeven.report.sensitivity_tables import sensitivity_table
from breakeven.report.view import StudyView, view_of
from breakeven.results.cell_results import Results
from breakeven.results.from_items import StudyFacts, results_from_items
from breakeven.study.sampler_pair import sampler_pair
from breakeven.study.summary import summary_without_records

TASK = "math-open/sums"
PAIR = SamplerPair("greedy", "sampled")


def decoded(
    right: Mapping[str, Mapping[str, int]], loops: Mapping[str, Mapping[str, int]]
) -> Results:
    """So many right of 200, by decoding and arm; so many loop, of those that are not right."""
    frames = []
    for decoding, by_arm in right.items():
        keys = {("small", arm, TASK): count for arm, count in by_arm.items()}
        items = scored(keys).items
        assert items is not None
        order = items.groupby("arm", sort=False).cumcount().to_numpy()
        # Those that loop come last, as those that are right come first.
        looping = order >= 200 - items["arm"].map(loops[decoding]).to_numpy()
        outcome = np.where(items["correct"], "right", np.where(looping, "looping", "wrong"))
        frames.append(items.assign(decoding=decoding, outcome=outcome))
    return results_from_items(
        pd.concat(frames, ignore_index=True), StudyFacts("decoded", SIZES, ARMS)
    )


RIGHT = {"greedy": {"ift": 60, "reasoning": 90}, "sampled": {"ift": 62, "reasoning": 130}}
LOOPS = {"greedy": {"ift": 2, "reasoning": 80}, "sampled": {"ift": 0, "reasoning": 10}}


def only_change(results: Results) -> SamplerChange:
    (one,) = sampler_changes(scored_results(results), PAIR)
    return one


def view(results: Results) -> StudyView:
    return view_of(results, replace(summary_without_records(), samplers=PAIR))


def test_the_change_of_the_gain_is_paired_and_that_of_the_two_gains() -> None:
    results = decoded(RIGHT, LOOPS)
    one = only_change(results)
    assert one.greedy.gain.value == pytest.approx(0.15)
    assert one.sampled.gain.value == pytest.approx(0.34)
    assert one.change.value == pytest.approx(0.19)
    scored_ = scored_results(results)
    for side in (one.greedy, one.sampled):
        pair = side.pair
        assert side.gain == group_difference(scored_, pair.reasoning, pair.ift)
    # By hand: the mean and the spread of each question's own change.
    assert results.items is not None
    wide = results.items.pivot(index="item", columns=["decoding", "arm"], values="correct")
    wide = wide.astype(float)
    own = (
        wide["sampled", "reasoning"]
        - wide["sampled", "ift"]
        - wide["greedy", "reasoning"]
        + wide["greedy", "ift"]
    )
    assert one.change.standard_error == pytest.approx(own.std(ddof=1) / np.sqrt(200), rel=1e-6)


def test_loops_are_counted_by_style_and_decoding_with_their_interval() -> None:
    one = only_change(decoded(RIGHT, LOOPS))
    shares = {
        (side.pair.ift.cells[0].decoding, style): found
        for side in (one.greedy, one.sampled)
        for style, found in (("ift", side.ift_looping), ("reasoning", side.reasoning_looping))
    }
    assert {key: found.value for key, found in shares.items() if found} == {
        ("greedy", "ift"): 0.01,
        ("greedy", "reasoning"): 0.4,
        ("sampled", "ift"): 0.0,
        ("sampled", "reasoning"): 0.05,
    }
    for found in shares.values():
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        assert -1e-9 <= found.low <= (found.value or 0) + 1e-9 < found.high


def test_without_outcomes_gains_are_shown_and_no_share_is_made_up() -> None:
    results = decoded(RIGHT, LOOPS)
    assert results.items is not None
    bare = replace(results, items=results.items.drop(columns="outcome"))
    one = only_change(bare)
    assert one.change.value == pytest.approx(0.19)
    assert one.greedy.reasoning_looping is None
    figure = sensitivity_figure(view(bare))
    assert [panel.title for panel in figure.panels] == ["math-open: gain"]


def test_page_table_and_metrics_show_the_same_numbers() -> None:
    shown = view(decoded(RIGHT, LOOPS))
    (line,) = sensitivity_table(shown).body
    assert line[:3] == ("math-open", "small", "reasoning − ift")
    assert line[3].startswith("+15.0 (")
    assert line[4].startswith("+34.0 (")
    assert line[5].startswith("+19.0 (")
    assert line[8].startswith("40.0% (")
    tree = metrics(shown)["sampled_minus_greedy_gain"]["small"]["reasoning"]["ift"]["math-open"]
    assert tree["points"] == 19.0
    assert tree["low"] > 0
    figure = sensitivity_figure(shown)
    assert [panel.title for panel in figure.panels] == ["math-open: gain", "math-open: looping"]
    assert "changes by +19.0 points, over 1 pair of arms; nothing is decided" in figure.takeaway
    assert "loop more often under greedy decoding in 1 of 1" in figure.takeaway
    (row,) = figure.rows
    assert row["greedy_reasoning_looping"] == 0.4


def test_one_decoding_has_nothing_to_be_compared_with() -> None:
    results = scored({("small", arm, TASK): 100 for arm in ("ift", "reasoning")})
    shown = view(results)
    assert shown.sampler_changes == ()
    assert sensitivity_table(shown).reason is not None
    assert sensitivity_figure(shown).reason is not None
    assert metrics(shown)["sampled_minus_greedy_gain"] == {}


def test_the_pair_is_the_first_greedy_decoding_and_the_first_that_samples() -> None:
    greedy, sampled = Decoding(), Decoding(temperature=0.6, top_p=0.95, samples=4)
    assert sampler_pair({"a": greedy}) is None
    assert sampler_pair({"a": sampled}) is None
    assert sampler_pair({"vote": sampled, "g": Decoding(seed=3), "h": greedy}) == ("g", "vote")


def test_a_decoding_that_changes_more_than_the_sampler_is_no_partner() -> None:
    warm = Sampler(temperature=0.7)
    both = Decoding(by_style={"ift": warm, "reasoning": warm})
    one_style = Decoding(by_style={"reasoning": warm})
    assert sampler_pair({"g": Decoding(), "one": one_style, "both": both}) == ("g", "both")
    assert sampler_pair({"g": Decoding(repetition_penalty=1.2), "both": both}) is None


def test_a_number_of_the_sampler_leads_to_its_answers() -> None:
    about = sensitivity_table(view(decoded(RIGHT, LOOPS))).about
    asked = {header: one["decoding"] for header, one in about.items()}
    assert asked["gain, greedy"] == asked["looping, greedy"] == ("greedy",)
    assert asked["gain, sampled"] == asked["IFT looping, sampled"] == ("sampled",)
