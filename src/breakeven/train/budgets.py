"""What a budget comes to: parted over corpora, held to a number of passes, and matched. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from breakeven.core.errors import InputError
from breakeven.params.training import BudgetUnit

# Arms that match one another are as far apart as this at most, as a share of the budget.
MATCH_TOLERANCE = 0.02

UNIT_WORDS: dict[BudgetUnit, str] = {
    "samples": "samples",
    "tokens": "tokens",
    "supervised_tokens": "supervised tokens",
    "train_flops": "training FLOPs",
}


class ArmBudget(NamedTuple):
    """How much an arm trains, and the arm that uses as much where it matches one."""

    arm: str
    unit: BudgetUnit
    amount: float
    matches: str | None = None

    @property
    def words(self) -> str:
        """The budget as errors name it."""
        amount = _amount_words(self.unit, self.amount)
        return f"{amount}, what {self.matches} uses," if self.matches else amount

    def parted(self, pass_costs: Sequence[float], max_passes: int) -> list[float]:
        """Each corpus's part, in proportion to what a pass over it costs.

        So each is passed over equally often, as it is without a budget.

        Raises:
            InputError: the pairs would be passed over more often than `max_passes`.
        """
        one_pass = sum(pass_costs)
        if self.amount > max_passes * one_pass:
            most = _amount_words(self.unit, max_passes * one_pass)
            fix = (
                f"give {self.matches} a budget of at most {most}"
                if self.matches
                else f"use at most {most}"
            )
            raise InputError(
                f"params.yaml: arms.{self.arm}.budget: {self.words} take "
                f"{self.amount / one_pass:.1f} passes over its pairs, which hold "
                f"{_amount_words(self.unit, one_pass)}; training.max_passes allows {max_passes}; "
                f"{fix}, add prompts to its sources, or allow more passes"
            )
        return [self.amount * cost / one_pass for cost in pass_costs]

    def require_match(self, spent: float) -> None:
        """Refuse a match that single samples are too large for.

        Raises:
            InputError: the arm uses less than 98% of what the other one does.
        """
        if self.matches and spent < (1 - MATCH_TOLERANCE) * self.amount:
            raise InputError(
                f"params.yaml: arms.{self.arm}.budget: of {self.words} it can use "
                f"{_amount_words(self.unit, spent)}, as the next sample would take more; a match "
                f"is within {MATCH_TOLERANCE:.0%}: give {self.matches} a larger budget"
            )


def _amount_words(unit: BudgetUnit, amount: float) -> str:
    number = f"{amount:.3g}" if unit == "train_flops" else f"{amount:,.0f}"
    return f"{number} {UNIT_WORDS[unit]}"
