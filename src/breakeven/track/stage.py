"""`track`: bring MLflow in line with the records. One run a cell, whatever was there before."""

from collections.abc import Container, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from breakeven.params import Params
from breakeven.track.wanted_runs import study_entries
from breakeven.tracking.entries import Entry
from breakeven.tracking.run_names import cells_of
from breakeven.tracking.runs import (
    StoredRun,
    archive_run,
    ensure_experiment,
    stored_runs,
    stored_runs_by_client,
    write_run,
)
from breakeven.tracking.store import (
    FOLDER,
    Store,
    current_store,
    explain,
    initialise,
    is_ready,
    set_environment,
)
from breakeven.tracking.views import saved_views

if TYPE_CHECKING:
    from mlflow import MlflowClient

NOTE = """One run a cell (student, arm, seed): its training and its answers together.

- **Views** (top right) holds *Accuracy against cost* and *Table of cells*.
- Filters: `tags.kind = "cell"`, `tags.style = "reasoning"`, `tags.student = "…"`.
- Colours: blue IFT, orange reasoning, pink mixed, grey untrained.
- Everything here is made from `records/` and `scores/`; it can be deleted and made again.
"""


class Counts(NamedTuple):
    """What `track` did: runs added, archived, and kept as they were."""

    added: int
    archived: int
    kept: int


class Plan(NamedTuple):
    """What is to be written, and which runs are to be archived after that."""

    write: tuple[Entry, ...]
    archive: tuple[StoredRun, ...]
    kept: int


def run(params: Params) -> None:
    """Find or create a run for each cell; nothing is run again and no run is written twice."""
    done = track(params)
    print(f"MLflow: {done.added} runs added, {done.archived} archived, {done.kept} kept")


def track(params: Params) -> Counts:
    """Write the missing runs and archive those that are outdated; does nothing the second time.

    Where nothing has changed, a local database is only read, and MLflow is not imported.

    Raises:
        InputError: the database is not one of MLflow, or MLFLOW_TRACKING_URI is a folder.
        MachineError: MLflow refuses: a server that cannot be reached, a schema of another version.
    """
    from filelock import FileLock

    entries = study_entries(params)
    store = current_store()
    FOLDER.mkdir(exist_ok=True)
    with FileLock(FOLDER / ".track.lock"):
        if store.database is not None and is_ready(store.database):
            stored = stored_runs(store, params.study)
            if stored is not None:
                plan = compare(entries, stored, cells_of(params))
                if not plan.write and not plan.archive:
                    return Counts(0, 0, plan.kept)
        return _bring_in_line(store, params, entries)


def compare(entries: Iterable[Entry], stored: Iterable[StoredRun], cells: Container[str]) -> Plan:
    """Which entries have no run, and which runs show no entry.

    A live run of one of the `cells` of params.yaml whose training has no record yet is left alone:
    the training may still be running, or be resumed.
    """
    by_cell: dict[str, list[StoredRun]] = {}
    for run in stored:
        by_cell.setdefault(run.cell, []).append(run)
    write, keep = [], set()
    wanted: Mapping[str, Entry] = {entry.cell: entry for entry in entries}
    for cell, entry in wanted.items():
        right = [run for run in by_cell.get(cell, ()) if run.shows(entry)]
        if right:
            keep.add(right[0].run_id)
        else:
            write.append(entry)
    archive = [
        run
        for runs in by_cell.values()
        for run in runs
        if run.run_id not in keep
        and not (run.live and run.cell in cells and run.cell not in wanted)
    ]
    return Plan(tuple(write), tuple(archive), len(keep))


def _bring_in_line(store: Store, params: Params, entries: list[Entry]) -> Counts:
    set_environment()
    initialise(store)
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    try:
        client = MlflowClient(store.uri)
        tags = {"mlflow.note.content": NOTE} | saved_views(
            name for entry in entries for name in (*entry.metrics, *entry.series)
        )
        experiment_id = ensure_experiment(client, store, params.study, tags)
        plan = compare(entries, stored_runs_by_client(client, experiment_id), cells_of(params))
        _write_and_archive(client, experiment_id, plan)
    except MlflowException as error:
        raise explain(store, error) from error
    return Counts(len(plan.write), len(plan.archive), plan.kept)


def _write_and_archive(client: "MlflowClient", experiment_id: str, plan: Plan) -> None:
    from tqdm import tqdm

    for entry in tqdm(plan.write, desc="MLflow runs", unit="run", disable=None, leave=False):
        write_run(client, experiment_id, entry)
    for run in plan.archive:
        archive_run(client, run.run_id)
