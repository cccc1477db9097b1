"""A study pushed to S3-compatible storage and pulled elsewhere: nothing runs there but `track`."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.conftest import smallest
from tests.pipeline.repository import Study, make_finished_study
from tests.scale.environment import (
    PYTHON,
    free_port,
    listens,
    needs_scale,
    scale_environment,
    served,
)

pytestmark = [
    needs_scale,
    pytest.mark.study,
    # SQLAlchemy says this of MLflow's own code.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
]

KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
# No other way to credentials: neither a file of this machine's user nor a cloud's own address.
NO_KEYS = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere"}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An S3 server with an empty bucket that is called studies."""
    port = free_port()
    log = tmp_path_factory.mktemp("s3") / "log"
    server = [str(PYTHON), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with served(server, lambda: listens(port), log, scale_environment()):
        address = f"http://127.0.0.1:{port}"
        make = (
            "import boto3, sys; boto3.client('s3', endpoint_url=sys.argv[1], "
            "region_name='us-east-1').create_bucket(Bucket='studies')"
        )
        subprocess.run(
            [str(PYTHON), "-c", make, address], env=scale_environment(**KEYS), check=True
        )
        yield address


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, address: str, preloaded: Path) -> Study:
    """A finished study, committed, with the bucket as its remote."""
    made = make_finished_study(tmp_path_factory.mktemp("here") / "study", smallest(), preloaded)
    made.repro()
    remote = (
        ["dvc", "remote", "add", "--default", "store", "s3://studies/tiny"],
        ["dvc", "remote", "modify", "store", "endpointurl", address],
        ["git", "add", "--all"],
        ["git", "-c", "user.name=A", "-c", "user.email=a@b", "commit", "--quiet", "-m", "Finish"],
    )
    for command in remote:
        made.run(*command)
    return made


def dvc(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PYTHON), "-m", "dvc", *arguments],
        cwd=folder,
        env=scale_environment(PYTHONPATH=str(folder / "src"), **more),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_without_credentials_nothing_is_pushed_and_nothing_lost(study: Study) -> None:
    done = dvc(study.folder, "push", **NO_KEYS)
    assert done.returncode != 0
    assert "Unable to locate credentials" in done.stderr
    assert "Traceback" not in done.stderr
    assert study.run("breakeven", "status").stdout.startswith("nothing is due but track")


def test_a_pulled_study_runs_nothing_but_track_and_its_ui_is_complete(
    study: Study, tmp_path: Path
) -> None:
    pushed = dvc(study.folder, "push", **KEYS)
    assert pushed.returncode == 0, pushed.stderr
    there = tmp_path / "there"
    subprocess.run(["git", "clone", "--quiet", str(study.folder), str(there)], check=True)
    assert not (there / "records").exists()
    pulled = dvc(there, "pull", **KEYS)
    assert pulled.returncode == 0, pulled.stderr
    done = dvc(there, "repro", **KEYS)
    assert done.returncode == 0, done.stderr
    ran = [line.split("'")[1] for line in done.stdout.splitlines() if "Running stage" in line]
    assert sorted(ran) == ["inputs", "track"]
    assert runs(there) == runs(study.folder)
    assert len(runs(there)) > len(study.params()["arms"])


def runs(folder: Path) -> dict[str, dict[str, float]]:
    """Metrics by the name of the run, as the UI shows them."""
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{folder / 'mlruns/mlflow.db'}")
    found = client.get_experiment_by_name("tiny")
    assert found is not None
    return {
        str(run.info.run_name): run.data.metrics
        for run in client.search_runs([found.experiment_id])
    }
