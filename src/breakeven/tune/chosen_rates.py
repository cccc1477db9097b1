"""The rate that is chosen of each student and arm, and what speaks against trusting it."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from breakeven.core.errors import InputError
from breakeven.params import Params
from breakeven.statistics.multiple import holm
from breakeven.statistics.paired import exact_mcnemar
from breakeven.tune.trial import Outcome
from breakeven.words import percent


class Choice(NamedTuple):
    """The rate chosen of a student and arm, and the outcomes by budget at that rate.

    `by_budget` goes from the smallest share to the whole.
    """

    chosen: Outcome
    tried: tuple[Outcome, ...]
    by_budget: tuple[Outcome, ...]

    @property
    def at_edge(self) -> bool:
        """Whether the best rate is the lowest or highest tried: a better one may lie beyond."""
        rates = sorted(one.learning_rate for one in self.tried)
        return len(rates) > 1 and best_of(self.tried).learning_rate in (rates[0], rates[-1])

    @property
    def last_gain(self) -> float | None:
        """Accuracy at the whole budget minus that at the share before it: near 0 has levelled."""
        if len(self.by_budget) < 2:
            return None
        before, whole = (one.accuracy for one in self.by_budget[-2:])
        return None if before is None or whole is None else whole - before

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "learning_rate": self.chosen.learning_rate,
            "accuracy": self.chosen.accuracy,
            "loss": self.chosen.loss,
            "items": self.chosen.items,
            "best": best_of(self.tried).learning_rate,
            "as_good_as_the_best": [one.learning_rate for one in as_good_as_best(self.tried)],
            "at_edge": self.at_edge,
            "tried": sorted(one.learning_rate for one in self.tried),
            "accuracy_by_share": {f"{one.share:g}": one.accuracy for one in self.by_budget},
            "last_gain": self.last_gain,
        }


def best_of(tried: Sequence[Outcome]) -> Outcome:
    """The outcome of the best rate; of equals the lower rate.

    Raises:
        InputError: the training diverged at every rate.
    """
    best = max(sorted(tried, key=lambda one: one.learning_rate), key=lambda one: one.rank)
    if best.loss is None:
        raise InputError(
            f"--rate: {best.student} {best.arm} diverged at every rate from "
            f"{min(one.learning_rate for one in tried):g} on; use lower ones"
        )
    return best


def as_good_as_best(tried: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes that the items do not tell apart from the best, with it, the lowest rate first.

    Paired, each rate that was scored against the best (McNemar's exact test), at 5% for all of them
    by Holm. Where no item can be graded, the best alone. The best was picked by the same items, so
    that of equal rates one is left out somewhat more often than that. It is a test on items: one
    training of each rate was made, and another one of the same rate would differ as well.
    """
    best = best_of(tried)
    others = {
        str(one.learning_rate): one
        for one in tried
        if one is not best and one.right is not None and best.right is not None
    }
    tests = holm({name: _p_value(best, one) for name, one in others.items()})
    alike = [one for name, one in others.items() if not tests[name].significant]
    return sorted([best, *alike], key=lambda one: one.learning_rate)


def _p_value(first: Outcome, second: Outcome) -> float | None:
    ours, theirs = set(first.right or ()), set(second.right or ())
    return exact_mcnemar(len(ours - theirs), len(theirs - ours)).p_value


def chosen_of(tried: Sequence[Outcome], own_rate: float) -> Outcome:
    """The outcome at the rate of `params.yaml` where it is as good as the best, else the best.

    A change of rate has to be shown: between rates that are alike the most accurate one is luck,
    of a rounding in the last bit as well, and another machine would choose another.
    """
    own = (one for one in as_good_as_best(tried) if one.learning_rate == own_rate)
    return next(own, best_of(tried))


def choice_lines(params: Params, choices: Sequence[Choice]) -> list[str]:
    """The choice as a person reads it: a line each, then rows for params.yaml."""
    lines = [*map(_line, choices), "", "For params.yaml:", "students:"]
    for student in dict.fromkeys(one.chosen.student for one in choices):
        lines += _rows(params, [one.chosen for one in choices if one.chosen.student == student])
    return lines


def _rows(params: Params, chosen: Sequence[Outcome]) -> Iterator[str]:
    """A student's row, a rate a style; arms that would not take theirs from it as comments."""
    rates: dict[str, float] = {}
    for one in chosen:
        arm = params.arms[one.arm]
        # A control does not decide for the arms of its style, nor one that has its own rate.
        if not arm.control and arm.learning_rate is None:
            rates.setdefault(arm.taught_style, one.learning_rate)
    if rates:
        row = ", ".join(f"{style}: {_digits(rate)}" for style, rate in rates.items())
        yield from (f"  {chosen[0].student}:", f"    learning_rates: {{{row}}}")
    for one in chosen:
        arm = params.arms[one.arm]
        if one.learning_rate != (arm.learning_rate or rates.get(arm.taught_style)):
            yield (
                f"  # {one.student} {one.arm}: {_digits(one.learning_rate)}, as "
                f"arms.{one.arm}.learning_rate only, which is for all students"
            )


def _line(choice: Choice) -> str:
    chosen, best = choice.chosen, best_of(choice.tried)
    text = (
        f"{chosen.student} {chosen.arm}: {_digits(chosen.learning_rate)}, {_accuracy(chosen)} of "
        f"{chosen.items}, loss {chosen.loss:.3f}"
    )
    if chosen is not best:
        text += (
            f"; kept, as the items do not tell it from the best, {_digits(best.learning_rate)} "
            f"with {_accuracy(best)}, loss {best.loss:.3f}"
        )
    if choice.at_edge:
        which = "" if chosen is best else "the best is "
        text += f"; {which}at the edge of what was tried, try further"
    if choice.last_gain is not None:
        share = choice.by_budget[-2].share
        text += f"; {100 * choice.last_gain:+.1f} points since {share:g} of the budget"
    return text


def _accuracy(outcome: Outcome) -> str:
    if outcome.accuracy is None:
        return "no item can be graded"
    return f"{percent(outcome.accuracy)} right"


def _digits(rate: float) -> str:
    """A rate with all its digits, for it may be copied."""
    return f"{rate:.15g}"
