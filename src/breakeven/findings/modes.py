"""Which answers have a trace: how often an arm thinks, and how its answers with and without fare.

An arm that learnt plain answers should write no trace, and one that learnt traces should write one
always, and one that is asked for a mode by a tag should follow it; what does otherwise leaks from
one mode into the other. A mixed arm without a tag chooses by itself. It chooses question by
question, so that its two modes are asked different questions: their difference is no effect of
thinking.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from breakeven.findings.groups import Group
from breakeven.findings.scored_results import ScoredResults
from breakeven.findings.shares import shares_with_trace
from breakeven.results.aggregate import generated_tokens
from breakeven.statistics.estimates import Estimate

if TYPE_CHECKING:
    import pandas as pd


class ModeAnswers(NamedTuple):
    """The answers of a group in one mode: how many, their accuracy, and tokens of an answer.

    Over all answers of the mode alike, whatever their task: a task that a mode does not meet would
    have no mean. Intervals speak of these trained models; an item's samples and seeds are one
    cluster.
    """

    answers: int
    accuracy: Estimate
    tokens: Estimate


class GroupModes(NamedTuple):
    """One group: its share of answers with a trace (a mean over tasks), and each mode by itself.

    `plain` and `thinking` are None where no answer is of that mode.
    """

    group: Group
    thinking_share: Estimate
    plain: ModeAnswers | None
    thinking: ModeAnswers | None

    @property
    def leaking_share(self) -> Estimate | None:
        """The share of answers that are not of the mode that the arm learnt, or was asked for.

        None for arms that learnt both modes and were asked for neither, and for untrained ones.
        """
        cell, share = self.group.cells[0], self.thinking_share
        style = cell.style if cell.answered_style is None else cell.answered_style
        if style == "ift":
            return share
        return _complement(share) if style == "reasoning" else None


def group_modes(scored: ScoredResults, every: Sequence[Group]) -> tuple[GroupModes, ...]:
    """The modes of each group; empty where traces are not told from answers."""
    shares = shares_with_trace(scored)
    items = scored.results.items
    if shares is None or items is None or "answer_tokens" not in items.columns:
        return ()
    keys = ["student", "arm", "decoding", "family"]
    rows = {tuple(map(str, key)): part for key, part in items.groupby(keys, observed=True)}
    found = []
    for group in every:
        cell, share = group.cells[0], shares.of(group)
        own = rows.get((cell.student, cell.arm, cell.decoding, cell.family))
        if share is None or own is None:
            continue
        own = own[own["seed"].isin([one.seed for one in group.cells])]
        thought = own["thinking_tokens"] > 0
        found.append(GroupModes(group, share, _answers(own[~thought]), _answers(own[thought])))
    return tuple(found)


def _answers(rows: "pd.DataFrame") -> ModeAnswers | None:
    from breakeven.statistics.intervals import accuracy_interval

    if rows.empty:
        return None
    labels = rows["task"].astype(str) + "/" + rows["item"].astype(str)
    if "cluster" in rows.columns:
        labels = rows["cluster"].astype("object").where(rows["cluster"].notna(), labels).astype(str)
    clusters = labels.to_numpy(dtype=str) if labels.duplicated().any() else None
    return ModeAnswers(
        len(rows),
        accuracy_interval(rows["correct"].to_numpy(dtype=float), clusters),
        _mean_tokens(rows, labels),
    )


def _mean_tokens(rows: "pd.DataFrame", labels: "pd.Series[str]") -> Estimate:
    """Of the answers whose tokens are known."""
    from breakeven.statistics.intervals import mean_interval

    tokens = generated_tokens(rows).astype(float)
    known, names = tokens[tokens.notna()], labels[tokens.notna()]
    shared = names.to_numpy(dtype=str) if names.duplicated().any() else None
    return mean_interval(known.to_numpy(), shared)


def _complement(share: Estimate) -> Estimate:
    if share.value is None:
        return share
    low, high = (None if end is None else 1.0 - end for end in (share.high, share.low))
    return replace(share, value=1.0 - share.value, low=low, high=high)
