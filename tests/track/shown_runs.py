"""The runs that MLflow shows."""

from collections.abc import Callable

from mlflow import MlflowClient
from mlflow.entities import Run, ViewType

from breakeven.params import Params
from breakeven.tracking.store import current_store

WriteStudy = Callable[..., Params]
# Two students × three arms, one corpus, two bases, one report.
RUNS = 2 * 3 + 1 + 2 + 1


def the_client() -> MlflowClient:
    return MlflowClient(current_store().uri)


def experiment_id(study: str = "tiny") -> str:
    found = the_client().get_experiment_by_name(study)
    assert found is not None
    return str(found.experiment_id)


def runs(view: int = ViewType.ACTIVE_ONLY) -> dict[str, Run]:
    return {run.info.run_name: run for run in the_client().search_runs([experiment_id()], "", view)}


def shown() -> dict[str, tuple[dict[str, float], dict[str, str]]]:
    """What a person sees of each run."""
    return {name: (run.data.metrics, run.data.params) for name, run in runs().items()}


def curve(run_id: str, name: str) -> list[tuple[int, float]]:
    return [(point.step, point.value) for point in the_client().get_metric_history(run_id, name)]


def len_of_active_runs() -> int:
    from breakeven.tracking.runs import stored_runs

    return len(stored_runs(current_store(), "tiny") or ())
