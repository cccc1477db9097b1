"""What a query would cost where it is served, as metrics of a run: by device, axis and family."""

from collections import defaultdict
from typing import TYPE_CHECKING

from breakeven.models.base_shapes import base_shape
from breakeven.params import Params
from breakeven.params.cells import Cell, first_decoding
from breakeven.serving.study_hardware import priced_by_token, served_places

if TYPE_CHECKING:
    import pandas as pd


def served_metrics(items: "pd.DataFrame | None", params: Params) -> dict[Cell, dict[str, float]]:
    """Modelled money and seconds by (student, arm, seed), of the rows of the scores.

    `served_H100/money_full_throughput/<family>`, for the first decoding of params.yaml; the names
    of any other decoding start with it.
    """
    places, prices = served_places(params.costs), priced_by_token(params.costs)
    if items is None or not (places or prices):
        return {}
    from breakeven.results.axes import axes_on, axis_of_tokens
    from breakeven.results.served import lengths_by_cell, served_points

    axes = [*(axis for place in places for axis in axes_on(place)), axis_of_tokens()]
    shapes = {name: base_shape(name) for name in params.students}
    first = first_decoding(params)
    found: dict[Cell, dict[str, float]] = defaultdict(dict)
    for (student, arm, seed, decoding, family), lengths in lengths_by_cell(items).items():
        points = served_points(student, lengths, shapes, places, prices)
        known = {name: value for point in points for name, value in point.amounts}
        prefix = "" if decoding == first else f"{decoding}/"
        found[Cell(student, arm, seed)] |= {
            f"{prefix}served_{axis.hardware.replace(' ', '_')}/{axis.key}/{family}": known[
                axis.name
            ]
            for axis in axes
            if axis.name in known
        }
    return found
