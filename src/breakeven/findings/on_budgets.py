"""Tests of claims about what tokens and memory are best spent on when a student answers.

Both set two ways to spend beside each other, of which one costs no more than the other: where the
cheaper is the more accurate, it is so at equal cost too, whatever lies between. So no curve is
drawn through decodings. A way is chosen by its cost, never by its accuracy. Answers whose trace the
decoding left out or closed are no way to spend: a student that learnt whole traces is at a loss
without one, and a claim about lengths would be decided by that.
"""

from collections.abc import Sequence
from typing import NamedTuple

from breakeven.findings.contrasts import Contrast, Term, contrast, mean_terms
from breakeven.findings.groups import Group, groups_of
from breakeven.findings.outcome import Outcome, not_testable, resolution_of, with_interval
from breakeven.findings.scored_results import ScoredResults
from breakeven.findings.votes import vote_curves

TOKENS, MEMORY = "output_tokens", "memory_bytes"


class Beside(NamedTuple):
    """What a claim favours, and what it is held against."""

    favoured: Group
    other: Group


def votes_beat_longer_answers(scored: ScoredResults, *, least_votes: int) -> Outcome:
    """At equal tokens, a vote of reasoning answers is more accurate than one longer answer."""
    wanted = f"votes of {least_votes} or more reasoning answers beside one with as many tokens"
    singles = _reasoning(scored, TOKENS)
    # One decoding of each speaks for all: votes are found by student, arm and family.
    asked = {_training(one): one for one in singles}
    votes = [
        most
        for one in asked.values()
        for curve in vote_curves(scored.results, one)
        if len(curve.votes) >= least_votes
        and (most := curve.votes[len(curve.votes)]).mean(TOKENS) is not None
    ]
    pairs = []
    for vote in votes:
        cell = vote.cells[0]
        # One of the samples that vote is no other way to think.
        own = [
            one
            for one in singles
            if _training(one) == _training(vote)
            and one.cells[0].items == cell.items
            and (cell.of_samples is None or one.cells[0].decoding != cell.of_samples.decoding)
        ]
        spent = _known(vote, TOKENS)
        longer = [one for one in own if _known(one, TOKENS) >= spent]
        shorter = [one for one in own if _known(one, TOKENS) < spent]
        # The nearest in tokens on either side.
        pairs += [Beside(vote, one) for one in sorted(longer, key=_tokens)[:1]]
        pairs += [Beside(vote, one) for one in sorted(shorter, key=_tokens)[-1:]]
    return _judged(scored, pairs, TOKENS, "votes over one answer", wanted)


def weights_beat_length(
    scored: ScoredResults, *, below_bytes: float, bytes_a_weight: float, longer: float
) -> Outcome:
    """At equal memory, a larger student is more accurate than a small one that writes longer.

    Small is below `below_bytes` of weights; its answers have `longer` times the tokens or more.
    """
    wanted = "reasoning students whose own answers have several lengths, with the memory they take"
    every = [one for one in _reasoning(scored, TOKENS) if one.mean(MEMORY) is not None]
    pairs = []
    for small in every:
        if small.size_b is None or small.size_b * 1e9 * bytes_a_weight >= below_bytes:
            continue
        larger: dict[str, list[Group]] = {}
        for one in every:
            if (
                one.size_b is not None
                and one.size_b > small.size_b
                and _training(one)[1:] == _training(small)[1:]
                and _known(small, TOKENS) >= longer * _known(one, TOKENS)
            ):
                larger.setdefault(one.cells[0].student, []).append(one)
        # Of a larger student the shortest answers, which leave most to its weights.
        pairs += [Beside(min(found, key=_tokens), small) for found in larger.values()]
    return _judged(scored, pairs, MEMORY, "larger students over longer answers", wanted)


def _judged(
    scored: ScoredResults, pairs: Sequence[Beside], cost: str, what: str, wanted: str
) -> Outcome:
    """For the claim speak pairs whose favoured way costs no more, against it the others.

    A way that costs more proves nothing by being ahead; where it is behind, it is so at equal cost.
    """
    if not pairs:
        return not_testable(f"not tested: no {wanted}", wanted)
    no_dearer = [pair for pair in pairs if _known(pair.favoured, cost) <= _known(pair.other, cost)]
    dearer = [pair for pair in pairs if pair not in no_dearer]
    ahead, behind = _mean(scored, no_dearer), _mean(scored, dearer)
    words = [
        f"{with_interval(found)} on average over {len(chosen)} pairs in which they cost {how}"
        for found, chosen, how in ((ahead, no_dearer, "no more"), (behind, dearer, "more"))
        if found is not None
    ]
    return Outcome(
        p_supported=None if ahead is None else ahead.p_above,
        p_contradicted=None if behind is None else behind.p_below,
        evidence=f"{what}: {'; '.join(words)}",
        would_decide="more questions or seeds" if no_dearer else wanted,
        resolution=resolution_of([one for one in (ahead, behind) if one is not None]),
        numbers={
            "pairs_at_no_more": len(no_dearer),
            "lead_at_no_more": None if ahead is None else ahead.value,
            "pairs_at_more": len(dearer),
            "lead_at_more": None if behind is None else behind.value,
        },
    )


def _mean(scored: ScoredResults, pairs: Sequence[Beside]) -> Contrast | None:
    if not pairs:
        return None
    rows = [[Term(1.0, pair.favoured), Term(-1.0, pair.other)] for pair in pairs]
    return contrast(scored, mean_terms(rows))


def _reasoning(scored: ScoredResults, cost: str) -> list[Group]:
    """Reasoning students in every decoding that leaves their traces alone, with a known cost."""
    cells = (
        cell
        for cell in scored.of_every_decoding
        if cell.style == "reasoning" and not (cell.untaught or cell.cut_thinking)
    )
    return [group for group in groups_of(cells) if group.mean(cost) is not None]


def _training(group: Group) -> tuple[object, ...]:
    """Whose answers these are, and on what, whatever their decoding; the student comes first."""
    cell = group.cells[0]
    return cell.student, cell.arm, cell.corpus, cell.method, cell.family


def _known(group: Group, cost: str) -> float:
    found = group.mean(cost)
    assert found is not None  # only groups with a known cost are taken
    return found


def _tokens(group: Group) -> float:
    return _known(group, TOKENS)
