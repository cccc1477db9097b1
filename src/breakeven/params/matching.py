"""Arms whose budget is what another arm uses."""

from collections.abc import Mapping

from breakeven.core.errors import did_you_mean
from breakeven.params.training import Arm


def matched_arms(arms: Mapping[str, Arm], arm: str) -> tuple[str, ...]:
    """The arm whose budget an arm matches, the one that this matches in turn, and so on.

    Raises:
        ValueError: one of them is not in the study, is not trained, or matches back to the arm.
    """
    found = [arm]
    while (budget := arms[found[-1]].budget) is not None and budget.match is not None:
        where, wanted = f"arms.{found[-1]}.budget.match", budget.match
        if wanted not in arms:
            able = [name for name, one in arms.items() if one.trained and name not in found]
            raise ValueError(f"{where}: {wanted!r} is no arm; {did_you_mean(wanted, able)}")
        if not arms[wanted].trained:
            raise ValueError(f"{where}: {wanted!r} is not trained, it uses nothing to be matched")
        if wanted in found:
            circle = " → ".join([*found[found.index(wanted) :], wanted])
            raise ValueError(f"{where}: {circle} is a circle; give one of them an amount")
        found.append(wanted)
    return tuple(found[1:])
