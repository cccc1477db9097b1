"""Whether an arm still improved when its budget ended: the whole budget against half of it.

A style that would have gone on to learn is compared on unequal terms with one that had levelled
off. The two trainings answer the same items, so their difference is paired. That the second half
brought nothing, and that it brought a margin or more, are tested with all else that a report
decides, where both budgets were trained with several seeds. What `breakeven tune` tries is one
training of each: another seed can lie as far from it as the second half brings, so that its rise is
told as it was seen and nothing is tested.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, TypeVar

from breakeven.findings.contrasts import Term, contrast, mean_terms
from breakeven.findings.direction import ALPHA
from breakeven.findings.groups import Group
from breakeven.findings.scored_results import ScoredResults, shared_seeds
from breakeven.rows.budget_trial import BudgetTrial
from breakeven.statistics.estimates import Estimate

# What the second half of a budget may still bring of an arm that has levelled off, as a fraction.
MARGIN = 0.03
# Shares of the whole that count as half of it: budgets end before a sample that is too much.
_HALF = (0.4, 0.6)

NOTHING_TRIED = (
    "no two arms differ in their budget only, and breakeven tune has left no budgets of this study"
)

Levelling = Literal["levelled off", "still improving", "undecided", "not tested"]
AskedItems = Literal["test items", "tune side"]


class LevellingCheck(NamedTuple):
    """What the second half of its budget brought an arm of a student, as fractions.

    `half` and `whole` are accuracies, `share` is what the half is of the whole, `low` and `high`
    are those of `gain`. `p_gain` is the p of no gain, in both directions, `p_margin` that of a gain
    of `MARGIN` or more. Before correction nothing is decided. Without a p (of one training of each
    budget) nothing ever is: the interval then holds other items and no other trainings.
    """

    student: str
    arm: str
    asked: AskedItems
    items: int
    share: float
    half: float
    whole: float
    gain: float
    low: float | None
    high: float | None
    p_gain: float | None
    p_margin: float | None
    stands: Levelling = "undecided"

    @property
    def rose(self) -> bool:
        """Whether the second half brought something on these items: in these trainings, that is."""
        return self.low is not None and self.low > 0

    @property
    def tests(self) -> dict[str, float | None]:
        """Both p by the name of their test."""
        where = "|".join((self.asked, self.student, self.arm))
        return {
            f"levelling|gain|{where}": self.p_gain,
            f"levelling|margin|{where}": self.p_margin,
        }

    def corrected(self, adjusted: Callable[[str], float | None]) -> "LevellingCheck":
        """The same after correction, which tells a test's adjusted p by its name."""
        if self.stands == "not tested":
            return self
        gain, margin = map(adjusted, self.tests)
        return self._replace(stands=levelling(self.gain, gain, margin))


def levelling(gain: float, p_gain: float | None, p_margin: float | None) -> Levelling:
    """What adjusted p say: shown to bring less than the margin, else shown to bring something."""
    if p_margin is not None and p_margin <= ALPHA:
        return "levelled off"
    if p_gain is not None and p_gain <= ALPHA and gain > 0:
        return "still improving"
    return "undecided"


def levelling_of_trials(trials: Iterable[BudgetTrial]) -> tuple[LevellingCheck, ...]:
    """Every student and arm of which the whole budget and about half of it were tried."""
    by_arm: dict[tuple[str, str], list[BudgetTrial]] = {}
    for one in trials:
        by_arm.setdefault((one.student, one.arm), []).append(one)
    checks = []
    for own in by_arm.values():
        whole = max(own, key=lambda one: one.share)
        half = _nearest_to_half({one.share / whole.share: one for one in own})
        if half is not None:
            checks.append(_paired_trials(*half, whole))
    return tuple(check for check in checks if check is not None)


def levelling_of_arms(
    scored: ScoredResults, every: Sequence[Group], series: Sequence[Sequence[str]]
) -> tuple[LevellingCheck, ...]:
    """Every student in each series of arms that differ in their budget only.

    `every` are the groups of the decoding that is judged. Accuracy is the mean over the families
    that the arm was taught. Every arm of which about half of the budget was trained too is told of.
    """
    checks = []
    for arms in series:
        by_student: dict[str, dict[str, dict[str, Group]]] = {}
        for group in every:
            cell = group.cells[0]
            if cell.arm in arms and not cell.untaught:
                families = by_student.setdefault(cell.student, {}).setdefault(cell.arm, {})
                families[cell.family] = group
        for by_arm in by_student.values():
            tokens = {arm: _trained_tokens(found) for arm, found in by_arm.items()}
            known = {arm: amount for arm, amount in tokens.items() if amount}
            for whole, most in known.items():
                half = _nearest_to_half({amount / most: arm for arm, amount in known.items()})
                if half is not None:
                    share, arm = half
                    checks.append(_paired_arms(scored, share, by_arm[arm], by_arm[whole]))
    return tuple(check for check in checks if check is not None)


def accuracy_of_trial(trial: BudgetTrial) -> Estimate:
    """The share of a trial's items that are right, with its interval."""
    from breakeven.statistics.intervals import accuracy_interval

    return accuracy_interval([1.0] * len(trial.right) + [0.0] * len(trial.wrong))


_Found = TypeVar("_Found")


def _nearest_to_half(shares: Mapping[float, _Found]) -> tuple[float, _Found] | None:
    near = {share: one for share, one in shares.items() if _HALF[0] <= share <= _HALF[1]}
    if not near:
        return None
    share = min(near, key=lambda one: abs(one - 0.5))
    return share, near[share]


def _paired_trials(share: float, half: BudgetTrial, whole: BudgetTrial) -> LevellingCheck | None:
    from breakeven.statistics.paired import paired_difference

    shared = sorted({*half.right, *half.wrong} & {*whole.right, *whole.wrong})
    if not shared:
        return None
    before, after = ([float(name in set(one.right)) for name in shared] for one in (half, whole))
    found = paired_difference(before, after).difference
    return LevellingCheck(
        whole.student,
        whole.arm,
        "tune side",
        len(shared),
        share,
        sum(before) / len(shared),
        sum(after) / len(shared),
        (sum(after) - sum(before)) / len(shared),
        found.low,
        found.high,
        None,
        None,
        "not tested",
    )


def _trained_tokens(families: Mapping[str, Group]) -> float | None:
    return next(iter(families.values())).mean("train_tokens")


def _paired_arms(
    scored: ScoredResults, share: float, half: Mapping[str, Group], whole: Mapping[str, Group]
) -> LevellingCheck | None:
    families = [name for name in whole if name in half]
    if not families:
        return None
    rows = [[Term(1.0, whole[name]), Term(-1.0, half[name])] for name in families]
    found, against_margin = (contrast(scored, mean_terms(rows), at) for at in (0.0, MARGIN))
    cell = whole[families[0]].cells[0]
    several = len(shared_seeds([term.group for row in rows for term in row])) > 1
    before, after = (
        sum(one[name].accuracy for name in families) / len(families) for one in (half, whole)
    )
    items = sum(whole[name].cells[0].items or 0 for name in families)
    return LevellingCheck(
        cell.student,
        cell.arm,
        "test items",
        items,
        share,
        before,
        after,
        found.value,
        found.low,
        found.high,
        found.two_sided_p if several else None,
        against_margin.p_below if several else None,
        "undecided" if several else "not tested",
    )
