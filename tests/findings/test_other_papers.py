"""Claims of other papers, on simulated studies whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest
from tests.findings.judged import verdicts_of

from breakeven.findings.claims import CLAIMS, STUDY
from breakeven.findings.scored_results import scored_results
from breakeven.findings.verdicts import Verdict
from breakeven.results.cell_results import Results
from breakeven.results.from_items import ArmFacts

INSTRUCTIONS = "thinking-lowers-instruction-following"
LOOPS = "loops-fall-with-size"
RAW, KEPT = "raw-traces-beat-compressed", "compressed-traces-keep-96"
SIZES_B = (0.5, 1.5, 3.0, 7.0, 14.0)
ARMS = {
    "ift": ArmFacts("ift", "general", 0.0),
    "reasoning": ArmFacts("reasoning", "general", 1.0),
    "compressed": ArmFacts("control", "general", 1.0, traces="compressed"),
}
TOKENS = {"ift": 10.0, "reasoning": 200.0, "compressed": 40.0}


def judge(results: Results, name: str) -> Verdict:
    return verdicts_of(results)[name]


def test_without_what_a_claim_speaks_of_the_row_says_what_is_missing(study):
    found = verdicts_of(study(lambda *_: 0.5, items=20))
    others = [found[claim.id] for claim in CLAIMS if claim.source != STUDY]
    assert {one.verdict for one in others} == {"undecidable here"}
    assert all(one.evidence.startswith("not tested: no ") for one in others)
    assert all(one.p_value is None and one.other_sizes is None for one in others)


@pytest.mark.parametrize(
    ("reasoning", "verdict"), [(0.4, "supported"), (0.6, "contradicted"), (0.5, "undecidable here")]
)
def test_instruction_following_is_judged_on_its_own_tasks(study, reasoning, verdict):
    # The other task of the family goes the other way, and must not count.
    results = study(
        lambda arm, *_: 0.5 if arm == "ift" else reasoning, items=300, families=("general-open",)
    )
    other = results.items["task"] == "general-open-1"
    swapped = results.items.assign(
        correct=results.items["correct"].where(~other, 1 - results.items["correct"])
    )
    asked = replace(results, items=swapped, instruction_tasks=("general-open-0",))
    assert judge(asked, INSTRUCTIONS).verdict == verdict
    assert judge(asked, INSTRUCTIONS).numbers["pairs"] == len(SIZES_B)


def test_some_tasks_alone_have_the_accuracies_of_those_tasks(study):
    results = study(lambda *_: 0.5, items=50, families=("math-open", "math-mc"))
    alone = scored_results(results).of_tasks(("math-open-1",)).results
    assert {cell.family for cell in alone.cells} == {"math-open"}
    rows = results.items[results.items["task"] == "math-open-1"]
    for cell in alone.cells:
        own = rows[(rows["student"] == cell.student) & (rows["arm"] == cell.arm)]
        assert cell.accuracy == pytest.approx(own["correct"].mean())


def with_loops(results: Results, share_of: dict[str, float]) -> Results:
    """Reasoning answers that loop at a share by student; all others are right or wrong."""
    items = results.items
    shares = items["student"].map(share_of).where(items["arm"] == "reasoning", 0.0)
    loops = np.random.default_rng(0).random(len(items)) < shares
    outcome = np.where(loops, "looping", np.where(items["correct"] == 1, "right", "wrong"))
    return replace(results, items=items.assign(outcome=outcome))


@pytest.mark.parametrize(
    ("shares", "verdict"),
    [
        ((0.3, 0.2, 0.15, 0.1, 0.05), "supported"),
        ((0.05, 0.1, 0.15, 0.2, 0.3), "contradicted"),
        ((0.1,) * 5, "undecidable here"),
        # Nothing loops: nothing is shown either way.
        ((0.0,) * 5, "undecidable here"),
    ],
)
def test_loops_are_judged_by_their_trend_in_size(study, shares, verdict):
    results = study(lambda *_: 0.5, items=200, families=("math-open",))
    names = [f"s{size:g}b" for size in SIZES_B]
    found = judge(with_loops(results, dict(zip(names, shares, strict=True))), LOOPS)
    assert found.verdict == verdict
    assert "loop; a doubling of the size changes that by" in found.evidence


def traced(study, compressed: float, tokens: float = 40.0) -> Results:
    """Whole traces are right in 60% of the questions, compressed ones as given."""
    lengths = {**TOKENS, "compressed": tokens}
    return study(
        lambda arm, *_: {"ift": 0.3, "reasoning": 0.6}.get(arm, compressed),
        items=800,
        tasks=1,
        families=("math-open",),
        arms=ARMS,
        length=lambda arm, _: lengths[arm],
    )


@pytest.mark.parametrize(
    ("compressed", "verdict"),
    [(0.4, "supported"), (0.75, "contradicted"), (0.6, "undecidable here")],
)
def test_whole_traces_must_be_ahead_at_every_size(study, compressed, verdict):
    assert judge(traced(study, compressed), RAW).verdict == verdict


def test_one_size_at_which_compressed_traces_are_ahead_contradicts(study):
    def truth(arm: str, size_b: float, _: str) -> float:
        small = size_b < 1
        return {"ift": 0.3, "reasoning": 0.6}.get(arm, 0.8 if small else 0.4)

    results = study(truth, items=800, tasks=1, families=("math-open",), arms=ARMS)
    assert judge(results, RAW).verdict == "contradicted"


@pytest.mark.parametrize(
    ("compressed", "tokens", "verdict"),
    [
        (0.65, 40.0, "supported"),
        # Five times shorter, and far behind.
        (0.3, 40.0, "contradicted"),
        # As good, and hardly shorter, or forty times shorter.
        (0.65, 150.0, "contradicted"),
        (0.65, 4.0, "contradicted"),
        # Just at 96%.
        (0.576, 40.0, "undecidable here"),
    ],
)
def test_compressed_traces_must_keep_the_accuracy_and_be_shorter(
    study, compressed, tokens, verdict
):
    assert judge(traced(study, compressed, tokens), KEPT).verdict == verdict


def test_a_control_of_other_traces_is_not_taken_for_compressed_ones(study):
    results = traced(study, 0.3)
    other = tuple(
        replace(cell, traces="shuffled") if cell.style == "control" else cell
        for cell in results.cells
    )
    found = judge(replace(results, cells=other), RAW)
    assert found.evidence.startswith("not tested: ")
