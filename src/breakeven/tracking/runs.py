"""Runs in the tracking store: found and archived; `run_writer` writes them.

A run is complete when it is FINISHED and has the tag `breakeven.digest`, which is written last:
what a kill left half-written is recognised by that and replaced.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from breakeven.tracking.run_contents import RunContents
from breakeven.tracking.sqlite_rows import read_rows
from breakeven.tracking.store import Store, locked

if TYPE_CHECKING:
    from mlflow import MlflowClient

CELL = "breakeven.cell"
DIGEST = "breakeven.digest"
LIVE = "breakeven.live"
KIND_OF_EXPERIMENT = {"mlflow.experimentKind": "custom_model_development"}


class StoredRun(NamedTuple):
    """An active run of the experiment that Breakeven made; `folder` is where its artifacts are."""

    run_id: str
    cell: str
    digest: str | None
    status: str
    live: bool
    folder: Path | None

    def shows(self, contents: RunContents) -> bool:
        """Whether the run shows exactly this, its files included."""
        complete = self.status == "FINISHED" and self.digest == contents.digest
        return complete and all(
            self.folder is None or (self.folder / file).is_file() for file in contents.files
        )


def stored_runs(store: Store, study: str) -> list[StoredRun] | None:
    """Active runs of a study, oldest first, read without importing MLflow.

    None where that is not possible: no database yet, no such experiment, or a server.
    """
    # SQLite directly: importing MLflow takes seconds, and most calls of `track` find nothing to do.
    if store.database is None or not store.database.is_file():
        return None
    experiments = read_rows(
        store.database,
        "select cast(experiment_id as text) from experiments "
        "where name = ? and lifecycle_stage = 'active'",
        (study,),
    )
    if not experiments:
        return None
    rows = read_rows(
        store.database,
        "select r.run_uuid, r.status, r.artifact_uri, t.key, t.value from runs r "
        "join tags t on t.run_uuid = r.run_uuid "
        "where r.experiment_id = ? and r.lifecycle_stage = 'active' and t.key like 'breakeven.%' "
        "order by r.start_time, r.run_uuid",
        (str(experiments[0][0]),),
    )
    found: dict[str, tuple[str, str, dict[str, str]]] = {}
    for run_id, status, address, key, value in rows:
        _, _, tags = found.setdefault(str(run_id), (str(status), str(address), {}))
        tags[str(key)] = str(value)
    return [_stored(run_id, *facts) for run_id, facts in found.items() if CELL in facts[2]]


def stored_runs_by_client(client: "MlflowClient", experiment_id: str) -> list[StoredRun]:
    """The same through MLflow, which works for a server as well."""
    found: list[StoredRun] = []
    token = None
    while True:
        # Ours are told apart below by their tag: a server may hold runs of other makers.
        page = client.search_runs(
            [experiment_id], order_by=["attributes.start_time ASC"], page_token=token
        )
        for run in page:
            if CELL in run.data.tags:
                info = run.info
                found.append(_stored(info.run_id, info.status, info.artifact_uri, run.data.tags))
        token = page.token
        if not token:
            return found


def ensure_experiment(
    client: "MlflowClient", store: Store, study: str, tags: Mapping[str, str] | None = None
) -> str:
    """Id of the study's experiment, made or brought back from the archive where needed.

    An experiment whose artifacts belong elsewhere (the project's folder was moved or copied) is
    put aside: MLflow cannot change that address.
    """
    # Two processes that find no experiment would both make it, and MLflow refuses the second.
    with locked(store):
        experiment_id = _find_or_make(client, store, study)
    for key, value in {**KIND_OF_EXPERIMENT, **(tags or {})}.items():
        client.set_experiment_tag(experiment_id, key, value)
    return experiment_id


def _find_or_make(client: "MlflowClient", store: Store, study: str) -> str:
    address = None if store.artifacts is None else f"{store.artifacts.as_uri()}/{study}"
    found = client.get_experiment_by_name(study)
    if found is not None and address is not None and found.artifact_location != address:
        if found.lifecycle_stage == "deleted":  # MLflow renames none that is deleted
            client.restore_experiment(found.experiment_id)
        client.rename_experiment(found.experiment_id, f"{study} (moved {time.time():.0f})")
        client.delete_experiment(found.experiment_id)
        found = None
    if found is None:
        return str(client.create_experiment(study, artifact_location=address))
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)


def archive_run(client: "MlflowClient", run_id: str) -> None:
    """Hide a run from the view; MLflow can restore it."""
    client.delete_run(run_id)


def _stored(run_id: str, status: str, address: str, tags: dict[str, str]) -> StoredRun:
    local = urlsplit(address)
    folder = Path(unquote(local.path)) if local.scheme == "file" else None
    return StoredRun(run_id, tags[CELL], tags.get(DIGEST), status, LIVE in tags, folder)
