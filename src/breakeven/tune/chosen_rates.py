"""The rate that is chosen of each student and arm, and what speaks against trusting it."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from breakeven.core.errors import InputError
from breakeven.params import Params
from breakeven.tune.trial import Outcome
from breakeven.words import percent


class Choice(NamedTuple):
    """The best rate of a student and arm, and the outcomes by budget at that rate.

    `by_budget` goes from the smallest share to the whole.
    """

    best: Outcome
    tried: tuple[Outcome, ...]
    by_budget: tuple[Outcome, ...]

    @property
    def at_edge(self) -> bool:
        """Whether the best rate is the lowest or highest tried: a better one may lie beyond."""
        rates = sorted(one.learning_rate for one in self.tried)
        return len(rates) > 1 and self.best.learning_rate in (rates[0], rates[-1])

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
            "learning_rate": self.best.learning_rate,
            "accuracy": self.best.accuracy,
            "loss": self.best.loss,
            "items": self.best.items,
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


def choice_lines(params: Params, choices: Sequence[Choice]) -> list[str]:
    """The choice as a person reads it: a line each, then rows for params.yaml."""
    lines = [*map(_line, choices), "", "For params.yaml:", "students:"]
    for student in dict.fromkeys(one.best.student for one in choices):
        lines += _rows(params, [one.best for one in choices if one.best.student == student])
    return lines


def _rows(params: Params, best: Sequence[Outcome]) -> Iterator[str]:
    """A student's row, a rate a style; arms that would not take theirs from it as comments."""
    rates: dict[str, float] = {}
    for one in best:
        arm = params.arms[one.arm]
        # A control does not decide for the arms of its style, nor one that has its own rate.
        if not arm.control and arm.learning_rate is None:
            rates.setdefault(arm.taught_style, one.learning_rate)
    if rates:
        row = ", ".join(f"{style}: {rate:g}" for style, rate in rates.items())
        yield from (f"  {best[0].student}:", f"    learning_rates: {{{row}}}")
    for one in best:
        arm = params.arms[one.arm]
        if one.learning_rate != (arm.learning_rate or rates.get(arm.taught_style)):
            yield (
                f"  # {one.student} {one.arm}: {one.learning_rate:g}, as "
                f"arms.{one.arm}.learning_rate only, which is for all students"
            )


def _line(choice: Choice) -> str:
    best = choice.best
    accuracy = (
        "no item can be graded" if best.accuracy is None else f"{percent(best.accuracy)} right"
    )
    text = (
        f"{best.student} {best.arm}: {best.learning_rate:g}, {accuracy} of {best.items}, "
        f"loss {best.loss:.3f}"
    )
    if choice.at_edge:
        text += "; at the edge of what was tried, try further"
    if choice.last_gain is not None:
        share = choice.by_budget[-2].share
        text += f"; {100 * choice.last_gain:+.1f} points since {share:g} of the budget"
    return text
