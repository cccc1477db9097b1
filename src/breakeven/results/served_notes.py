"""What modelled money and seconds are absent, and why: a note a reason, however many cells."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from breakeven import words
from breakeven.costs.token_prices import TokenPrices
from breakeven.results.axes import ONE_WAITING, TOKENS, ServedPoint, axis_of_tokens
from breakeven.results.cell_results import CellResult

_NO_ROOM = "not one answer fits into its memory"
_TOO_LATE = "one answer alone takes"


class _Absent(NamedTuple):
    """What is absent, and why, in words that cells share; each has its own numbers."""

    what: str
    reason: str


def served_notes(cells: Sequence[CellResult]) -> list[str]:
    """Of how many cells, of which students, money or seconds are absent for one reason each.

    A point of a cell has its own reason, with its own tokens or seconds.
    """
    found: dict[_Absent, dict[int, float | None]] = {}
    for number, cell in enumerate(cells):
        alone = {one.hardware: one.seconds for one in cell.served if one.point == ONE_WAITING}
        for point in cell.served:
            if point.money_reason:
                seconds = alone.get(point.hardware)
                found.setdefault(_absent(point, seconds), {})[number] = seconds
    return [
        f"{absent.what}: absent for {len(numbers)} of {len(cells)} cells "
        f"({', '.join(dict.fromkeys(cells[number].student for number in numbers))}), "
        f"{absent.reason}{_range(numbers.values()) if absent.reason == _TOO_LATE else ''}"
        for absent, numbers in found.items()
    ]


def cache_untold_notes(cells: Sequence[CellResult], prices: Mapping[str, TokenPrices]) -> list[str]:
    """A note where cached input has a price and it is not known of cells how much was cached."""
    priced = [
        cell
        for cell in cells
        if cell.student in prices and prices[cell.student].cached_input is not None
    ]
    untold = [cell for cell in priced if cell.cached_prompt_tokens is None]
    if not untold:
        return []
    return [
        f"{axis_of_tokens().name}: how many prompt tokens were cached is not known of "
        f"{len(untold)} of {len(priced)} cells "
        f"({', '.join(dict.fromkeys(cell.student for cell in untold))}); all are priced as other "
        "input, an upper bound where that is dearer"
    ]


def _absent(point: ServedPoint, alone_seconds: float | None) -> _Absent:
    """What a point lacks; `alone_seconds` are those of one answer by itself on its device."""
    if point.hardware == TOKENS:
        return _Absent(axis_of_tokens().name, point.money_reason)
    if not point.reason:
        return _Absent(f"modelled money on {point.hardware}", point.money_reason)
    what = f"modelled money and seconds on {point.hardware}"
    # Where the model or the tokens are not known there is no way to serve.
    if not point.point:
        return _Absent(what, point.reason)
    if alone_seconds is None:
        return _Absent(what, _NO_ROOM)
    return _Absent(f"{what}, {point.point}", _TOO_LATE)


def _range(seconds: Iterable[float | None]) -> str:
    known = [one for one in seconds if one is not None]
    return f" {words.span(words.scientific(min(known)), words.scientific(max(known)))} s"
