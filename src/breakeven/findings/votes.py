"""Votes of plain answers against one reasoning answer of the same student, at equal FLOPs.

What costs as much as the reasoning answer lies between two numbers of votes, say 5.3: who takes
six votes on 30% of the queries and five on the others spends just that, and is as accurate as the
two are in that share. So the interpolation is a way to answer, and no model of a curve.
"""

from collections.abc import Iterator, Sequence
from math import floor
from typing import NamedTuple

from breakeven.core.known_numbers import known_mean
from breakeven.findings.contrasts import Contrast, Term, contrast
from breakeven.findings.direction import Direction, direction_of
from breakeven.findings.groups import Group, GroupPair, group_pairs, groups_of
from breakeven.findings.scored_results import ScoredResults
from breakeven.results.aggregate import family_scores
from breakeven.results.cell_results import Results
from breakeven.words import fixed

VOTE_WORDS: dict[Direction, str] = {
    "ahead": "votes ahead",
    "behind": "reasoning ahead",
    "undecided": "undecided",
}


class VoteComparison(NamedTuple):
    """One comparison, on `tasks`; accuracies and differences are fractions, costs FLOPs a query.

    `plain` is one sample of `decoding`, of which there are `samples`. So many votes, `size`, cost
    what one reasoning answer does (`spent`); `kept_prompt_size` if its prompt were read once for
    all votes, None where that is not known. `lead` is the votes' accuracy (`accuracy`) minus that
    of reasoning; without it `reason` says why. Before correction nothing is decided.
    """

    reasoning: Group
    plain: Group
    decoding: str
    samples: int
    tasks: tuple[str, ...]
    spent: float
    size: float
    kept_prompt_size: float | None
    accuracy: float | None
    lead: Contrast | None
    reason: str | None
    adjusted_p_value: float | None = None
    direction: Direction = "undecided"

    @property
    def key(self) -> str:
        """The name of its test."""
        cell, plain = self.reasoning.cells[0], self.plain.cells[0]
        where = (cell.student, cell.arm, plain.arm, str(cell.corpus), self.decoding, cell.family)
        return "|".join(("votes", *where))

    @property
    def p_value(self) -> float | None:
        """Of no difference, before correction."""
        return None if self.lead is None else self.lead.two_sided_p

    @property
    def stands(self) -> str:
        """How it stands, in words; where nothing could be compared, with the reason."""
        word = VOTE_WORDS[self.direction]
        return word if self.reason is None else f"{word}: {self.reason}"

    def corrected(self, adjusted_p_value: float | None) -> "VoteComparison":
        """The same after correction."""
        lead = 0.0 if self.lead is None else self.lead.value
        return self._replace(
            adjusted_p_value=adjusted_p_value, direction=direction_of(adjusted_p_value, lead)
        )


def vote_comparisons(scored: ScoredResults) -> tuple[VoteComparison, ...]:
    """Every pair of styles whose IFT arm has several samples in any decoding.

    Reasoning answers once, in the decoding of `scored`.
    """
    return tuple(
        found
        for pair in group_pairs(scored.results)
        for votes in votes_by_decoding(scored.results, pair.ift)
        if (found := _compared(scored, pair, votes)) is not None
    )


def votes_by_decoding(results: Results, group: Group) -> Iterator[Sequence[Group]]:
    """The votes of a group's student and arm: those of 1, 2, 3, … samples, decoding by decoding."""
    cell = group.cells[0]
    every = [] if results.votes is None else results.votes.cells
    own = [
        one
        for one in every
        if (one.student, one.arm, one.corpus, one.family)
        == (cell.student, cell.arm, cell.corpus, cell.family)
        and one.of_samples is not None
        and one.of_samples.by == "vote"
    ]
    for decoding in dict.fromkeys(one.of_samples.decoding for one in own if one.of_samples):
        found = groups_of(o for o in own if o.of_samples and o.of_samples.decoding == decoding)
        yield sorted(found, key=_samples)


def _samples(group: Group) -> int:
    of = group.cells[0].of_samples
    assert of is not None  # only votes are asked
    return of.samples


def _compared(
    scored: ScoredResults, pair: GroupPair, votes: Sequence[Group]
) -> VoteComparison | None:
    """A pair at equal FLOPs; None where these are not known."""
    one, results = votes[0], scored.results
    of = one.cells[0].of_samples
    assert of is not None
    tasks = _tasks(results, one)
    plain, spent = one.mean("inference_flops"), _spent(results, pair.reasoning, one, tasks)
    if not plain or not spent:
        return None
    size, prompt = spent / plain, one.mean("prompt_flops")
    kept = None if prompt is None else (spent - prompt) / (plain - prompt)
    found = VoteComparison(
        pair.reasoning, one, of.decoding, len(votes), tasks, spent, size, kept, None, None, None
    )
    if size > len(votes):
        reach = fixed(100 * len(votes) / size, 0)
        return found._replace(reason=f"{len(votes)} samples reach {reach}% of the FLOPs")
    if size < 1:
        return found._replace(reason="one plain answer costs more")
    terms = _between(votes, size)
    lead = contrast(scored, [*terms, Term(-1.0, pair.reasoning)])
    accuracy = sum(weight * group.accuracy for weight, group in terms)
    return found._replace(accuracy=accuracy, lead=lead, reason=lead.reason)


def _between(votes: Sequence[Group], size: float) -> list[Term]:
    """Votes of just that size: a share of the queries has one more than the others."""
    fewer = floor(size)
    share = size - fewer
    if not share:
        return [Term(1.0, votes[fewer - 1])]
    return [Term(1 - share, votes[fewer - 1]), Term(share, votes[fewer])]


def _tasks(results: Results, group: Group) -> tuple[str, ...]:
    """The tasks of a family that are voted on."""
    cell = group.cells[0]
    assert results.votes is not None
    rows = results.votes.items
    own = rows[(rows["decoding"] == cell.decoding) & (rows["family"] == cell.family)]
    return tuple(map(str, own["task"].unique()))


def _spent(results: Results, reasoning: Group, one: Group, tasks: Sequence[str]) -> float | None:
    """FLOPs of a reasoning answer on the tasks that are voted on."""
    cell = reasoning.cells[0]
    if cell.items == one.cells[0].items or results.items is None:
        return reasoning.mean("inference_flops")
    rows = results.items
    for column in ("student", "arm", "decoding", "family"):
        rows = rows[rows[column] == getattr(cell, column)]
    rows = rows[rows["task"].isin(tasks)]
    return known_mean(score.means["inference_flops"] for score in family_scores(rows))
