"""A chosen student in MLflow's registry of models, with the reason as its description."""

from typing import TYPE_CHECKING, NamedTuple

from breakeven.core.errors import InputError
from breakeven.tracking.run_names import cell_name
from breakeven.tracking.runs import CELL, DIGEST
from breakeven.tracking.store import current_store, explain, initialise, set_environment

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion

ALIAS = "chosen"


class Registered(NamedTuple):
    """An entry of the registry; `models:/<name>@chosen` is the last that was registered."""

    name: str
    version: int


def register_student(
    study: str, student: str, arm: str, seed: int, *, name: str, description: str
) -> Registered:
    """Enter a tracked student under `name`; one that is there already gets the new description.

    The weights stay where they are: the entry has their path and digest as tags.

    Raises:
        InputError: the cell was not tracked, or trained nothing.
        MachineError: MLflow refuses, as an unusable name.
    """
    store = current_store()
    set_environment()
    initialise(store)
    import mlflow
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    # MLflow looks a model up by its address where it was told to keep runs, not where we ask.
    mlflow.set_tracking_uri(store.uri)
    try:
        client = MlflowClient(store.uri, store.uri)
        run = _run_of(client, study, cell_name(student, arm, seed))
        models = run.inputs.model_inputs
        if not models:
            raise InputError(
                f"--register: {student} {arm} trained nothing; only a trained student is registered"
            )
        version = _version(client, name, run, models[0].model_id, description)
    except (MlflowException, SQLAlchemyError) as error:
        raise explain(store, error) from error
    return Registered(name, int(version.version))


def _run_of(client: "MlflowClient", study: str, cell: str) -> "Run":
    experiment = client.get_experiment_by_name(study)
    found = (
        client.search_runs([experiment.experiment_id], f"tags.`{CELL}` = '{cell}'")
        if experiment is not None and experiment.lifecycle_stage == "active"
        else []
    )
    whole = [run for run in found if DIGEST in run.data.tags]
    if not whole:
        raise InputError(f"--register: MLflow has no run of {cell}; run `dvc repro track`")
    # What a search finds comes without its models.
    return client.get_run(whole[0].info.run_id)


def _version(
    client: "MlflowClient", name: str, run: "Run", model_id: str, description: str
) -> "ModelVersion":
    if not client.search_registered_models(f"name = '{_quoted(name)}'"):
        client.create_registered_model(name)
    model = client.get_logged_model(model_id)
    tags = {key: model.tags[key] for key in ("path", "digest")}
    for version in client.search_model_versions(f"name = '{_quoted(name)}'"):
        if version.run_id == run.info.run_id and version.tags.get("digest") == tags["digest"]:
            client.update_model_version(name, version.version, description)
            break
    else:
        version = client.create_model_version(
            name,
            f"models:/{model_id}",
            run_id=run.info.run_id,
            tags={**tags, **model.params},
            description=description,
            model_id=model_id,
        )
    client.set_registered_model_alias(name, ALIAS, version.version)
    return version


def _quoted(name: str) -> str:
    if "'" in name:
        raise InputError(f"--register: {name!r} has a quotation mark, which MLflow cannot look for")
    return name
