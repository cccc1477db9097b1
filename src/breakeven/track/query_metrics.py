"""What a query takes, as metrics of a run: its tail in tokens, and its cost where it is served."""

from collections import defaultdict
from typing import TYPE_CHECKING

from breakeven.costs.query_costs import LATE, weighted_quantile
from breakeven.models.base_shapes import base_shape
from breakeven.params import Params
from breakeven.params.cells import Cell, first_decoding
from breakeven.serving.study_hardware import priced_by_token, served_places

if TYPE_CHECKING:
    import pandas as pd


def query_metrics(items: "pd.DataFrame | None", params: Params) -> dict[Cell, dict[str, float]]:
    """Metrics by (student, arm, seed), of the rows of the scores; empty before there are any.

    `output_tokens_p95/<family>` is what 95% of the answers stay within;
    `served_H100/money_full_throughput/<family>` is modelled money or seconds on a device. They are
    of the first decoding of params.yaml; the names of any other start with it.
    """
    if items is None:
        return {}
    from breakeven.results.axes import axes_on, axis_of_tokens
    from breakeven.results.served import lengths_by_cell, served_points

    places, prices = served_places(params.costs), priced_by_token(params.costs)
    axes = [*(axis for place in places for axis in axes_on(place)), axis_of_tokens()]
    shapes = {name: base_shape(name) for name in params.students}
    first = first_decoding(params)
    found: dict[Cell, dict[str, float]] = defaultdict(dict)
    for (student, arm, seed, decoding, family), lengths in lengths_by_cell(items).items():
        points = served_points(student, lengths, shapes, places, prices)
        known = {name: value for point in points for name, value in point.amounts}
        prefix = "" if decoding == first else f"{decoding}/"
        late = weighted_quantile(lengths.new_tokens, lengths.weights, LATE)
        found[Cell(student, arm, seed)] |= {f"{prefix}output_tokens_p95/{family}": late} | {
            f"{prefix}served_{axis.hardware.replace(' ', '_')}/{axis.key}/{family}": known[
                axis.name
            ]
            for axis in axes
            if axis.name in known
        }
    return found
