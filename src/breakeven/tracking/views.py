"""Saved views of the experiment: a table of cells, and accuracy against cost as scatter charts.

MLflow's UI keeps a saved view in a tag of the experiment: `mlflow.sharedViewState.<key>` holds its
name and its state, deflated JSON in base64. The format is the UI's own, as of MLflow 3.17; a UI
that does not know it shows its default view instead.
"""

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

COSTS_VIEW = "breakeven-costs"
TABLE_VIEW = "breakeven-cells"
TAG = "mlflow.sharedViewState."

_CELLS = 'tags.kind = "cell"'
_COLUMNS = ("student", "arm", "seed", "decoding")
_COSTS = ("inference_flops/mean", "cost/train_device_hours", "cost/answer_device_hours")
_RUN_NAME = "attributes.`Run Name`"  # a column that MLflow always shows
_GAINS = ("gain_points_low/", "gain_points/", "gain_points_high/")  # as one reads an interval


def saved_views(metrics: Iterable[str]) -> dict[str, str]:
    """Tags of the experiment for its two views, given the metrics that its cells have."""
    names = sorted(set(metrics))
    accuracies = [name for name in names if name.startswith("accuracy/")]
    return {
        f"{TAG}{COSTS_VIEW}": _view("Accuracy against cost", _charts(accuracies, names)),
        f"{TAG}{TABLE_VIEW}": _view("Table of cells", _table(accuracies, names)),
    }


def _table(accuracies: list[str], names: list[str]) -> dict[str, Any]:
    """Who answered and how, how well, at what cost, and what traces gained, left to right.

    MLflow gives every column 100 pixels and sorts metrics by name before params: order and widths
    are part of what a view holds. A header is the metric's own name.
    """
    of = [name.removeprefix(_GAINS[1]) for name in names if name.startswith(_GAINS[1])]
    gains = [f"{end}{which}" for which in of for end in _GAINS]
    metrics = [name for name in [*accuracies, *_COSTS, *gains] if name in {*names}]
    widths = {f"params.`{name}`": _width(name) for name in _COLUMNS} | {
        f"metrics.`{name}`": _width(name) for name in metrics
    }
    return {
        "selectedColumns": [*widths],
        "columnOrder": [_RUN_NAME, *widths],
        "columnWidths": {_RUN_NAME: 200, **widths},
    }


def _width(name: str) -> int:
    """Pixels in which a header is read whole."""
    return max(90, 40 + 7 * len(name))


def _charts(accuracies: list[str], names: list[str]) -> dict[str, Any]:
    """A scatter chart a family for both costs, then the curves of the training."""
    inference, training, curves = "breakeven-inference", "breakeven-training", "breakeven-curves"
    charts = []
    for accuracy in accuracies:
        family = accuracy.removeprefix("accuracy/")
        charts.append(_scatter(inference, f"log10_inference_flops/{family}", accuracy))
        charts.append(_scatter(training, "cost/log10_train_flops", accuracy))
    charts += [_line(curves, name) for name in ("train/loss", "train/learning_rate")]
    return {
        "runsHiddenMode": "SHOW_ALL",
        # Otherwise the UI sorts its own sections in front of these.
        "isAccordionReordered": True,
        # A chart of a metric that no run has would be an empty frame.
        "compareRunCharts": [chart for chart in charts if _axes(chart) <= {*names}],
        "compareRunSections": [
            _section(inference, "Accuracy against inference FLOPs a query (log10)"),
            _section(training, "Accuracy against training FLOPs (log10)"),
            _section(curves, "Training curves"),
        ],
    }


def _scatter(section: str, x: str, y: str) -> dict[str, Any]:
    axes = {"xaxis": {"key": x, "type": "METRIC"}, "yaxis": {"key": y, "type": "METRIC"}}
    return _chart("SCATTER", section, f"{section}-{y}", y.removeprefix("accuracy/")) | axes


def _line(section: str, metric: str) -> dict[str, Any]:
    return _chart("LINE", section, f"{section}-{metric}", metric) | {
        "metricKey": metric,
        "lineSmoothness": 0,
        "xAxisScaleType": "linear",
        "scaleType": "linear",
        "range": {},
        "xAxisKey": "step",
        "selectedXAxisMetricKey": "",
        "yAxisKey": "metric",
        "yAxisExpressions": [],
        "useGlobalXaxisKey": True,
        "useGlobalLineSmoothing": True,
    }


def _chart(kind: str, section: str, key: str, title: str) -> dict[str, Any]:
    return {
        "uuid": key,
        "type": kind,
        "runsCountToCompare": 100,
        "metricSectionId": section,
        "deleted": False,
        "isGenerated": False,
        "displayName": title,
    }


def _axes(chart: Mapping[str, Any]) -> set[str]:
    if chart["type"] == "LINE":
        return {chart["metricKey"]}
    return {chart["xaxis"]["key"], chart["yaxis"]["key"]}


def _section(key: str, name: str) -> dict[str, Any]:
    return {
        "uuid": key,
        "name": name,
        "display": True,
        "isReordered": False,
        "deleted": False,
        "isGenerated": False,
    }


def _view(name: str, state: Mapping[str, Any]) -> str:
    whole = {
        "searchFilter": _CELLS,
        "orderByKey": "attributes.start_time",
        "orderByAsc": True,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
        **state,
    }
    packed = base64.b64encode(zlib.compress(json.dumps(whole).encode(), 9)).decode()
    # No real times: the same study has the same tags, whenever it is tracked.
    times = {"createdAt": 0, "updatedAt": 0}
    return json.dumps({"name": name, **times, "state": f"deflate;{packed}"})
