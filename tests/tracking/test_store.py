"""The store: one database however many ask for it, and no credentials in what is printed."""

import subprocess
import sys
from pathlib import Path

import pytest

from breakeven.core.errors import InputError
from breakeven.tracking.store import Store, current_store, explain, is_ready

PROCESSES = 6
LOG_ONE_RUN = """
from breakeven.tracking.store import current_store, initialise, set_environment
set_environment()
store = current_store()
initialise(store)
from mlflow import MlflowClient
client = MlflowClient(store.uri)
run = client.create_run("0")
for step in range(20):
    client.log_metric(run.info.run_id, "x", step, step=step)
client.set_terminated(run.info.run_id)
"""


def test_six_processes_on_a_fresh_store_all_succeed(project: Path) -> None:
    command = [sys.executable, "-c", LOG_ONE_RUN]
    started = [
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(PROCESSES)
    ]
    errors = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0] * PROCESSES, errors
    from contextlib import closing
    from sqlite3 import connect

    with closing(connect("mlruns/mlflow.db")) as database:
        finished = "select count(*) from runs where status = 'FINISHED'"
        assert database.execute(finished).fetchone() == (PROCESSES,)
        assert database.execute("select count(*) from metrics").fetchone() == (PROCESSES * 20,)
    assert not list(Path("mlruns").glob("*.new*"))


def test_an_empty_file_is_not_ready_and_does_not_count_as_foreign(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").touch()
    assert not is_ready(tmp_path / "mlflow.db")
    assert not is_ready(tmp_path / "absent.db")


def test_the_store_is_in_the_working_directory_unless_the_user_says_otherwise(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert current_store().database == project.resolve() / "mlruns/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.example.org")
    assert current_store() == Store("https://mlflow.example.org", None)


@pytest.mark.parametrize("uri", ["file:///tmp/runs", "mlruns", "/tmp/runs"])
def test_a_folder_as_tracking_uri_is_refused(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(InputError, match=rf"^MLFLOW_TRACKING_URI: value is {uri}; use sqlite:///"):
        current_store()


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://ann:pa55@host:5000/x", "https://host:5000/x"),
        ("https://host/x?token=pa55", "https://host/x"),
        ("postgresql://ann:pa%4055@host/db", "postgresql://host/db"),
        ("sqlite:////work/mlruns/mlflow.db", "sqlite:////work/mlruns/mlflow.db"),
    ],
)
def test_credentials_are_not_shown(uri: str, shown: str) -> None:
    store = Store(uri, None)
    assert store.shown == shown
    line = str(explain(store, RuntimeError(f"no answer\n from {uri} (or {uri}/api)")))
    assert "pa55" not in line
    assert "ann" not in line
    assert "\n" not in line
