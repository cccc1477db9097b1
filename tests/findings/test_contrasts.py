import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from breakeven.findings.contrasts import (
    Term,
    contrast,
    group_difference,
    mean_terms,
)
from breakeven.findings.groups import Group, groups
from breakeven.findings.scored_results import ScoredResults, scored_results
from breakeven.results.cell_results import CellResult, Results
from breakeven.results.replay import replay_results


def first_pair(sample: ScoredResults, family: str) -> tuple[Group, Group]:
    ift = groups(sample.results, "ift", family=family)[0]
    return groups(sample.results, "reasoning", family=family)[0], ift


def test_a_difference_over_items_is_the_paired_one(study):
    from breakeven.statistics.paired import PairedTask, family_difference

    sample = scored_results(study(lambda arm, *_: 0.7 if arm == "reasoning" else 0.5))
    reasoning, ift = first_pair(sample, "math-open")
    found = group_difference(sample, reasoning, ift)
    items = sample.results.items
    assert items is not None
    marks = {
        (arm, task): items.query("student == 's0.5b' and arm == @arm and task == @task")["correct"]
        for arm in ("ift", "reasoning")
        for task in ("math-open-0", "math-open-1")
    }
    paired = family_difference(
        [
            PairedTask(marks["ift", task], marks["reasoning", task])
            for task in ("math-open-0", "math-open-1")
        ]
    )
    assert found.value == pytest.approx(paired.difference.value)
    assert found.standard_error == pytest.approx(paired.difference.standard_error)
    assert (found.low, found.high) == pytest.approx((paired.difference.low, paired.difference.high))
    assert found.basis == "items"


def test_pairing_takes_off_what_the_items_share(study):
    sample = scored_results(study(lambda *_: 0.5, items=2000, tasks=1))
    reasoning, ift = first_pair(sample, "math-open")
    unpaired = math.sqrt(2 * 0.25 / 2000)
    assert group_difference(sample, reasoning, ift).standard_error < 0.9 * unpaired


def test_the_two_one_sided_p_values_add_up_to_one(study):
    sample = scored_results(study(lambda *_: 0.5))
    found = group_difference(sample, *first_pair(sample, "math-open"))
    assert found.p_above + found.p_below == pytest.approx(1)


def test_a_threshold_moves_the_p_and_not_the_value(study):
    sample = scored_results(study(lambda arm, *_: 0.7 if arm == "reasoning" else 0.5))
    reasoning, ift = first_pair(sample, "math-open")
    plain, strict = (group_difference(sample, reasoning, ift, margin) for margin in (0.0, 0.19))
    assert strict.value == pytest.approx(plain.value)
    assert strict.p_above > 0.05 > plain.p_above


def test_published_cells_are_bounded_by_the_size_of_their_benchmarks():
    sample = scored_results(replay_results())
    reasoning, ift = first_pair(sample, "math-open")
    # Three tasks of 1319, 500 and 30 questions, variance 1/4 each, two unpaired cells.
    one = math.sqrt(0.25 / 1319 + 0.25 / 500 + 0.25 / 30) / 3
    found = group_difference(sample, reasoning, ift)
    assert found.basis == "bound"
    assert found.standard_error == pytest.approx(math.sqrt(2) * one)


def test_a_mean_over_sizes_is_not_bounded_more_tightly_than_one_of_them():
    sample = scored_results(replay_results())
    pairs = list(
        zip(
            groups(sample.results, "reasoning", corpus="general", family="math-mc"),
            groups(sample.results, "ift", corpus="general", family="math-mc"),
            strict=True,
        )
    )
    parts = [[Term(1.0, high), Term(-1.0, low)] for high, low in pairs]
    mean = contrast(sample, mean_terms(parts))
    assert mean.standard_error == pytest.approx(group_difference(sample, *pairs[0]).standard_error)
    assert mean.value == pytest.approx(np.mean([h.accuracy - lo.accuracy for h, lo in pairs]))


def test_families_that_share_nothing_add_in_squares():
    sample = scored_results(replay_results())
    parts = [
        [Term(1.0, high), Term(-1.0, low)]
        for high, low in (first_pair(sample, family) for family in ("math-mc", "math-open"))
    ]
    errors = [contrast(sample, part).standard_error for part in parts]
    mean = contrast(sample, mean_terms(parts))
    assert mean.standard_error == pytest.approx(math.hypot(*errors) / 2)


def test_one_content_in_two_families_counts_once(study):
    results = study(lambda *_: 0.5, families=("math-mc", "math-open"))
    # The open tasks are the others again, answer by answer: a mean over both knows no more.
    closed = results.items[results.items["family"] == "math-mc"]
    content = closed["task"] + "/" + closed["item"]
    again = closed.assign(family="math-open", task=closed["task"].str.replace("mc", "open"))
    twice = pd.concat([closed.assign(cluster=content), again.assign(cluster=content)])
    sample = scored_results(replace(results, items=twice))
    parts = [
        [Term(1.0, high), Term(-1.0, low)]
        for high, low in (first_pair(sample, family) for family in ("math-mc", "math-open"))
    ]
    mean, one = contrast(sample, mean_terms(parts)), contrast(sample, parts[0])
    # Up to the adjustment for rare discordant pairs, which only single pairs get.
    assert mean.standard_error == pytest.approx(one.standard_error, rel=0.02)


def test_equal_groups_are_merged_in_a_mean():
    sample = scored_results(replay_results())
    reasoning, ift = first_pair(sample, "math-mc")
    part = [Term(1.0, reasoning), Term(-1.0, ift)]
    assert mean_terms([part, part]) == part


def test_cells_without_items_or_counts_have_no_error():
    cells = tuple(
        CellResult("s", 1e9, style, style, None, "c", 0, "greedy", "math-mc", accuracy)
        for style, accuracy in (("ift", 0.4), ("reasoning", 0.5))
    )
    sample = scored_results(Results("mine", "imported", cells))
    found = group_difference(sample, Group(cells[1:]), Group(cells[:1]))
    assert found.value == pytest.approx(0.1)
    assert (found.standard_error, found.p_above, found.low) == (None, None, None)
    assert found.reason


def test_seeds_widen_the_error(study):
    results = study(lambda *_: 0.5, items=400, tasks=1, families=("math-mc",))
    other = study(lambda *_: 0.5, items=400, tasks=1, families=("math-mc",), seed=1)
    items = pd.concat([results.items, other.items.assign(seed=1)])
    cells = (*results.cells, *(replace(cell, seed=1) for cell in other.cells))
    sample = scored_results(replace(results, items=items, cells=cells))
    reasoning, ift = first_pair(sample, "math-mc")
    assert len(reasoning.cells) == 2
    found = group_difference(sample, reasoning, ift)
    # A Student t on one degree of freedom between two seeds: far wider than 1.96 errors.
    assert found.high - found.low > 4 * found.standard_error


def test_cells_without_an_item_in_common_have_no_error(study):
    results = study(lambda *_: 0.5, tasks=1, families=("math-open",))
    items = results.items
    # Reasoning answered the second half of the questions, IFT the first.
    late = items["item"].astype(int) >= 100
    apart = items[late == (items["arm"] == "reasoning")]
    sample = scored_results(replace(results, items=apart))
    found = group_difference(sample, *first_pair(sample, "math-open"))
    assert (found.low, found.p_above) == (None, None)
    assert found.reason == "no item or no seed that all of these cells share"
