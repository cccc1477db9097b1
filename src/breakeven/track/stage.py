"""`track`: bring MLflow in line with the records. One run a cell, whatever was there before."""

from collections.abc import Container, Iterable
from typing import TYPE_CHECKING, NamedTuple

from breakeven.core.layout import items_path
from breakeven.params import Params
from breakeven.track.run_extras import run_extras
from breakeven.track.shown_answers import ShownAnswers
from breakeven.track.wanted_runs import wanted_runs
from breakeven.tracking.run_contents import RunContents
from breakeven.tracking.run_names import cell_names
from breakeven.tracking.run_writer import archive_tracked_run, write_run
from breakeven.tracking.runs import (
    StoredRun,
    ensure_experiment,
    stored_runs,
    stored_runs_by_client,
)
from breakeven.tracking.source import source_tags
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
    import pandas as pd
    from mlflow import MlflowClient

NOTE = """One run a cell (student, arm, seed): its training and its answers together.

- **Views** (top right) holds *Accuracy against cost* and *Table of cells*.
- Filters: `tags.kind = "cell"`, `tags.style = "reasoning"`, `tags.student = "…"`.
- Colours: blue IFT, orange reasoning, pink mixed, grey untrained.
- Answers one by one: the run's artifact `answers.json`; a few of them, the same questions for every
  run, as traces: choose *GenAI* at the top left, then *Evaluation runs*, and compare two of them.
- Everything here is made from `records/` and `scores/`; it can be deleted and made again.
"""


class TrackCounts(NamedTuple):
    """What `track` did: runs added, archived, and kept as they were."""

    added: int
    archived: int
    kept: int


class RunChanges(NamedTuple):
    """What is to be written, and which runs are to be archived after that."""

    write: tuple[RunContents, ...]
    archive: tuple[StoredRun, ...]
    kept: int


def run(params: Params) -> None:
    """Find or create a run for each cell; nothing is run again and no run is written twice."""
    done = track(params)
    print(f"MLflow: {done.added} runs added, {done.archived} archived, {done.kept} kept")


def track(params: Params) -> TrackCounts:
    """Write the missing runs and archive those that are outdated; does nothing the second time.

    Where nothing has changed, a local database is only read, and MLflow is not imported.

    Raises:
        InputError: the database is not one of MLflow, or MLFLOW_TRACKING_URI is a folder.
        MachineError: MLflow refuses: a server that cannot be reached, a schema of another version.
    """
    from filelock import FileLock

    rows = _scored_rows()
    answers = ShownAnswers(params, rows)
    wanted = wanted_runs(params, rows, answers)
    store = current_store()
    FOLDER.mkdir(exist_ok=True)
    # One `track` at a time, or two would each write what both find missing.
    with FileLock(FOLDER / ".track.lock"):
        if store.database is not None and is_ready(store.database):
            stored = stored_runs(store, params.study)
            if stored is not None:
                changes = needed_changes(wanted, stored, cell_names(params))
                if not changes.write and not changes.archive:
                    return TrackCounts(0, 0, changes.kept)
        return _bring_in_line(store, params, wanted, answers)


def needed_changes(
    wanted: Iterable[RunContents], stored: Iterable[StoredRun], cells: Container[str]
) -> RunChanges:
    """Which wanted runs are not stored, and which stored runs are not wanted.

    A live run of one of the `cells` of params.yaml whose training has no record yet is left alone:
    the training may still be running, or be resumed.
    """
    runs_of: dict[str, list[StoredRun]] = {}
    for run in stored:
        runs_of.setdefault(run.cell, []).append(run)
    write, keep = [], set()
    by_cell = {run.cell: run for run in wanted}
    for cell, contents in by_cell.items():
        # Of several that show the same one stays.
        right = [run for run in runs_of.get(cell, ()) if run.shows(contents)]
        if right:
            keep.add(right[0].run_id)
        else:
            write.append(contents)
    archive = [
        run
        for runs in runs_of.values()
        for run in runs
        if run.run_id not in keep
        and not (run.live and run.cell in cells and run.cell not in by_cell)
    ]
    return RunChanges(tuple(write), tuple(archive), len(keep))


def _scored_rows() -> "pd.DataFrame | None":
    """Rows of `scores/items.parquet`; None where nothing was scored yet."""
    if not items_path().is_file():
        return None
    # Here and not above: without scores there is nothing to load pandas for.
    from breakeven.results.from_items import read_item_rows

    return read_item_rows(items_path())


def _bring_in_line(
    store: Store, params: Params, wanted: list[RunContents], answers: ShownAnswers
) -> TrackCounts:
    set_environment()
    initialise(store)
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        client = MlflowClient(store.uri)
        tags = {"mlflow.note.content": NOTE} | saved_views(
            name for run in wanted for name in (*run.metrics, *run.series)
        )
        # Compared again by way of MLflow: a server cannot be read as a file can.
        experiment_id = ensure_experiment(client, store, params.study, tags)
        changes = needed_changes(
            wanted, stored_runs_by_client(client, experiment_id), cell_names(params)
        )
        _write_and_archive(client, experiment_id, changes, answers)
    except (MlflowException, SQLAlchemyError) as error:
        raise explain(store, error) from error
    return TrackCounts(len(changes.write), len(changes.archive), changes.kept)


def _write_and_archive(
    client: "MlflowClient", experiment_id: str, changes: RunChanges, answers: ShownAnswers
) -> None:
    from tqdm import tqdm

    source = source_tags() if changes.write else {}
    for contents in tqdm(changes.write, desc="MLflow runs", unit="run", disable=None, leave=False):
        write_run(client, experiment_id, contents, run_extras(contents, answers, source))
    # After the writing: a kill in between leaves a run too many, never a cell without one.
    for run in changes.archive:
        archive_tracked_run(client, experiment_id, run)
