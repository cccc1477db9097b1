"""Checks of `costs`: the devices that it states."""

from collections.abc import Iterator

from breakeven.checking.problems import Finding, refused
from breakeven.params import Params
from breakeven.serving.study_hardware import own_hardware


def check_costs(params: Params) -> Iterator[Finding]:
    """Rows of devices that lack a figure and are not in the table."""
    yield from refused("costs.hardware", lambda: own_hardware(params.costs))
