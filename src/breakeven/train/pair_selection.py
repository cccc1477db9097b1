"""Which pairs an arm learns, in which style and order. Pure: numbers in, positions of pairs out.

Every arm of a corpus sees the pairs in the same seeded order, whatever its style. Which of them
are learnt with their trace is drawn once for each pair, so that the pairs of a 25% arm are among
those of a 50% arm.
"""

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from breakeven.params import CompletionStyle


class Sample(NamedTuple):
    """One pair, by its position in the corpus, in the style in which it is learnt."""

    pair: int
    style: "CompletionStyle"


class SampleCosts(NamedTuple):
    """What each pair costs of the budget in each style: 1, tokens or FLOPs."""

    ift: Sequence[float]
    reasoning: Sequence[float]

    def of(self, sample: Sample) -> float:
        """Cost of one sample."""
        return (self.reasoning if sample.style == "reasoning" else self.ift)[sample.pair]


class Selection(NamedTuple):
    """Samples in phases: batches do not reach over the end of a phase.

    A phase is one pass over the pairs (the last may be cut by the budget), or one style's part of
    it where the order is sequential.
    """

    phases: tuple[tuple[Sample, ...], ...]
    pairs: int
    passes: float

    @property
    def samples(self) -> tuple[Sample, ...]:
        """All samples in order."""
        return tuple(sample for phase in self.phases for sample in phase)


def select(
    pairs: int,
    *,
    share: float,
    order: Literal["mixed", "sequential"],
    seed: int,
    epochs: int = 1,
    budget: float | None = None,
    costs: SampleCosts | None = None,
) -> Selection:
    """Samples of an arm over `pairs` pairs.

    Without a budget, `epochs` passes over all pairs. With one, `costs` are summed over as many
    passes as it takes, and training ends before the sample that would exceed it. Of the pairs that
    are used, the `round(share·n)` with the lowest draws are learnt with their trace in every pass.
    Sequential order puts all plain samples first, then all with a trace.

    Raises:
        ValueError: the budget does not pay for one sample.
    """
    if budget is None:
        plan = _PassOrder(pairs, share, seed)
        passes = [plan.one_pass(number, pairs) for number in range(epochs)]
    else:
        if costs is None:
            raise ValueError("costs: a budget needs them")
        passes = _passes_within(budget, costs, _PassOrder(pairs, share, seed))
    used = max(len(one) for one in passes)  # every pass takes the pairs of the first, or some
    seen = sum(len(one) for one in passes)
    phases = (
        passes if order == "mixed" else [*_of_style(passes, "ift"), *_of_style(passes, "reasoning")]
    )
    return Selection(tuple(phase for phase in phases if phase), used, seen / pairs)


def pass_cost(pairs: int, *, share: float, seed: int, costs: SampleCosts) -> float:
    """What one pass over all pairs costs at that share."""
    return sum(map(costs.of, _PassOrder(pairs, share, seed).one_pass(0, pairs)))


def one_after_another(selections: Sequence[Selection], pairs: Sequence[int]) -> Selection:
    """The samples of several corpora, one corpus after the other; `pairs` is the size of each.

    Pairs are numbered through: those of the second corpus go on where the first ends.
    """
    phases: list[tuple[Sample, ...]] = []
    for number, selection in enumerate(selections):
        before = sum(pairs[:number])
        for phase in selection.phases:
            phases.append(tuple(Sample(before + one.pair, one.style) for one in phase))
    return Selection(
        tuple(phases),
        sum(one.pairs for one in selections),
        sum(map(len, phases)) / sum(pairs),
    )


class _PassOrder:
    """The order of pairs in each pass, and the draw that decides who learns with a trace."""

    def __init__(self, pairs: int, share: float, seed: int) -> None:
        self.pairs, self.share, self.seed = pairs, share, seed
        self._first = self._order(0)
        # Seeded by text, which gives the same draw on every machine, and never that of another use.
        self._drawn = list(range(pairs))
        random.Random(f"traces/{seed}").shuffle(self._drawn)  # noqa: S311 - a draw, not a secret

    def one_pass(self, number: int, used: int) -> tuple[Sample, ...]:
        """Pass `number` (from 0) over the first `used` pairs of the first pass."""
        chosen = set(self._first[:used])
        traced = self._traced(chosen)
        return tuple(
            Sample(pair, "reasoning" if pair in traced else "ift")
            for pair in (self._order(number) if number else self._first)
            if pair in chosen
        )

    def _traced(self, chosen: set[int]) -> set[int]:
        wanted = round(self.share * len(chosen))
        return set([pair for pair in self._drawn if pair in chosen][:wanted])

    def _order(self, number: int) -> list[int]:
        order = list(range(self.pairs))
        random.Random(f"order/{self.seed}/{number}").shuffle(order)  # noqa: S311
        return order


def _passes_within(budget: float, costs: SampleCosts, plan: _PassOrder) -> list[tuple[Sample, ...]]:
    whole = plan.one_pass(0, plan.pairs)
    left = budget - sum(map(costs.of, whole))
    if left < 0:
        return [_largest_pass(budget, costs, plan)]
    passes = [whole]
    while True:
        following = plan.one_pass(len(passes), plan.pairs)
        affordable = _affordable(following, left, costs)
        if affordable:
            passes.append(following[:affordable])
        if affordable < len(following):
            return passes
        left -= sum(map(costs.of, following))


def _largest_pass(budget: float, costs: SampleCosts, plan: _PassOrder) -> tuple[Sample, ...]:
    """The first pass over as many pairs as the budget pays for, at the exact share among them."""

    def fits(used: int) -> bool:
        return sum(map(costs.of, plan.one_pass(0, used))) <= budget

    used = _last_true(fits, plan.pairs)
    if used == 0:
        least = sum(map(costs.of, plan.one_pass(0, 1)))
        raise ValueError(f"{budget:g} does not pay for the first sample, which takes {least:g}")
    return plan.one_pass(0, used)


def _last_true(holds: Callable[[int], bool], limit: int) -> int:
    """The largest count found by bisection; costs grow with the count but for a few swaps."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def _affordable(samples: Sequence[Sample], left: float, costs: SampleCosts) -> int:
    for count, sample in enumerate(samples):
        left -= costs.of(sample)
        if left < 0:
            return count
    return len(samples)


def _of_style(
    passes: Sequence[tuple[Sample, ...]], style: "CompletionStyle"
) -> list[tuple[Sample, ...]]:
    return [tuple(sample for sample in one if sample.style == style) for one in passes]
