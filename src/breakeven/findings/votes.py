"""Votes of plain answers against one reasoning answer of the same student, at equal FLOPs.

What costs as much as the reasoning answer lies between two numbers of votes, say 5.3: who takes
six votes on 30% of the queries and five on the others spends just that, and is as accurate as the
two are in that share. So the interpolation is a way to answer, and no model of a curve.

Votes may read their prompt each time, as the FLOPs of answers are counted here and as the
transformers engine works, or once for all, as a server does that keeps it. Short answers to long
prompts are worth many more votes then, so that both are compared.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import floor
from typing import Literal, NamedTuple

from breakeven.core.known_numbers import known_mean
from breakeven.findings.contrasts import Contrast, Term, contrast
from breakeven.findings.direction import Direction, direction_of
from breakeven.findings.groups import Group, GroupPair, group_pairs, groups_of
from breakeven.findings.scored_results import ScoredResults
from breakeven.results.aggregate import family_scores
from breakeven.results.cell_results import Results
from breakeven.words import fixed

PromptReading = Literal["each time", "once"]
VOTE_WORDS: dict[Direction, str] = {
    "ahead": "votes ahead",
    "behind": "reasoning ahead",
    "undecided": "undecided",
}
NO_SAMPLES = "no decoding has several samples an item"


class VoteComparison(NamedTuple):
    """One comparison, on `tasks`; accuracies and differences are fractions, costs FLOPs a query.

    `plain` is one sample of `decoding`, of which there are `samples`. So many votes, `size`, cost
    what one reasoning answer does (`spent`) where each reads its `prompt`, or one does for all.
    `lead` is the votes' accuracy (`accuracy`) minus that of reasoning; without it `reason` says
    why. Before correction nothing is decided.
    """

    reasoning: Group
    plain: Group
    decoding: str
    samples: int
    tasks: tuple[str, ...]
    spent: float
    prompt: PromptReading
    size: float
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
        return "|".join(("votes", self.prompt, *where))

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


class VoteCurve(NamedTuple):
    """What samples of one decoding come to for a group's student and arm, by how many are taken.

    `votes` are of 1, 2, 3, … samples, and none where they cannot be voted on; `passes` whether one
    of them is right.
    """

    group: Group
    decoding: str
    votes: dict[int, Group]
    passes: dict[int, Group]

    @property
    def shown(self) -> dict[int, Group]:
        """Votes of 1, 2, 4, … samples and of all, the numbers that are shown."""
        from breakeven.statistics.votes import vote_sizes

        return {k: self.votes[k] for k in vote_sizes(len(self.votes))} if self.votes else {}


def vote_comparisons(scored: ScoredResults) -> tuple[VoteComparison, ...]:
    """Every pair of styles whose IFT arm has several samples in any decoding.

    Reasoning answers once, in the decoding of `scored`.
    """
    return tuple(
        found
        for pair in group_pairs(scored.results)
        for curve in vote_curves(scored.results, pair.ift)
        if curve.votes
        for found in _compared(scored, pair, curve)
    )


def vote_curves(results: Results, group: Group) -> tuple[VoteCurve, ...]:
    """The votes of a group's student and arm, decoding by decoding; the group's own may differ."""
    cell = group.cells[0]
    place = (cell.student, cell.arm, cell.corpus, cell.family)
    found: dict[str, VoteCurve] = {}
    every = [] if results.votes is None else results.votes.cells
    own = [one for one in every if (one.student, one.arm, one.corpus, one.family) == place]
    for taken in groups_of(own):
        of = taken.cells[0].of_samples
        assert of is not None  # so every vote is made
        curve = found.setdefault(of.decoding, VoteCurve(group, of.decoding, {}, {}))
        by_size = curve.votes if of.by == "vote" else curve.passes
        by_size[of.samples] = taken
    return tuple(
        one._replace(votes=dict(sorted(one.votes.items())), passes=dict(sorted(one.passes.items())))
        for one in found.values()
    )


def unvoted_words(results: Results) -> str:
    """The tasks that have no vote, or are not told of, each reason once; empty where all have."""
    missing = () if results.votes is None else results.votes.missing
    parts = [
        f"{', '.join(dict.fromkeys(one.task for one in missing if one.reason == reason))}: {reason}"
        for reason in dict.fromkeys(one.reason for one in missing)
    ]
    return f" Left out of the votes: {'; '.join(parts)}." if parts else ""


def _compared(scored: ScoredResults, pair: GroupPair, curve: VoteCurve) -> Iterator[VoteComparison]:
    """A pair at equal FLOPs, for both ways to read a prompt; none where FLOPs are not known."""
    one = curve.votes[1]
    tasks = _tasks(scored.results, one)
    plain, prompt = one.mean("inference_flops"), one.mean("prompt_flops")
    spent = _spent(scored.results, pair.reasoning, one, tasks)
    if not plain or not spent:
        return
    sizes: dict[PromptReading, float] = {"each time": spent / plain}
    # An answer of one token is predicted by the reading alone: then every vote but one is free.
    if prompt is not None and prompt < plain:
        sizes["once"] = (spent - prompt) / (plain - prompt)
    for reading, size in sizes.items():
        found = VoteComparison(
            reasoning=pair.reasoning,
            plain=one,
            decoding=curve.decoding,
            samples=len(curve.votes),
            tasks=tasks,
            spent=spent,
            prompt=reading,
            size=size,
            accuracy=None,
            lead=None,
            reason=None,
        )
        if spent < plain:
            yield found._replace(reason="one plain answer costs more")
        elif size > len(curve.votes):
            kept = prompt if reading == "once" and prompt is not None else 0.0
            reach = fixed(100 * (kept + len(curve.votes) * (plain - kept)) / spent, 0)
            yield found._replace(reason=f"{len(curve.votes)} samples reach {reach}% of the FLOPs")
        else:
            terms = _between(curve.votes, size)
            lead = contrast(scored, [*terms, Term(-1.0, pair.reasoning)])
            accuracy = sum(weight * group.accuracy for weight, group in terms)
            yield found._replace(accuracy=accuracy, lead=lead, reason=lead.reason)


def _between(votes: Mapping[int, Group], size: float) -> list[Term]:
    """Votes of just that size: a share of the queries has one more than the others."""
    fewer = floor(size)
    share = size - fewer
    if not share:
        return [Term(1.0, votes[fewer])]
    return [Term(1 - share, votes[fewer]), Term(share, votes[fewer + 1])]


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
