"""What the report found out, as metrics of the runs that it speaks of."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from breakeven.core.files import read_json
from breakeven.core.layout import REPORT
from breakeven.tracking.run_contents import measured

_METRICS = REPORT / "metrics.json"
_ACCURACY = REPORT / "tables/accuracy.csv"
# A number with its interval in `metrics.json`: the name of its metric, in percentage points.
_ENDS = {"points": "gain_points", "low": "gain_points_low", "high": "gain_points_high"}

# Columns of the table of accuracies, which holds an arm with all its seeds.
_OVER_SEEDS = {
    "accuracy": "accuracy_over_seeds",
    "low": "accuracy_over_seeds_low",
    "high": "accuracy_over_seeds_high",
}


def claim_metrics() -> dict[str, float]:
    """The verdicts of the report: 1 supported, -1 contradicted, 0 where a test decided nothing."""
    return measured(_report().get("claims", {}), "claim/{}")


def arm_metrics() -> dict[tuple[str, str], dict[str, float]]:
    """By student and arm, over all seeds together: accuracy, and gains over plain arms.

    `accuracy_over_seeds/<family>` and its ends, `accuracy_over_seeds_low/…` and `_high`: a run is
    of one seed, whose own accuracy may lie outside. Of an arm with traces
    `gain_points/<plain arm>/<family>` and its ends, in percentage points. Empty before there is a
    report; what has no interval there has none here.
    """
    found: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for row in _accuracy_rows():
        for column, name in _OVER_SEEDS.items():
            # A point without an interval is the run's own accuracy again.
            if row.get(column) and row.get("low"):
                metric = f"{name}/{row['family']}"
                found[row["student"], row["arm"]][metric] = float(row[column])
    for student, arms in _report().get("gain", {}).items():
        for arm, gains in arms.items():
            found[student, arm] |= dict(_gains(gains))
    return dict(found)


def _gains(tree: Mapping[str, Any], *place: str) -> Iterator[tuple[str, float]]:
    """Gains in a tree of `metrics.json`, by the plain arm and the family."""
    if "points" in tree:
        for end, name in _ENDS.items():
            if tree.get(end) is not None:
                yield "/".join((name, *place)), float(tree[end])
        return
    for key, branch in tree.items():
        yield from _gains(branch, *place, key)


def _accuracy_rows() -> list[dict[str, str]]:
    """Rows of whole families: those of single tasks are in a table of their own."""
    if not _ACCURACY.is_file():
        return []
    with _ACCURACY.open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if not row.get("task")]


def _report() -> dict[str, Any]:
    return dict(read_json(_METRICS)) if _METRICS.is_file() else {}
