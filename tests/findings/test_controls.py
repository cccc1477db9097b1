"""Controls beside the styles: differences on the same items, and the share of the gain kept."""

import numpy as np
import pandas as pd
import pytest
from tests.report.scored import scored

from breakeven.findings.contrasts import group_difference
from breakeven.findings.controls import NO_GAIN, control_comparisons, kept_gains
from breakeven.findings.corrected import corrected_findings
from breakeven.findings.groups import groups
from breakeven.findings.scored_results import scored_results

FAMILIES = ("math-open", "general-open")


def study(control: int, *, reasoning: int = 160, items: int = 200, **options):
    right = {
        ("large", arm, family): count
        for family in FAMILIES
        for arm, count in (("ift", 80), ("reasoning", reasoning), ("perturbed", control))
    }
    return scored_results(scored(right, items=items, **options))


def kept(results):
    (one,) = kept_gains(results, control_comparisons(results))
    return one


@pytest.mark.parametrize(("right", "share"), [(80, 0.0), (100, 0.25), (160, 1.0), (60, -0.25)])
def test_the_share_kept_is_where_the_control_lies_between_the_styles(right, share):
    found = kept(study(right, apart=True))
    assert found.value == pytest.approx(share)
    assert found.low < share < found.high
    assert found.families == ("general-open", "math-open")
    assert found.gain.value == pytest.approx(0.4)


def test_differences_to_both_styles_add_up_to_the_gain():
    for one in control_comparisons(study(100)):
        assert one.over_ift.value == pytest.approx(0.1)
        assert one.over_reasoning.value == pytest.approx(-0.3)
        assert one.over_ift.value - one.over_reasoning.value == pytest.approx(one.gain.value)
        assert one.over_ift.low < 0.1 < one.over_ift.high


@pytest.mark.parametrize("reasoning", [80, 82, 40])
def test_without_a_gain_there_is_no_share_of_it(reasoning):
    found = kept(study(100, reasoning=reasoning, apart=True))
    assert (found.value, found.low, found.high, found.reason) == (None, None, None, NO_GAIN)


def test_a_control_with_the_answers_of_ift_has_a_share_and_no_interval():
    found = kept(study(80))
    assert (found.value, found.low, found.high) == (0.0, None, None)
    assert found.reason


def test_a_control_without_both_styles_of_its_corpus_is_compared_with_nothing():
    results = scored_results(
        scored(
            {
                ("large", "ift", "math-open"): 80,
                ("large", "reasoning", "math-open"): 120,
                ("large", "shuffled", "math-open"): 90,  # learnt another corpus
            }
        )
    )
    assert control_comparisons(results) == ()


@pytest.mark.parametrize(
    ("right", "over_ift", "over_reasoning"),
    [
        (120, "ahead", "behind"),
        (195, "ahead", "ahead"),
        (30, "behind", "behind"),
        (82, "undecided", "behind"),
        (158, "ahead", "undecided"),
    ],
)
def test_a_control_is_decided_against_both_styles(right, over_ift, over_reasoning):
    (one,) = corrected_findings(study(right, apart=True)).controls
    assert (one.over_ift, one.over_reasoning) == (over_ift, over_reasoning)
    assert one.to_ift.mean.value - one.to_reasoning.mean.value == pytest.approx(0.4)
    for adjusted, apart in (
        (one.adjusted_to_ift, one.to_ift),
        (one.adjusted_to_reasoning, one.to_reasoning),
    ):
        # Never below its own p: it was corrected with all else.
        assert adjusted >= apart.mean.two_sided_p


def test_a_control_with_the_very_answers_of_a_style_is_not_tested_against_it():
    (one,) = corrected_findings(study(80)).controls
    assert (one.adjusted_to_ift, one.over_ift) == (None, "undecided")
    assert one.over_reasoning == "behind"


def test_sizes_weigh_alike_whatever_families_each_was_asked_in_and_one_that_turns_is_told():
    right = {
        (student, arm, family): count
        for student, families, control in (
            ("small", FAMILIES, 60),
            ("large", FAMILIES[:1], 120),
        )
        for family in families
        for arm, count in (("ift", 80), ("reasoning", 160), ("perturbed", control))
    }
    (one,) = corrected_findings(scored_results(scored(right, items=200, apart=True))).controls
    # The mean of -10 points at one size and of +20 at the other, and not of three cells.
    assert dict(one.to_ift.by_student) == pytest.approx({"small": -0.1, "large": 0.2})
    assert one.to_ift.mean.value == pytest.approx(0.05)
    assert (one.to_ift.turns, one.to_reasoning.turns) == (True, False)


def test_a_control_that_is_another_arms_training_is_not_tested_again():
    assert corrected_findings(study(100), repeated={("large", "perturbed")}).controls == ()


def test_no_interval_of_a_difference_leaves_what_accuracies_can_be():
    few = {
        ("large", arm, "math-open", seed): right
        for arm, rights in (("ift", (0, 12, 20)), ("reasoning", (20, 20, 2)))
        for seed, right in enumerate(rights)
    }
    results = scored_results(scored(few, items=20))
    (reasoning,), (ift,) = (groups(results.results, style) for style in ("reasoning", "ift"))
    found = group_difference(results, reasoning, ift)
    assert (found.low, found.high) == (-1.0, 1.0)


def test_a_control_changes_no_verdict_on_the_styles():
    with_control = study(100)
    without = scored_results(
        scored(
            {
                ("large", arm, family): count
                for family in FAMILIES
                for arm, count in (("ift", 80), ("reasoning", 160))
            },
            items=200,
        )
    )
    found, wanted = corrected_findings(with_control), corrected_findings(without)
    assert found.comparisons == wanted.comparisons
    assert found.claims == wanted.claims
    assert (found.beside, wanted.beside) == (2, 0)


def test_the_interval_covers_the_share_in_simulated_studies():
    """19 of 20 intervals hold the share that the probabilities of the study make."""
    rng = np.random.default_rng(7)
    covered = 0
    studies = 50
    for _ in range(studies):
        ability = rng.random(150)
        frames = {
            arm: rng.random(150) < np.clip(0.5 * chance + 0.5 * ability * 2 * chance, 0, 1)
            for arm, chance in (("ift", 0.2), ("reasoning", 0.5), ("perturbed", 0.35))
        }
        made = scored({("large", arm, "math-open"): 1 for arm in frames}, items=150)
        items = made.items.copy()
        for arm, correct in frames.items():
            items.loc[items["arm"] == arm, "correct"] = correct
        found = kept(scored_results(with_items(made, items)))
        if found.low is not None:
            covered += found.low <= 0.5 <= found.high
        else:
            studies -= 1
    assert studies > 45
    assert covered / studies >= 0.88


def with_items(made, items: pd.DataFrame):
    from tests.report.scored import ARMS, SIZES

    from breakeven.results.from_items import StudyFacts, results_from_items

    return results_from_items(items, StudyFacts("scored", SIZES, ARMS, {}, {}))
