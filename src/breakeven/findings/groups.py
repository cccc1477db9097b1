"""Cells that are the same but for their seed, as one thing to compare."""

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from breakeven.core.known_numbers import known_mean
from breakeven.params import ResultStyle
from breakeven.results.cell_results import CellResult, Results
from breakeven.rows.outcomes import OutcomeShares

# A claim about "7B" speaks of 8B students too, and not of 4B or 12B ones.
SIZE_TOLERANCE = 1.3
# What results count an arm under that is in no pair and no claim: an untrained one, or a control.
IN_NO_PAIR: tuple[ResultStyle, ...] = ("base", "control")


class Group(NamedTuple):
    """One student, arm and decoding on one family, over all its seeds (in ascending order)."""

    cells: tuple[CellResult, ...]

    @property
    def accuracy(self) -> float:
        """Mean accuracy over seeds, as a fraction."""
        return sum(cell.accuracy for cell in self.cells) / len(self.cells)

    @property
    def size_b(self) -> float | None:
        """Parameters of the student in billions."""
        size = self.cells[0].size_parameters
        return None if size is None else size / 1e9

    def mean(self, field: str) -> float | None:
        """Mean over seeds of a numeric field or of an axis; None where a seed lacks it."""
        return known_mean(cell.number(field) for cell in self.cells)

    @property
    def outcomes(self) -> OutcomeShares | None:
        """Mean shares of the outcomes over seeds; None where a seed lacks them."""
        known = [cell.outcomes for cell in self.cells if cell.outcomes is not None]
        if len(known) < len(self.cells):
            return None
        return OutcomeShares(*(sum(shares) / len(known) for shares in zip(*known, strict=True)))

    @property
    def label(self) -> str:
        """The student and arm, as evidence names them."""
        return f"{self.cells[0].student} {self.cells[0].arm}"


class GroupPair(NamedTuple):
    """IFT and reasoning of one student, corpus, method, family and decoding."""

    ift: Group
    reasoning: Group


def groups(
    results: Results,
    style: ResultStyle,
    *,
    corpus: str | None = None,
    family: str | None = None,
    decoding: str | None = None,
) -> tuple[Group, ...]:
    """Groups of one style on families that it was taught, from the smallest student up.

    Nobody asked what an arm makes of a kind of problem that only others learnt.
    """
    cells = results.select(style=style, corpus=corpus, family=family, decoding=decoding)
    return groups_of(cell for cell in cells if not cell.untaught)


def groups_of(cells: Iterable[CellResult]) -> tuple[Group, ...]:
    """Cells as groups over their seeds, from the smallest student to the largest."""
    found = [Group(tuple(sorted(rows, key=_seed))) for rows in _by_key(cells).values()]
    return tuple(sorted(found, key=lambda g: math.inf if g.size_b is None else g.size_b))


def group_pairs(
    results: Results, *, corpus: str | None = None, family: str | None = None
) -> tuple[GroupPair, ...]:
    """Pairs of groups that are `partners` and have a seed in common."""
    every = groups(results, "ift", corpus=corpus, family=family)
    thinking = groups(results, "reasoning", corpus=corpus, family=family)
    beside = {one: partners(one, every) for one in thinking}
    return tuple(
        GroupPair(plain, one)
        for plain in every
        for one in thinking
        if plain in beside[one] and _seeds(plain) & _seeds(one)
    )


def of_size(candidates: Iterable[Group], size_b: float) -> Group | None:
    """The group nearest to `size_b` billion parameters, None if none is near."""
    near = [
        (ratio, index, group)
        for index, group in enumerate(candidates)
        if group.size_b is not None
        and (ratio := max(group.size_b / size_b, size_b / group.size_b)) <= SIZE_TOLERANCE
    ]
    # The index parts groups that are equally near, which cannot be compared themselves.
    return min(near)[2] if near else None


def at_least(candidates: Iterable[Group], size_b: float) -> tuple[Group, ...]:
    """Groups of students of about `size_b` billion parameters or more."""
    least = size_b / SIZE_TOLERANCE
    return tuple(g for g in candidates if (size := g.size_b) is not None and size >= least)


def below(candidates: Iterable[Group], size_b: float) -> tuple[Group, ...]:
    """Groups of students clearly smaller than `size_b` billion parameters."""
    most = size_b / SIZE_TOLERANCE
    return tuple(g for g in candidates if (size := g.size_b) is not None and size < most)


def corpora_named(results: Results, corpus: str | None) -> tuple[str, ...]:
    """The corpora a claim is judged on: the one it names, or all where the study has no such."""
    present = results.corpora()
    return (corpus,) if corpus in present and corpus is not None else present


def _by_key(cells: Iterable[CellResult]) -> Mapping[tuple[object, ...], list[CellResult]]:
    found: dict[tuple[object, ...], list[CellResult]] = {}
    for cell in cells:
        key = (cell.student, cell.arm, cell.corpus, cell.family, cell.decoding)
        found.setdefault(key, []).append(cell)
    return found


def comparable(one: Group, other: Group) -> bool:
    """Whether two groups differ in style only: one student, corpus, method, family, decoding.

    On a family that neither was taught and others were, they are no pair: nobody asked what chains
    told with a trace do for a search, and in a mean over families it would stand for no gain.
    """
    taught = not (one.cells[0].untaught or other.cells[0].untaught)
    return taught and _pair_key(one) == _pair_key(other)


def partners(one: Group, others: Iterable[Group]) -> tuple[Group, ...]:
    """Those that differ from a group in style only: of its own budget, where some have it.

    A study that varies the budget would else compare half of it in one style with twice as much in
    the other, and pay for it in the correction. Where a budget is in one style only, it is what
    there is to compare.
    """
    alike = [other for other in others if comparable(one, other)]
    return tuple([other for other in alike if _same_budget(one, other)] or alike)


def _same_budget(one: Group, other: Group) -> bool:
    """Whether both were given the same amount, or what the other of them uses."""
    mine, its = one.cells[0], other.cells[0]
    if mine.budget_of is None and its.budget_of is None:
        return mine.budget == its.budget
    return mine.arm == its.budget_of or mine.budget_of in (its.arm, its.budget_of)


def _pair_key(group: Group) -> tuple[object, ...]:
    cell = group.cells[0]
    return cell.student, cell.corpus, cell.method, cell.family, cell.decoding


def _seeds(group: Group) -> set[int]:
    return {cell.seed for cell in group.cells}


def _seed(cell: CellResult) -> int:
    return cell.seed
