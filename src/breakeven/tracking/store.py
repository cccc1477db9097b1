"""Where MLflow keeps its runs: a SQLite file of this repository, or the server that the user set.

The file is made once, under a lock and away from its place, so that any number of processes may
ask for it at the same moment and a kill never leaves half of it.
"""

import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from breakeven.core.errors import InputError, MachineError
from breakeven.tracking.schema import older_schema, upgrade
from breakeven.tracking.sqlite_rows import no_database, read_rows

FOLDER = Path("mlruns")
_SQLITE = "sqlite:///"


class Store(NamedTuple):
    """A tracking store; `database` is None where a server answers instead of a SQLite file."""

    uri: str
    database: Path | None

    @property
    def artifacts(self) -> Path | None:
        """Folder of the artifacts beside the database; None where the server decides."""
        return None if self.database is None else self.database.parent / "artifacts"

    @property
    def shown(self) -> str:
        """The address as it may be printed: without user name, password and query."""
        return re.sub(r"\?.*$", "", re.sub(r"//[^/@]*@", "//", self.uri))


def current_store() -> Store:
    """The store that MLFLOW_TRACKING_URI names, or `mlruns/mlflow.db` of the working directory.

    Raises InputError where the variable names a folder: MLflow no longer writes to plain files.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI", "").strip()
    if not uri:
        database = (FOLDER / "mlflow.db").resolve()
        return Store(f"{_SQLITE}{database}", database)
    if uri.startswith(_SQLITE):
        return Store(uri, Path(uri.removeprefix(_SQLITE).split("?")[0]).resolve())
    if uri.startswith("file:") or ("://" not in uri and uri != "databricks"):
        raise InputError(
            f"MLFLOW_TRACKING_URI: value is {uri}; use sqlite:///<path>, the http address of an "
            "MLflow server, or unset it to use mlruns/mlflow.db"
        )
    return Store(uri, None)


def set_environment() -> None:
    """Settle how MLflow behaves, here and in child processes: no usage reports, few messages."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["DO_NOT_TRACK"] = "true"
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    # MLflow's own default waits four minutes for a server that is not there.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")


def initialise(store: Store) -> None:
    """Make the database if there is none, upgrade one of an older MLflow; a server is left alone.

    Raises:
        InputError: the file is there but is not an MLflow database.
        MachineError: MLflow cannot upgrade it.
    """
    if store.database is None or (is_ready(store.database) and not older_schema(store.database)):
        return
    # Asked again inside: another process may have been at it while this one waited for the lock.
    with locked(store):
        if not is_ready(store.database):
            _make(store.database, store.database.parent / "artifacts")
        elif (revision := older_schema(store.database)) is not None:
            upgrade(store.database, revision)


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Hold the store's lock against other processes of this project; a server needs none."""
    if store.database is None:
        yield
        return
    from filelock import FileLock

    store.database.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(store.database.with_name(f".{store.database.name}.lock")):
        yield


def is_ready(database: Path) -> bool:
    """Whether MLflow's tables are in the file; False where there is no file, or an empty one.

    Raises InputError where the file is something else.
    """
    if database.exists() and not database.is_file():
        raise no_database(database)
    # SQLite leaves an empty file where it was opened and nothing was written.
    if not database.is_file() or database.stat().st_size == 0:
        return False
    tables = {name for (name,) in read_rows(database, "select name from sqlite_master")}
    if not {"alembic_version", "experiments", "runs", "tags"} <= tables:
        raise no_database(database)
    return True


def explain(store: Store, error: Exception) -> MachineError:
    """An error of MLflow as one line that says what to do, without the address's credentials."""
    # A message may repeat the address, password and all.
    reason = " ".join(str(error).split()).replace(store.uri, store.shown)
    reason = re.sub(r"//[^/@\s]*@", "//", reason)[:300]
    if store.database is None:
        return MachineError(f"MLflow at {store.shown}: {reason}; check MLFLOW_TRACKING_URI")
    return MachineError(
        f"{store.database}: {reason}; the runs are a view of the records, so this file may be "
        "removed: `dvc repro track` makes it again"
    )


def _make(database: Path, artifacts: Path) -> None:
    set_environment()
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    for left_by_a_kill in database.parent.glob(f".{database.name}.*.new*"):
        left_by_a_kill.unlink()
    temporary = database.with_name(f".{database.name}.{uuid.uuid4().hex[:8]}.new")
    made = SqlAlchemyStore(f"{_SQLITE}{temporary}", artifacts.as_uri())
    made.engine.dispose()  # no connection is open while the file moves
    temporary.replace(database)
