"""What answers would cost where they are served: modelled money and seconds, from measured lengths.

    results = with_served(results, shapes, [ServedOn(find_hardware("H100"), ASSUMED)])
    results.cells[0].number("modelled money a query, H100, full throughput")

The tokens are those that the answers had; the device is the roofline of `costs.roofline`. Nothing
here is measured on that device, and each name says so: `device_seconds` of a cell are another
thing, those of the device that the study ran on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from breakeven.costs.architecture import Architecture
from breakeven.costs.query_costs import Lengths, ServedOn, served_answers
from breakeven.costs.token_prices import TokenPrices
from breakeven.results.aggregate import CELL_KEYS, generated_tokens
from breakeven.results.axes import CostAxis, ServedPoint, axes_on, axis_of_tokens, point_words
from breakeven.results.cell_results import CellResult, Results
from breakeven.results.served_notes import cache_untold_notes, served_notes

if TYPE_CHECKING:
    import pandas as pd

NO_TOKENS = "its tokens of prompt and answer are not known"
# A student, arm, seed, decoding and family, as a cell is found by.
CellKey = tuple[str, str, int, str, str]
Shapes = Mapping[str, Architecture | str]


def with_served(
    results: Results,
    shapes: Shapes,
    places: Sequence[ServedOn],
    prices: Mapping[str, TokenPrices] | None = None,
    lengths: Mapping[CellKey, Lengths] | None = None,
) -> Results:
    """The results with the money and the seconds of every cell on every device.

    `shapes` has a student's architecture, or why it is not known; a student of `prices` is paid by
    the token. `lengths` are those of the answers by item, else the means of the cell, unless given.
    """
    prices = prices or {}
    by_item = lengths or {}
    if lengths is None and results.items is not None:
        by_item = lengths_by_cell(results.items)
    cells = tuple(
        replace(cell, served=_served(cell, by_item, shapes, places, prices))
        for cell in results.cells
    )
    axes: list[CostAxis] = [axis for place in places for axis in axes_on(place)]
    if any(cell.student in prices for cell in cells):
        axes.append(axis_of_tokens())
    known = {name for cell in cells for name in cell.modelled}
    return replace(
        results,
        cells=cells,
        axes=tuple(axis for axis in axes if axis.name in known),
        notes=(*results.notes, *served_notes(cells), *cache_untold_notes(cells, prices)),
    )


def lengths_by_cell(items: "pd.DataFrame") -> dict[CellKey, Lengths]:
    """The lengths of every cell's answers on each family, where they are known by item.

    Answers weigh as they do in a family's accuracy: tasks alike, items of a task alike, samples of
    an item alike.
    """
    if not {"prompt_tokens", "answer_tokens"} <= set(items.columns):
        return {}
    rows = items[[*CELL_KEYS, "family", "task", "item"]].assign(
        prompt=items["prompt_tokens"].astype(float), new=generated_tokens(items)
    )
    cell = [*CELL_KEYS, "family"]
    by_cell = rows.groupby(cell, observed=True)
    by_task = rows.groupby([*cell, "task"], observed=True)
    samples = rows.groupby([*cell, "task", "item"], observed=True)["item"].transform("size")
    weight = 1.0 / (
        by_cell["task"].transform("nunique") * by_task["item"].transform("nunique") * samples
    )
    found = {}
    for key, part in rows.assign(weight=weight).groupby(cell, observed=True):
        student, arm, seed, decoding, family = map(str, key)
        prompt, new = part["prompt"].to_numpy(float), part["new"].to_numpy(float)
        if not (np.isnan(prompt).any() or np.isnan(new).any()):
            found[student, arm, int(seed), decoding, family] = Lengths(
                np.maximum(prompt, 1.0), np.maximum(new, 1.0), part["weight"].to_numpy(float)
            )
    return found


def mean_lengths(cell: CellResult) -> Lengths | None:
    """A cell whose answers are known by their mean alone; None where it is not."""
    if cell.prompt_tokens is None or cell.output_tokens is None:
        return None
    return one_length(cell.prompt_tokens, cell.output_tokens)


def one_length(prompt_tokens: float, new_tokens: float) -> Lengths:
    """Answers that are all as long; a prompt and an answer have a token at least."""
    means = ([max(prompt_tokens, 1.0)], [max(new_tokens, 1.0)], [1.0])
    return Lengths(*map(np.array, means))


def _served(
    cell: CellResult,
    by_item: Mapping[CellKey, Lengths],
    shapes: Shapes,
    places: Sequence[ServedOn],
    prices: Mapping[str, TokenPrices],
) -> tuple[ServedPoint, ...]:
    key = (cell.student, cell.arm, cell.seed, cell.decoding, cell.family)
    lengths = by_item.get(key) or mean_lengths(cell)
    return served_points(
        cell.student, lengths, shapes, places, prices, cached_tokens=cell.cached_prompt_tokens
    )


def served_points(
    student: str,
    lengths: Lengths | None,
    shapes: Shapes,
    places: Sequence[ServedOn],
    prices: Mapping[str, TokenPrices],
    *,
    cached_tokens: float | None = None,
) -> tuple[ServedPoint, ...]:
    """Answers of these lengths at every point of every place, and by the token where priced.

    `cached_tokens` are the mean of those that a service had read before, where it says so.
    """
    found = []
    if student in prices:
        found.append(ServedPoint.by_token(prices[student], lengths, NO_TOKENS, cached_tokens))
    shape = shapes.get(student, "its architecture is not known")
    for place in places:
        name = place.hardware.name
        if lengths is None or isinstance(shape, str):
            reason = shape if isinstance(shape, str) else NO_TOKENS
            found.append(ServedPoint(name, "", reason=reason, money_reason=reason))
            continue
        found.extend(
            ServedPoint(
                name,
                point_words(one.point, place),
                one.batch,
                one.seconds,
                one.late_seconds,
                one.device_seconds,
                one.money.value,
                one.reason,
                one.money.reason or "",
            )
            for one in served_answers(place, shape, lengths)
        )
    return tuple(found)


def shapes_by_name(students: Sequence[str]) -> dict[str, Architecture | str]:
    """The architectures of students that are called as models of the bundled table are."""
    from breakeven.costs.model_shapes import bundled_architectures

    known = bundled_architectures()
    return {
        name: known.get(name.lower(), f"{name} is no model whose architecture is bundled")
        for name in students
    }
