"""How often simulated intervals covered, or tests called, as rows of a table."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from breakeven.statistics.intervals import mean_interval

# One study's outcomes by row name, always in the same order of cells.
StudyOutcome = dict[str, list[bool]]


class Promise(NamedTuple):
    """What a method promises: a share of studies between `least` and `most`."""

    what: str
    method: str
    least: float
    most: float


class PromiseRow(NamedTuple):
    """One promise as measured over all cells; `error` is the Monte Carlo error of `share`.

    `lowest` and `highest` are the shares of single cells, so that a mean hides none.
    """

    what: str
    method: str
    least: float
    most: float
    studies: int
    share: float
    error: float
    lowest: float
    highest: float

    @property
    def holds(self) -> bool:
        """Whether the share lies within its bounds.

        A test that is exact errs in 5% of the studies and no less, so a bound of errors (from 0
        on) is broken where the share passes it by more than twice its Monte Carlo error.
        """
        slack = 0.0 if self.least > 0 else 2 * self.error
        return self.least <= self.share <= self.most + slack


def promise_rows(
    promises: Mapping[str, Promise], outcomes: Iterable[StudyOutcome]
) -> list[PromiseRow]:
    """One row a promise that any study speaks of; raises ValueError on fewer than two studies."""
    found: dict[str, list[list[bool]]] = {name: [] for name in promises}
    for outcome in outcomes:
        for name, values in outcome.items():
            found[name].append(values)
    return [_row(promises[name], studies) for name, studies in found.items() if studies]


def _row(promise: Promise, studies: Sequence[Sequence[bool]]) -> PromiseRow:
    if len(studies) < 2:
        raise ValueError(f"{promise.what}: {len(studies)} study simulated; use at least 2")
    values = np.array(studies, dtype=np.float64)
    # What one study yields hangs together, so the error is taken over studies.
    spread = mean_interval(values.mean(axis=1)).standard_error
    by_cell = values.mean(axis=0)
    return PromiseRow(
        *promise,
        studies=len(values),
        share=float(values.mean()),
        error=0.0 if spread is None else spread,
        lowest=float(by_cell.min()),
        highest=float(by_cell.max()),
    )


def promise_table(rows: Iterable[PromiseRow]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| quantity | method | studies | share | MC error | single cells | bounds | holds |",
        "|---|---|---:|---:|---:|---|---|---|",
    ]
    return "\n".join([*lines, *map(_line, rows)])


def _line(row: PromiseRow) -> str:
    bounds = f"{row.least:.0%} to {row.most:.0%}" if row.least else f"at most {row.most:.0%}"
    cells = f"{row.lowest:.1%} to {row.highest:.1%}"
    shares = f"{row.share:.1%} | {row.error:.1%} | {cells if row.lowest < row.highest else ''}"
    holds = "yes" if row.holds else "no"
    return f"| {row.what} | {row.method} | {row.studies} | {shares} | {bounds} | {holds} |"
