"""What a comparison's own seeds tell of their spread, beside those of the other arms and sizes."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from breakeven.findings.accuracies import accuracy_estimate
from breakeven.findings.contrasts import Term, contrast, group_difference
from breakeven.findings.differences import family_differences
from breakeven.findings.groups import group_pairs, groups
from breakeven.findings.run_spread import Part, prior_variance
from breakeven.findings.scored_results import ScoredResults, scored_results
from breakeven.findings.serial_gains import serial_gains
from breakeven.results.cell_results import Results
from breakeven.results.from_items import ArmFacts

FAMILY = "math-open"
TASKS = ["math-open-0", "math-open-1"]
ARMS = {
    "base": ArmFacts("base", None, None),
    "ift": ArmFacts("ift", "general", 0.0),
    "reasoning": ArmFacts("reasoning", "general", 1.0),
}


def _seeded(study: Callable[..., Results], seeds: int = 3, students: int = 5) -> Results:
    """Five sizes whose runs differ by what they answer; the base is one model for all seeds."""
    base = study(lambda *_: 0.5, items=100, families=(FAMILY,), arms=ARMS)
    names = [f"s{size:g}b" for size in (0.5, 1.5, 3.0, 7.0, 14.0)][:students]
    items, cells = [], []
    for seed in range(seeds):
        run = study(lambda *_: 0.5, items=100, families=(FAMILY,), arms=ARMS, seed=seed)
        own = run.items["arm"] != "base"
        rows = pd.concat([run.items[own], base.items[base.items["arm"] == "base"]])
        items.append(rows[rows["student"].isin(names)].assign(seed=seed))
        cells += [replace(cell, seed=seed) for cell in run.cells if cell.student in names]
    return replace(base, items=pd.concat(items, ignore_index=True), cells=tuple(cells))


def _run_variances(results: Results) -> dict[tuple[str, str], float]:
    """The variance between seeds of the family's mean over tasks, straight from the rows."""
    by_task = results.items.groupby(["student", "arm", "seed", "task"])["correct"].mean()
    means = by_task.groupby(["student", "arm", "seed"]).mean()
    return means.groupby(["student", "arm"]).var(ddof=1).to_dict()


def _pair(sample: ScoredResults) -> list[Part]:
    pair = group_pairs(sample.results)[0]
    return [
        Part(group, task, sign / 2)
        for group, sign in ((pair.reasoning, 1.0), (pair.ift, -1.0))
        for task in TASKS
    ]


def test_the_prior_of_a_difference_is_twice_the_mean_variance_of_a_run(study) -> None:
    results = _seeded(study)
    found = prior_variance(scored_results(results), _pair(scored_results(results)))
    trained = [one for (_, arm), one in _run_variances(results).items() if arm != "base"]
    assert len(trained) == 10
    assert found == pytest.approx(2 * np.mean(trained))


def test_an_untrained_base_has_no_runs_and_adds_none(study) -> None:
    results = _seeded(study)
    sample = scored_results(results)
    ift, base = (groups(sample.results, style, family=FAMILY)[0] for style in ("ift", "base"))
    own = [Part(ift, task, 0.5) for task in TASKS]
    alone = prior_variance(sample, own)
    assert prior_variance(sample, [*own, *(Part(base, task, -0.5) for task in TASKS)]) == alone


def test_the_order_of_arms_students_and_questions_does_not_matter(study) -> None:
    results = _seeded(study)
    turned = replace(
        results, items=results.items.iloc[::-1].reset_index(drop=True), cells=results.cells[::-1]
    )
    found = [prior_variance(one, _pair(one)) for one in map(scored_results, (results, turned))]
    assert found[0] == pytest.approx(found[1])


@pytest.mark.parametrize(("seeds", "students"), [(3, 2), (1, 5)])
def test_with_few_runs_or_one_seed_a_comparison_has_its_own_variance_only(
    study, seeds: int, students: int
) -> None:
    sample = scored_results(_seeded(study, seeds, students))
    assert prior_variance(sample, _pair(sample)) is None
    row = family_differences(sample)[0]
    pair = group_pairs(sample.results)[0]
    found = group_difference(sample, pair.reasoning, pair.ift)
    assert row.low == pytest.approx(found.low)


def test_difference_contrast_and_serial_gain_have_the_same_degrees_of_freedom(study) -> None:
    sample = scored_results(_seeded(study))
    pair = group_pairs(sample.results)[0]
    both = group_difference(sample, pair.reasoning, pair.ift)
    row = family_differences(sample)[0]
    assert (row.low, row.high, row.p_value) == pytest.approx(
        (both.low, both.high, both.two_sided_p)
    )
    # Two of its own and two of the others', more where items add to the error.
    assert both.degrees_of_freedom >= 4
    gains = serial_gains(sample, {TASKS[0]: True, TASKS[1]: False})[0]
    assert min(one.degrees_of_freedom for one in gains.gains.values()) >= 4


def test_an_accuracy_has_the_variance_that_it_is_tested_with(study) -> None:
    sample = scored_results(_seeded(study))
    group = groups(sample.results, "ift", family=FAMILY)[0]
    shown, tested = accuracy_estimate(sample, group), contrast(sample, [Term(1.0, group)])
    assert (shown.low, shown.high) == pytest.approx((tested.low, tested.high))


def test_two_decodings_of_a_run_are_one_run(study) -> None:
    results = _seeded(study)
    items = results.items
    # The same answers again: what the runs differ by is taken off.
    again = items.assign(decoding="again")
    cells = (*results.cells, *(replace(cell, decoding="again") for cell in results.cells))
    sample = scored_results(replace(results, items=pd.concat([items, again]), cells=cells))
    one, two = (
        groups(sample.results, "ift", family=FAMILY, decoding=name)[0]
        for name in ("greedy", "again")
    )
    parts = [Part(g, task, sign) for g, sign in ((one, 0.5), (two, -0.5)) for task in TASKS]
    assert prior_variance(sample, parts) == pytest.approx(0.0)
