"""Shares of answers with their intervals: of what loops, of what has a trace."""

from typing import TYPE_CHECKING

from breakeven.findings.accuracies import family_accuracy
from breakeven.findings.groups import Group
from breakeven.findings.scored_results import ScoredResults, task_scores
from breakeven.statistics.estimates import Estimate

if TYPE_CHECKING:
    import pandas as pd


class Shares:
    """The shares of answers that are marked, of any group: a mean over tasks, as accuracy is.

    They have the intervals of accuracies, since a mark is a yes or no of the same answers.
    """

    def __init__(self, scored: ScoredResults, marks: "pd.Series[bool]") -> None:
        """`marks` holds one an item row of the results, in their order."""
        self._scored = scored.of_marks(marks)

    def of(self, group: Group) -> Estimate | None:
        """The share of one group's answers; None where none of them is known."""
        tasks = task_scores(self._scored, [group])
        return family_accuracy(self._scored, group, tasks) if tasks else None


def shares_of_outcome(scored: ScoredResults, outcome: str) -> Shares | None:
    """The shares of an outcome; None where these results do not tell every answer's."""
    items = scored.results.items
    if items is None or "outcome" not in items.columns or items["outcome"].isna().any():
        return None
    return Shares(scored, items["outcome"].eq(outcome))


def shares_with_trace(scored: ScoredResults) -> Shares | None:
    """The shares with a trace; None where a trace is not told from its answer everywhere."""
    items = scored.results.items
    if items is None or "thinking_tokens" not in items.columns:
        return None
    tokens = items["thinking_tokens"]
    return None if tokens.isna().any() else Shares(scored, tokens.gt(0))
