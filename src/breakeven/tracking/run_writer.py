"""Writing one run whole, and taking one out of the view with all that belongs to it.

Apart from `runs`, which live curves need: what a tracked run shows decides no training.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from breakeven.tracking.run_contents import RunContents, RunDataset, RunModel
from breakeven.tracking.runs import CELL, DIGEST, StoredRun, archive_run
from breakeven.tracking.sampled_traces import Sample, TracedRun, delete_traces, log_traces

if TYPE_CHECKING:
    from mlflow import MlflowClient

Thing = TypeVar("Thing")

# The most that MLflow takes in one request.
_BATCH = 1000
_PARAMS_BATCH = 100
# MLflow's column for a digest of a dataset holds 36 characters.
_DIGEST_CHARACTERS = 32


@dataclass(frozen=True)
class RunExtras:
    """What is written with a run and made only then: the digest of its contents tells of it.

    `times` are Unix times in milliseconds, None where nobody knows when the work was done; `source`
    are tags of the repository as it is now. `tables` maps the name of a JSON file to its columns.
    """

    source: Mapping[str, str] = field(default_factory=dict)
    times: tuple[int, int] | None = None
    tables: Mapping[str, Mapping[str, Sequence[Any]]] = field(default_factory=dict)
    samples: Sequence[Sample] = ()


def write_run(
    client: "MlflowClient", experiment_id: str, contents: RunContents, extras: RunExtras
) -> str:
    """Write one run from the first parameter to the last artifact; returns its id."""
    from mlflow.entities import Metric, Param

    now = time.time_ns() // 1_000_000
    started, ended = extras.times or (now, None)
    tags = {
        CELL: contents.cell,
        "mlflow.note.content": contents.note,
        **extras.source,
        **({} if extras.times else {"times": "of tracking: the work was not done in this folder"}),
        **contents.keys,
        **contents.tags,
    }
    tags = {key: _cut(value) for key, value in tags.items()}
    run = client.create_run(experiment_id, started, tags, contents.name)
    run_id = str(run.info.run_id)
    params = [
        Param(key, _cut(value)) for key, value in {**contents.keys, **contents.params}.items()
    ]
    for some_params in _batches(params, _PARAMS_BATCH):
        client.log_batch(run_id, params=some_params)
    model_id = _link_model(client, experiment_id, run_id, contents.model, contents.keys)
    data = _DatasetOfMetric(contents.datasets)
    # Scores and costs first: the UI lists metrics in this order.
    points = [
        Metric(name, value, now, 0, model_id=model_id, **data.of(name, model_id))
        for name, value in contents.metrics.items()
    ]
    points += [
        Metric(name, point[1], point[2] if len(point) == 3 else now, point[0])
        for name, series in contents.series.items()
        for point in series
    ]
    for some_points in _batches(points, _BATCH):
        client.log_batch(run_id, metrics=some_points)
    _log_datasets(client, run_id, contents.datasets)
    _log_tables(client, run_id, extras.tables)
    for file in contents.files:
        if file not in extras.tables:
            inside = Path(file).parent.as_posix()
            path = (contents.folder or Path()) / file
            client.log_artifact(run_id, str(path), None if inside == "." else inside)
    if extras.samples:
        traced = TracedRun(experiment_id, run_id, model_id, contents.keys, ended or now)
        log_traces(client.tracking_uri, traced, extras.samples)
    # Last: a run without this tag is one that a kill left half-written.
    client.set_tag(run_id, DIGEST, contents.digest)
    client.set_terminated(run_id, "FINISHED", ended)
    return run_id


def archive_tracked_run(client: "MlflowClient", experiment_id: str, run: StoredRun) -> None:
    """Hide a run, its model and its traces; MLflow can restore the run."""
    delete_traces(client.tracking_uri, experiment_id, run.run_id)
    whole = client.get_run(run.run_id)
    # Earlier versions wrote it as an output.
    for model in (*whole.inputs.model_inputs, *whole.outputs.model_outputs):
        client.delete_logged_model(model.model_id)
    archive_run(client, run.run_id)


def _link_model(
    client: "MlflowClient",
    experiment_id: str,
    run_id: str,
    model: RunModel | None,
    keys: Mapping[str, str],
) -> str | None:
    """Register weights that stay where they are: made by the run, and what its answers are of."""
    if model is None:
        return None
    from mlflow.entities import LoggedModelInput
    from mlflow.utils.mlflow_tags import MLFLOW_MODEL_IS_EXTERNAL

    made = client.create_logged_model(
        experiment_id,
        name=model.name,
        source_run_id=run_id,
        tags={MLFLOW_MODEL_IS_EXTERNAL: "true", "path": model.path, "digest": model.digest},
        params=dict(keys),
        model_type=model.kind,
    )
    client.finalize_logged_model(made.model_id, "READY")
    # As an input: MLflow's list of evaluation runs leaves out any run that has a model as output.
    client.log_inputs(run_id, models=[LoggedModelInput(made.model_id)])
    return str(made.model_id)


class _DatasetOfMetric:
    """Which dataset a number of a model is of: its task's, or the pairs that it learnt."""

    def __init__(self, datasets: Sequence[RunDataset]) -> None:
        self._tasks = {one.name: one for one in datasets if one.context == "evaluation"}
        learnt = [one for one in datasets if one.context == "training"]
        self._learnt = learnt[0] if len(learnt) == 1 else None

    def of(self, metric: str, model_id: str | None) -> dict[str, str]:
        """Fields of MLflow's `Metric`; empty for a sum over datasets, and without a model."""
        if model_id is None:
            return {}
        group, _, rest = metric.partition("/")
        learnt = self._learnt if group in ("train", "train_tokens") else None
        found = self._tasks.get(rest) if group == "task_accuracy" else learnt
        if found is None:
            return {}
        return {"dataset_name": found.name, "dataset_digest": found.digest[:_DIGEST_CHARACTERS]}


def _log_datasets(client: "MlflowClient", run_id: str, datasets: tuple[RunDataset, ...]) -> None:
    from mlflow.entities import Dataset as MlflowDataset
    from mlflow.entities import DatasetInput, InputTag
    from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

    inputs = [
        DatasetInput(
            MlflowDataset(
                one.name,
                one.digest[:_DIGEST_CHARACTERS],
                "local",
                json.dumps({"uri": one.path}),
            ),
            [InputTag(MLFLOW_DATASET_CONTEXT, one.context)],
        )
        for one in datasets
    ]
    if inputs:
        client.log_inputs(run_id, inputs)


def _log_tables(
    client: "MlflowClient", run_id: str, tables: Mapping[str, Mapping[str, Sequence[Any]]]
) -> None:
    """As `log_table` keeps them, which itself warns under pandas 3."""
    from mlflow.utils.mlflow_tags import MLFLOW_LOGGED_ARTIFACTS

    for name, columns in tables.items():
        rows = [list(row) for row in zip(*columns.values(), strict=True)]
        client.log_dict(run_id, {"columns": list(columns), "data": rows}, name)
    if tables:
        kinds = [{"path": name, "type": "table"} for name in tables]
        client.set_tag(run_id, MLFLOW_LOGGED_ARTIFACTS, json.dumps(kinds))


def _batches(things: Sequence[Thing], size: int) -> Iterator[Sequence[Thing]]:
    for start in range(0, len(things), size):
        yield things[start : start + size]


def _cut(text: str) -> str:
    """MLflow refuses longer values; 5,000 characters fit a param and a tag."""
    return text if len(text) <= 5000 else text[:4999] + "…"
