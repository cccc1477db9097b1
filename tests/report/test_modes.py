"""How often arms think, and how answers with and without a trace fare."""

import numpy as np
import pandas as pd
import pytest
from tests.report.scored import SIZES, scored

from breakeven.findings.modes import GroupModes
from breakeven.report.figures.modes import mode_figure
from breakeven.report.metrics import metrics
from breakeven.report.mode_tables import mode_table, thinking_table
from breakeven.report.view import StudyView, view_of
from breakeven.results.cell_results import Results
from breakeven.results.from_items import ArmFacts, StudyFacts, results_from_items
from breakeven.statistics.intervals import mean_interval, wilson
from breakeven.study.summary import summary_without_records

TASK = "math-open/sums"
ARMS = {
    "ift": ArmFacts("ift", "general", 0.0),
    "half": ArmFacts("mixed", "general", 0.5),
    "reasoning": ArmFacts("reasoning", "general", 1.0),
    "asked-plain": ArmFacts("control", "general", 0.5, answered_style="ift"),
    "asked-traced": ArmFacts("control", "general", 0.5, answered_style="reasoning"),
}


def study(thinking: dict[str, int], seeds: tuple[int, ...] = (0,)) -> Results:
    """Of 200 answers the first so many have a trace, by arm; every second answer is right."""
    frames = []
    for arm, count in thinking.items():
        for seed in seeds:
            items = scored({("small", "ift", TASK): 0}).items
            assert items is not None
            number = np.arange(200)
            frames.append(
                items.assign(
                    arm=arm,
                    seed=seed,
                    correct=number % 2 == 0,
                    thinking_tokens=np.where(number < count, 30 + number % 7, 0),
                )
            )
    return results_from_items(
        pd.concat(frames, ignore_index=True), StudyFacts("modes", SIZES, ARMS)
    )


def view(thinking: dict[str, int], seeds: tuple[int, ...] = (0,)) -> StudyView:
    return view_of(study(thinking, seeds), summary_without_records())


SHARES = {"ift": 10, "half": 80, "reasoning": 196}


def modes_of(shown: StudyView, arm: str) -> GroupModes:
    return next(one for one in shown.modes if one.group.cells[0].arm == arm)


def test_lengths_are_means_over_the_answers_whose_tokens_are_known() -> None:
    results = study(SHARES)
    blank = results.items["item"].astype(str).str.endswith(("1", "4"))
    items = results.items.assign(answer_tokens=results.items["answer_tokens"].where(~blank))
    shown = view_of(
        results_from_items(items, StudyFacts("modes", SIZES, ARMS)), summary_without_records()
    )
    for arm in SHARES:
        rows = items[(items["arm"] == arm) & (items["thinking_tokens"] > 0)]
        known = (rows["answer_tokens"] + rows["thinking_tokens"]).dropna()
        found = modes_of(shown, arm).thinking
        assert found.answers == len(rows) > len(known)
        assert found.tokens.value == pytest.approx(known.mean())


def test_a_leak_is_what_an_arm_learnt_not_to_do() -> None:
    shown = view(SHARES)
    leaks = {one.group.cells[0].arm: one.leaking_share for one in shown.modes}
    assert leaks["half"] is None
    for arm, wrong in (("ift", 10), ("reasoning", 4)):
        leak, by_count = leaks[arm], wilson(wrong, 200)
        assert leak is not None
        assert leak.value == pytest.approx(wrong / 200)
        assert (leak.low, leak.high) == pytest.approx((by_count.low, by_count.high))


def test_a_mix_that_is_asked_for_a_mode_leaks_where_it_does_not_follow() -> None:
    shown = view({"asked-plain": 30, "asked-traced": 170})
    leaks = [one.leaking_share for one in shown.modes]
    assert [leak.value for leak in leaks if leak] == pytest.approx([0.15, 0.15])
    assert "controls do not answer in the mode that they learnt, or were asked for, in 15.0%" in (
        mode_figure(shown).takeaway[0].lower() + mode_figure(shown).takeaway[1:]
    )


def test_each_mode_has_its_own_accuracy_and_length() -> None:
    one = modes_of(view(SHARES), "half")
    assert one.thinking is not None
    assert one.plain is not None
    assert (one.thinking.answers, one.plain.answers) == (80, 120)
    assert one.thinking.accuracy == wilson(40, 80)
    lengths = 2 + 30 + np.arange(80) % 7
    assert one.thinking.tokens == mean_interval(lengths.astype(float))
    assert one.plain.tokens.value == 2
    assert one.plain.tokens.low is None  # none of them is longer than another


def test_an_item_that_several_seeds_answered_is_one_cluster() -> None:
    alone, thrice = (modes_of(view(SHARES, seeds), "half") for seeds in ((0,), (0, 1, 2)))
    assert alone.thinking is not None
    assert thrice.thinking is not None
    assert thrice.thinking.answers == 240
    assert thrice.thinking.accuracy.clusters == 80
    width, of_three = (
        float(found.high or 0) - float(found.low or 0)
        for found in (alone.thinking.accuracy, thrice.thinking.accuracy)
    )
    # The same answers three times over know nothing more.
    assert of_three == pytest.approx(width, rel=0.1)


def test_an_arm_of_one_mode_has_no_other() -> None:
    one = modes_of(view({"ift": 0, "reasoning": 200}), "ift")
    assert one.thinking is None
    assert one.plain is not None
    shown = view({"ift": 0, "reasoning": 200})
    assert mode_table(shown).reason == "every arm answers in one mode only"
    assert len(thinking_table(shown).body) == 2


def test_tables_figure_and_metrics_say_the_same() -> None:
    shown = view(SHARES)
    cells = {line[1]: line[2] for line in thinking_table(shown).body}
    assert cells["half"].startswith("40.0% (")
    lines = [line for line in mode_table(shown).body if line[2] == "half"]
    assert [line[3:5] for line in lines] == [("without", "120"), ("with", "80")]
    figure = mode_figure(shown)
    assert figure.takeaway == (
        "IFT arms think, though they learnt not to, in 5.0% of their answers; reasoning arms do "
        "not think, though they learnt to, in 2.0%; mixed arms think in 40.0%."
    )
    assert metrics(shown)["thinking_share"]["small"]["half"]["math-open"] == 0.4
    row = next(row for row in figure.rows if row["arm"] == "reasoning")
    assert row["leaking_share"] == pytest.approx(0.02)


def test_results_that_do_not_tell_a_trace_have_no_modes() -> None:
    results = study(SHARES)
    assert results.items is not None
    bare = results_from_items(
        results.items.drop(columns="thinking_tokens"), StudyFacts("modes", SIZES, ARMS)
    )
    shown = view_of(bare, summary_without_records())
    assert shown.modes == ()
    assert thinking_table(shown).reason is not None
    assert mode_figure(shown).reason is not None
