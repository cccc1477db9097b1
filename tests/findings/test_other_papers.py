"""Claims of other papers, on simulated studies whose truth is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.findings.judged import verdicts_of

from breakeven.findings.claims import CLAIMS, STUDY
from breakeven.findings.scored_results import scored_results
from breakeven.findings.verdicts import Verdict
from breakeven.results.cell_results import Results
from breakeven.results.from_items import ArmFacts, StudyFacts, results_from_items

INSTRUCTIONS = "thinking-lowers-instruction-following"
LOOPS = "loops-fall-with-size"
VOTES, WEIGHTS = "votes-beat-longer-thinking", "weights-beat-length-below-4gb"
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
        # As good, and hardly shorter (not tested), or forty times shorter.
        (0.65, 150.0, "undecidable here"),
        (0.65, 4.0, "contradicted"),
        # Just at 96%.
        (0.576, 40.0, "undecidable here"),
    ],
)
def test_compressed_traces_must_keep_the_accuracy_and_be_shorter(
    study, compressed, tokens, verdict
):
    assert judge(traced(study, compressed, tokens), KEPT).verdict == verdict


def test_traces_that_are_hardly_compressed_do_not_test_what_short_ones_keep(study):
    found = judge(traced(study, 0.3, 150.0), KEPT)
    assert found.verdict == "undecidable here"
    assert found.evidence.startswith(
        "not tested: compressed traces make answers 1.32 to 1.33 times shorter"
    )
    assert "the claim speaks of 3 to 19 times" in found.evidence


def test_a_control_of_other_traces_is_not_taken_for_compressed_ones(study):
    results = traced(study, 0.3)
    other = tuple(
        replace(cell, traces="shuffled") if cell.style == "control" else cell
        for cell in results.cells
    )
    found = judge(replace(results, cells=other), RAW)
    assert found.evidence.startswith("not tested: ")


def answered(*ways: tuple[str, str, float, float, float, int], items: int = 600) -> Results:
    """Reasoning students by (student, decoding, accuracy, tokens, memory, samples).

    The samples of an item are all right or all wrong, so that a vote is as accurate as one.
    """
    frames = []
    for student, decoding, accuracy, tokens, memory, samples in ways:
        right = np.arange(items) % 100 < 100 * accuracy
        rows = pd.DataFrame({"item": [str(number) for number in range(items)], "correct": right})
        for sample in range(samples):
            own = {"student": student, "decoding": decoding, "sample": sample}
            cost = {"answer_tokens": tokens, "memory_bytes": memory, "vote": right.astype(int)}
            frames.append(rows.assign(**own, **cost))
    table = pd.concat(frames, ignore_index=True).assign(
        arm="reasoning", seed=0, task="sums", family="math-open", parsed=True
    )
    sizes = {"s1b": 1e9, "s4b": 4e9, "s14b": 14e9}
    used = {name: size for name, size in sizes.items() if name in set(table["student"])}
    arms = {"reasoning": ARMS["reasoning"]}
    return results_from_items(
        table, StudyFacts("ways", used, arms, cutting_decodings=frozenset({"cut"}))
    )


@pytest.mark.parametrize(
    ("vote", "longer", "verdict"),
    [
        # Four votes of 100 tokens against one answer of 500.
        (0.6, 0.4, "supported"),
        # And against one of 300, which costs less and is better: at 400 there is a better one too.
        (0.4, 0.4, "undecidable here"),
        (0.4, 0.6, "undecidable here"),
    ],
)
def test_votes_must_beat_one_answer_of_no_fewer_tokens(vote, longer, verdict):
    results = answered(
        ("s4b", "greedy", 0.3, 100.0, 1.0, 1),
        ("s4b", "sampled", vote, 100.0, 1.0, 4),
        ("s4b", "long", longer, 500.0, 1.0, 1),
    )
    found = judge(results, VOTES)
    assert found.verdict == verdict
    assert found.numbers["pairs_at_no_more"] == 1


def test_one_answer_of_fewer_tokens_that_beats_the_votes_contradicts():
    results = answered(
        ("s4b", "greedy", 0.6, 100.0, 1.0, 1), ("s4b", "sampled", 0.4, 100.0, 1.0, 4)
    )
    assert judge(results, VOTES).verdict == "contradicted"
    # Ahead at a higher cost shows nothing.
    ahead = answered(("s4b", "greedy", 0.4, 100.0, 1.0, 1), ("s4b", "sampled", 0.6, 100.0, 1.0, 4))
    assert judge(ahead, VOTES).verdict == "undecidable here"
    assert judge(ahead, VOTES).p_value == 1.0


@pytest.mark.parametrize(
    ("large", "long", "memory", "verdict"),
    [
        (0.6, 0.4, 9.0, "supported"),
        (0.4, 0.6, 9.0, "undecidable here"),
        # The small student needs less memory than the large one, whose lead shows nothing.
        (0.6, 0.4, 3.0, "undecidable here"),
        (0.4, 0.6, 3.0, "contradicted"),
    ],
)
def test_weights_are_held_against_longer_answers_at_no_more_memory(large, long, memory, verdict):
    results = answered(
        ("s1b", "short", 0.3, 100.0, 2.0, 1),
        ("s1b", "long", long, 1000.0, memory, 1),
        ("s4b", "short", large, 100.0, 8.0, 1),
        ("s4b", "long", 0.9, 1000.0, 20.0, 1),
    )
    assert judge(results, WEIGHTS).verdict == verdict


def test_students_of_more_weights_than_the_claim_speaks_of_are_not_held_against_larger_ones():
    results = answered(("s4b", "long", 0.9, 1000.0, 9.0, 1), ("s14b", "short", 0.3, 100.0, 30.0, 1))
    assert judge(results, WEIGHTS).evidence.startswith("not tested: ")


def test_answers_whose_trace_was_closed_for_them_are_no_short_or_long_ones():
    whole = (("s1b", "long", 0.6, 1000.0, 3.0, 1), ("s4b", "long", 0.9, 1000.0, 20.0, 1))
    # Who learnt whole traces is at a loss without one, which says nothing of weights.
    results = answered(*whole, ("s4b", "cut", 0.1, 100.0, 8.0, 1))
    assert judge(results, WEIGHTS).evidence.startswith("not tested: ")
    votes = answered(
        ("s4b", "greedy", 0.6, 100.0, 1.0, 1),
        ("s4b", "cut", 0.1, 500.0, 1.0, 1),
        ("s4b", "sampled", 0.7, 100.0, 1.0, 4),
    )
    assert judge(votes, VOTES).numbers["pairs_at_no_more"] == 0
