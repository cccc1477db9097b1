"""Votes as further results: what they score, what they cost, and where there are none."""

from dataclasses import replace

import pandas as pd
import pytest

from breakeven.findings.contrasts import group_difference
from breakeven.findings.groups import Group
from breakeven.findings.scored_results import scored_results
from breakeven.results.cell_results import CellResult, OfSamples, Results
from breakeven.results.from_items import ArmFacts, StudyFacts, results_from_items
from breakeven.results.votes import NO_ANSWER, NO_COLUMN, SHARES, with_votes

FACTS = StudyFacts(
    "s",
    {"s1": 1e6},
    {"ift": ArmFacts("ift", "c", 0.0), "reasoning": ArmFacts("reasoning", "c", 1.0)},
)


def sampled(
    make_rows, votes: dict[str, list[int | None]], task: str = "sums", **more
) -> pd.DataFrame:
    """Rows of four samples an item; an answer is right where it is that of sample 0."""
    marks = {item: [float(vote == 0) for vote in given] for item, given in votes.items()}
    rows = make_rows(
        "ift", task, marks, parsed=True, inference_flops=10.0, prompt_flops=8.0, **more
    )
    rows["vote"] = [vote for given in votes.values() for vote in given]
    return rows.assign(parsed=rows["vote"].notna(), decoding="four", answer_tokens=3.0)


def results(*frames: pd.DataFrame) -> Results:
    return results_from_items(pd.concat(frames, ignore_index=True), FACTS)


def vote_cell(found: Results, of: OfSamples, arm: str = "ift") -> CellResult:
    assert found.votes is not None
    (cell,) = [one for one in found.votes.cells if (one.of_samples, one.arm) == (of, arm)]
    return cell


VOTES = {"i1": [0, 1, 0, None], "i2": [0, 1, 1, 3], "i3": [None, None, None, None]}


def test_a_vote_has_the_expected_accuracy_and_the_cost_of_all_its_samples(make_rows) -> None:
    found = with_votes(results(sampled(make_rows, VOTES)))

    every = vote_cell(found, OfSamples("four", 4, "vote"))
    assert every.decoding == "four maj@4"
    assert every.accuracy == pytest.approx((1 + 0 + 0) / 3)
    assert (every.inference_flops, every.prompt_flops, every.answer_tokens) == (40.0, 32.0, 12.0)
    # Six pairs. i1: 0-1 ties twice, 0-0, 0-none twice, 1-none. i2: ties thrice of 0 with others.
    pair = vote_cell(found, OfSamples("four", 2, "vote"))
    first, second = (2 * 0.5 + 1 + 2 + 0) / 6, (3 * 0.5) / 6
    assert pair.accuracy == pytest.approx((first + second + 0) / 3)
    assert vote_cell(found, OfSamples("four", 2, "any")).accuracy == pytest.approx(
        (5 / 6 + 3 / 6 + 0) / 3
    )


def test_one_vote_is_the_accuracy_of_an_answer(make_rows) -> None:
    found = with_votes(results(sampled(make_rows, VOTES)))

    (own,) = found.cells
    one = vote_cell(found, OfSamples("four", 1, "vote"))
    assert one.accuracy == pytest.approx(own.accuracy)
    assert one.inference_flops == own.inference_flops
    assert vote_cell(found, OfSamples("four", 1, "any")).accuracy == pytest.approx(own.accuracy)


def test_votes_are_no_cells_of_the_study(make_rows) -> None:
    before = results(sampled(make_rows, VOTES))
    found = with_votes(before)

    assert found.cells == before.cells
    assert found.items is before.items


def test_votes_are_compared_on_the_same_items(make_rows) -> None:
    greedy = make_rows(
        "reasoning", "sums", {"i1": [1.0], "i2": [1.0], "i3": [0.0]}, inference_flops=35.0
    )
    scored = scored_results(results(sampled(make_rows, VOTES), greedy))

    (reasoning,) = [one for one in scored.results.cells if one.arm == "reasoning"]
    vote = vote_cell(scored.results, OfSamples("four", 4, "vote"))
    found = group_difference(scored, Group((vote,)), Group((reasoning,)))
    assert found.value == pytest.approx(-1 / 3)
    assert found.basis == "items"


def test_a_task_whose_answers_have_no_text_to_vote_on_keeps_pass_at_k(make_rows) -> None:
    rows = sampled(make_rows, {"i1": [0, 0, 1, 1]}, task="ifeval").assign(vote=None, parsed=True)
    both = with_votes(results(sampled(make_rows, VOTES), rows))

    assert both.votes is not None
    assert [(one.task, one.reason) for one in both.votes.missing] == [("ifeval", NO_ANSWER)]
    # i1 to i3 alone: the other task has no vote, and so no part in its accuracy and cost.
    assert vote_cell(both, OfSamples("four", 4, "vote")).accuracy == pytest.approx(1 / 3)
    assert vote_cell(both, OfSamples("four", 4, "any")).accuracy == pytest.approx((2 / 3 + 1) / 2)


def test_tasks_with_fewer_samples_bound_the_family(make_rows) -> None:
    short = sampled(make_rows, {"i1": [0, 0], "i2": [0, 1]}, task="short")
    once = sampled(make_rows, {"i1": [0]}, task="once")
    found = with_votes(results(sampled(make_rows, VOTES), short, once))

    assert found.votes is not None
    sizes = [one.of_samples.samples for one in found.votes.cells if one.of_samples]
    assert max(sizes) == 2
    assert set(found.votes.items["task"]) == {"sums", "short"}


def test_seconds_of_a_task_are_those_of_all_its_samples(make_rows) -> None:
    study = results(sampled(make_rows, VOTES))
    metered = replace(study, cells=tuple(replace(c, device_seconds=0.5) for c in study.cells))

    assert vote_cell(with_votes(metered), OfSamples("four", 4, "vote")).device_seconds == 2.0


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"correct": 0.5}, SHARES), ({"vote": None}, NO_ANSWER)],
)
def test_what_cannot_be_voted_on_says_why(make_rows, change, reason) -> None:
    rows = sampled(make_rows, {"i1": [0, 0, 1, 1], "i2": [0, 2, 2, 2]}).assign(**change)
    other = sampled(make_rows, VOTES, task="other")

    found = with_votes(results(rows, other))

    assert found.votes is not None
    assert [(one.task, one.reason) for one in found.votes.missing] == [("sums", reason)]


def test_scores_of_before_votes_were_told_have_pass_at_k_alone(make_rows) -> None:
    found = with_votes(results(sampled(make_rows, VOTES).drop(columns="vote")))

    assert found.votes is not None
    assert {one.of_samples.by for one in found.votes.cells if one.of_samples} == {"any"}
    assert found.votes.missing[0].reason == NO_COLUMN


def test_one_sample_an_item_has_no_votes(make_rows) -> None:
    study = results(make_rows("ift", "sums", {"i1": [1.0], "i2": [0.0]}))

    assert with_votes(study) is study
