"""Checks of `costs`: the devices that it states, and those that answers are served on."""

from collections.abc import Iterator

from breakeven.checking.problems import Finding, refused
from breakeven.params import Params
from breakeven.serving.study_hardware import own_hardware, served_places


def check_costs(params: Params) -> Iterator[Finding]:
    """Rows of devices that lack a figure and are not in the table, and names that neither has."""
    broken = list(refused("costs.hardware", lambda: own_hardware(params.costs)))
    # A broken row is told once.
    yield from broken or refused("costs.served_on", lambda: served_places(params.costs))
