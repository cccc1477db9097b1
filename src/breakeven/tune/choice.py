"""The rate that is chosen of each student and arm, and what speaks against trusting it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from breakeven.core.errors import InputError
from breakeven.params import Params
from breakeven.tune.outcome import Outcome
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
    lines = [_line(one) for one in choices]
    lines += ["", "For params.yaml:", "students:"]
    by_student: dict[str, list[str]] = {}
    for one in choices:
        style = params.arms[one.best.arm].style
        rate = f"{style}: {one.best.learning_rate:g}"
        by_student.setdefault(one.best.student, []).append(rate)
    for student, rates in by_student.items():
        lines += [f"  {student}:", f"    learning_rates: {{{', '.join(rates)}}}"]
    return lines


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
