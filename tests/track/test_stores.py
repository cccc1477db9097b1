"""Databases that are not ours, or of another MLflow."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.track.shown_runs import RUNS, WriteStudy

from breakeven.core.errors import InputError, MachineError
from breakeven.track.stage import TrackCounts, track

# SQLAlchemy says this of MLflow's own code.
pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")


@pytest.mark.parametrize("content", [b"not a database at all, but long enough" * 30, None])
def test_a_foreign_database_is_refused_and_left_alone(
    write_study: WriteStudy, content: bytes | None
) -> None:
    params = write_study()
    database = Path("mlruns/mlflow.db")
    database.unlink()
    if content is None:
        with closing(sqlite3.connect(database)) as other:
            other.execute("create table mine (x)")
            other.commit()
    else:
        database.write_bytes(content)
    before = database.read_bytes()
    with pytest.raises(InputError, match=r"mlflow\.db: not a database of MLflow; move it away"):
        track(params)
    assert database.read_bytes() == before


def test_a_database_of_another_mlflow_is_one_line_that_says_what_to_do(
    write_study: WriteStudy,
) -> None:
    params = write_study()
    with closing(sqlite3.connect("mlruns/mlflow.db")) as database:
        database.execute("update alembic_version set version_num = 'older'")
        database.commit()
    with pytest.raises(MachineError, match=r"may be removed: `dvc repro track` makes it again"):
        track(params)


def test_a_store_that_the_user_set_is_used(
    write_study: WriteStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = write_study()
    shutil.rmtree("mlruns")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/elsewhere/runs.db")
    assert track(params) == TrackCounts(added=RUNS, archived=0, kept=0)
    assert (tmp_path / "elsewhere/runs.db").is_file()
    assert not Path("mlruns/mlflow.db").exists()
    assert track(params) == TrackCounts(added=0, archived=0, kept=RUNS)
