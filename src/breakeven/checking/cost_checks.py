"""Checks of `costs`: devices that it states and serves on, and who is paid by the token."""

from collections.abc import Iterator

from breakeven.checking.problems import Finding, refused, warning
from breakeven.core.errors import did_you_mean
from breakeven.params import Params
from breakeven.serving.study_hardware import own_hardware, served_places


def check_costs(params: Params) -> Iterator[Finding]:
    """Rows of devices that lack a figure and are not in the table, and names that neither has."""
    broken = list(refused("costs.hardware", lambda: own_hardware(params.costs)))
    # A broken row is told once.
    yield from broken or refused("costs.served_on", lambda: served_places(params.costs))
    yield from _unused_prices(params)


def _unused_prices(params: Params) -> Iterator[Finding]:
    """Rows of prices that nobody here is called by: their money would be absent, and nobody told.

    A warning, since a row may be of a student that is imported with these costs.
    """
    paid = [judge.model for judge in params.grading.judges.values()]
    if params.teacher.kind == "openai":
        paid.append(params.teacher.model)
    names = [*paid, *params.students]
    for row in params.costs.token_prices or {}:
        if row not in names:
            yield warning(
                f"costs.token_prices.{row}",
                "is the model of no teacher or judge behind an endpoint and no student here, and "
                f"prices nothing; {did_you_mean(row, names)}",
            )
