"""An MLflow server on PostgreSQL: four studies write to it at once, and nothing is lost."""

import getpass
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.pipeline.repository import ROOT
from tests.scale.environment import (
    PYTHON,
    free_port,
    listens,
    needs_scale,
    scale_environment,
    served,
)

BIN = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/nowhere"))
pytestmark = [
    # SQLAlchemy says this of MLflow's own code.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
    needs_scale,
    pytest.mark.study,
    pytest.mark.skipif(not (BIN / "initdb").exists(), reason="no PostgreSQL here: apt-get install"),
]

WRITERS = 4
TRACK = "from breakeven.params import load_params; from breakeven.track.stage import run; "
TRACK += "run(load_params())"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[str]:
    """The address of an empty database of a PostgreSQL that listens on this machine alone."""
    port, folder = free_port(), tmp_path / "postgres"
    folder.mkdir()
    # It does not run as root.
    user = "postgres" if os.geteuid() == 0 else getpass.getuser()
    if user == "postgres":
        shutil.chown(folder, user)
        for parent in folder.parents:
            if parent.is_relative_to("/tmp") and parent != Path("/tmp"):
                parent.chmod(0o755)
    subprocess.run(
        [BIN / "initdb", "--pgdata", folder / "data", "--auth", "trust", "--username", user],
        user=user if user == "postgres" else None,
        check=True,
        capture_output=True,
    )
    command = [str(BIN / "postgres"), "-D", str(folder / "data"), "-p", str(port)]
    command += ["-h", "127.0.0.1", "-k", ""]
    if user == "postgres":
        command = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", *command]
    with served(command, lambda: listens(port), tmp_path / "postgres.log", dict(os.environ)):
        yield f"postgresql+psycopg2://{user}@127.0.0.1:{port}/postgres"


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[str]:
    """The address of an MLflow server that keeps everything there."""
    port = free_port()
    command = [str(PYTHON), "-m", "mlflow", "server", "--backend-store-uri", database]
    command += ["--artifacts-destination", str(tmp_path / "artifacts")]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "2"]
    environment = scale_environment(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true")
    with served(command, lambda: listens(port), tmp_path / "mlflow.log", environment):
        yield f"http://127.0.0.1:{port}"


def write(folder: Path, uri: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", TRACK],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "MLFLOW_TRACKING_URI": uri},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_four_studies_write_at_once_and_nothing_is_lost(
    server: str, done: Path, tmp_path: Path
) -> None:
    folders = [tmp_path / f"study-{number}" for number in range(WRITERS)]
    for folder in folders:
        shutil.copytree(done, folder, symlinks=True)
        params = yaml.safe_load((folder / "params.yaml").read_text())
        params["study"] = folder.name
        (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    alone = told(write(done, f"sqlite:///{tmp_path / 'alone.db'}"))
    writers = [write(folder, server) for folder in folders]
    assert [told(writer) for writer in writers] == [alone] * WRITERS
    ours = shown(f"sqlite:///{tmp_path / 'alone.db'}", "tiny")
    assert len(ours) > 3
    assert sum(count for _, _, points in ours.values() for count in points.values()) > 4
    for folder in folders:
        assert shown(server, folder.name) == ours
    # A second look finds everything there.
    again = [told(write(folder, server)) for folder in folders]
    assert again == [f"MLflow: 0 runs added, 0 archived, {len(ours)} kept"] * WRITERS


def told(writer: "subprocess.Popen[str]") -> str:
    text, _ = writer.communicate(timeout=600)
    assert writer.returncode == 0, text
    return text.strip().splitlines()[-1]


Shown = tuple[dict[str, float], dict[str, str], dict[str, int]]


def shown(uri: str, study: str) -> dict[str, Shown]:
    """Of every run metrics, parameters but the study's name, and points of the losses' curves."""
    from mlflow import MlflowClient

    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name(study)
    assert experiment is not None
    found = {}
    for run in client.search_runs([experiment.experiment_id]):
        parameters = {name: value for name, value in run.data.params.items() if name != "study"}
        points = {
            name: len(client.get_metric_history(run.info.run_id, name))
            for name in run.data.metrics
            if "loss" in name
        }
        found[str(run.info.run_name)] = (run.data.metrics, parameters, points)
    return found
