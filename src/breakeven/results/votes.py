"""Votes of samples as further results: derived from the answers there are, none is made anew.

`with_votes(results)` adds, for every decoding with several samples an item, the vote of k = 1, 2,
3, … of them (maj@k) and whether one of k is right (pass@k). k samples cost the sum of k answers:
each reads its prompt, as the FLOPs of an answer count it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from breakeven.results.aggregate import CELL_KEYS, FamilyScore, family_scores, item_means
from breakeven.results.cell_results import CellResult, NoVote, OfSamples, Results, Votes

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

# What k answers cost k times.
SUMMED = (
    "inference_flops",
    "prompt_flops",
    "prompt_tokens",
    "cached_prompt_tokens",
    "thinking_tokens",
    "answer_tokens",
    "device_seconds",
    "energy_joules",
)
UNEQUAL = "its items have different numbers of samples"
SHARES = "its answers are scored in shares, and not as right or wrong"
NO_COLUMN = "it is not known what its samples say (the column vote)"
NO_ANSWER = "its grader names no answer that could be voted on"


class VoteItems(NamedTuple):
    """Item rows of every number of samples taken together; `made` tells what a name stands for."""

    items: "pd.DataFrame"
    made: Mapping[str, OfSamples]
    missing: tuple[NoVote, ...]


def with_votes(results: Results) -> Results:
    """The results with `votes`; unchanged where no decoding has several samples an item."""
    found = None if results.items is None else vote_items(results.items)
    if found is None:
        return results
    cells = {_place(cell): cell for cell in results.cells}
    voted = tuple(_cell(score, found.made, cells) for score in family_scores(found.items))
    return replace(results, votes=Votes(voted, found.items, found.missing))


def vote_items(items: "pd.DataFrame") -> VoteItems | None:
    """The votes of all samples there are, item by item; None where no item has several."""
    if not (items["sample"] > 0).any():
        return None
    import pandas as pd

    frames: list[pd.DataFrame] = []
    missing: list[NoVote] = []
    made: dict[str, OfSamples] = {}
    for (decoding, _), family in items.groupby(["decoding", "family"], observed=True):
        tasks = list(_sampled_tasks(str(decoding), family, missing))
        voting = [one for one in tasks if one.votes is not None]
        for by, chosen in (("any", tasks), ("vote", voting)):
            # Of all tasks as many samples, so that all numbers of a curve are of the same tasks.
            least = min((one.samples for one in chosen), default=0)
            for one in chosen:
                for of, values in one.accuracies(by, least):
                    made[of.name] = of
                    frames.append(one.rows(of, values))
    if not frames:
        return None
    return VoteItems(pd.concat(frames, ignore_index=True), made, tuple(missing))


class _SampledTask:
    """The samples of all cells of one task with one decoding, item by item.

    `heads` has a row an item of a cell, with the means over its samples; `correct` and `votes` are
    (rows, samples), and `votes` is None where there is nothing to vote on.
    """

    def __init__(self, decoding: str, rows: "pd.DataFrame", *, voting: bool) -> None:
        from breakeven.statistics.votes import NO_VOTE

        self.decoding = decoding
        self.heads = item_means(rows)
        self.samples = len(rows) // len(self.heads)
        # In the order of `heads`, which is sorted by the same keys.
        rows = rows.sort_values([*CELL_KEYS, "family", "task", "item", "sample"])
        shape = (len(self.heads), self.samples)
        self.correct: NDArray[np.int64] = rows["correct"].to_numpy(dtype="int64").reshape(shape)
        self.votes: NDArray[np.int64] | None = None
        if voting:
            self.votes = rows["vote"].fillna(NO_VOTE).to_numpy(dtype="int64").reshape(shape)

    def accuracies(self, by: str, most: int) -> "Iterator[tuple[OfSamples, NDArray[np.float64]]]":
        """The expected accuracy of every row, by number of samples up to `most`."""
        from breakeven.statistics.votes import majority_at_k, pass_at_k, vote_sizes

        if by == "any":
            sizes = vote_sizes(most)
            passed = pass_at_k(self.correct, sizes)
            for place, k in enumerate(sizes):
                yield OfSamples(self.decoding, k, "any"), passed[:, place]
        elif self.votes is not None:
            # Every number of votes: what costs as much as something else lies between two.
            voted = majority_at_k(self.correct, self.votes, range(1, most + 1))
            for k in range(1, most + 1):
                yield OfSamples(self.decoding, k, "vote"), voted[:, k - 1]

    def rows(self, of: OfSamples, accuracies: "NDArray[np.float64]") -> "pd.DataFrame":
        """Item rows of a vote, with what it costs."""
        costs = [name for name in SUMMED if name in self.heads.columns]
        keys = [*CELL_KEYS, "family", "task", "item"]
        return self.heads[keys].assign(
            decoding=of.name,
            correct=accuracies,
            **{name: of.samples * self.heads[name] for name in costs},
        )


def _sampled_tasks(
    decoding: str, rows: "pd.DataFrame", missing: list[NoVote]
) -> Iterator[_SampledTask]:
    """The tasks of a family that have several samples an item; `missing` gets what they lack."""
    for task, part in rows.groupby("task", observed=True):
        counts = part.groupby([*CELL_KEYS, "item"], observed=True).size()
        if counts.max() < 2:
            continue
        if counts.nunique() > 1 or not part["correct"].isin((0, 1)).all():
            unfit = UNEQUAL if counts.nunique() > 1 else SHARES
            missing.append(NoVote(decoding, str(task), unfit))
            continue
        reason = _why_no_vote(part)
        if reason is not None:
            missing.append(NoVote(decoding, str(task), reason))
        yield _SampledTask(decoding, part, voting=reason is None)


def _why_no_vote(rows: "pd.DataFrame") -> str | None:
    if "vote" not in rows.columns:
        return NO_COLUMN
    nameless = rows["vote"].isna()
    if "parsed" not in rows.columns or rows["parsed"].isna().any():
        return NO_ANSWER if nameless.all() else None
    # A sample in which an answer was found names it, wherever its grader reads one out.
    return NO_ANSWER if (rows["parsed"].astype(bool) & nameless).any() else None


def _place(cell: CellResult) -> tuple[str, str, int, str, str]:
    return cell.student, cell.arm, cell.seed, cell.decoding, cell.family


def _cell(
    score: FamilyScore,
    made: Mapping[str, OfSamples],
    cells: Mapping[tuple[str, str, int, str, str], CellResult],
) -> CellResult:
    """The cell whose samples these are, with the accuracy and the costs of k of them."""
    of = made[score.decoding]
    own = cells[score.student, score.arm, score.seed, of.decoding, score.family]
    accuracy = score.means["correct"]
    assert accuracy is not None  # every row has one

    def summed(name: str) -> float | None:
        """A cost of all samples; of a part of the tasks only where it is known by item."""
        by_item, one = score.means[name], getattr(own, name)
        if by_item is not None or one is None or own.items != score.items:
            return by_item
        return float(of.samples * one)

    return replace(
        own,
        decoding=score.decoding,
        accuracy=accuracy,
        items=score.items,
        inference_flops=summed("inference_flops"),
        prompt_flops=summed("prompt_flops"),
        prompt_tokens=summed("prompt_tokens"),
        cached_prompt_tokens=summed("cached_prompt_tokens"),
        thinking_tokens=summed("thinking_tokens"),
        answer_tokens=summed("answer_tokens"),
        device_seconds=summed("device_seconds"),
        energy_joules=summed("energy_joules"),
        truncated_share=None,
        unparsed_share=None,
        thinking_share=None,
        outcomes=None,
        of_samples=of,
        # Lengths were those of all tasks of the family.
        served=tuple(one.times(of.samples) for one in own.served)
        if own.items == score.items
        else (),
    )
