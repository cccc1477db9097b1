"""A database of an older MLflow, made by that schema's own migrations, is brought up to date."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from mlflow import MlflowClient

from breakeven.params import Params
from breakeven.track.stage import TrackCounts, track
from breakeven.tracking.schema import older_schema
from breakeven.tracking.store import Store, current_store, initialise

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")

WriteStudy = Callable[..., Params]
RUNS = 10
# Of September 2024, before logged models, assessments, spans and workspaces.
OLDER = "f5a4f2784254"


def make_older(database: Path, revision: str) -> None:
    """An empty database as MLflow's first schema and its migrations up to `revision` leave it."""
    from alembic import command
    from mlflow.store.db.utils import _get_alembic_config
    from mlflow.store.tracking.dbmodels.initial_models import Base
    from sqlalchemy import create_engine

    engine = create_engine(f"sqlite:///{database}")
    Base.metadata.create_all(engine)
    config = _get_alembic_config(str(engine.url))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def test_an_older_database_keeps_its_runs_and_a_copy_is_left(
    write_study: WriteStudy, capsys: pytest.CaptureFixture[str]
) -> None:
    params = write_study()
    database = Path("mlruns/mlflow.db").resolve()
    database.unlink()
    make_older(database, OLDER)
    with closing(sqlite3.connect(database)) as old:
        old.execute(
            "insert into experiments (experiment_id, name, artifact_location, lifecycle_stage) "
            "values (7, 'mine', 'file:///nowhere', 'active')"
        )
        old.execute(
            "insert into runs (run_uuid, name, experiment_id, status, lifecycle_stage, "
            "start_time, artifact_uri, source_type, user_id) values ('a1', 'by hand', 7, "
            "'FINISHED', 'active', 5, 'file:///nowhere/a1', 'LOCAL', 'ann')"
        )
        old.execute(
            "insert into latest_metrics (key, value, timestamp, step, is_nan, run_uuid) "
            "values ('accuracy', 0.5, 5, 0, 0, 'a1')"
        )
        old.commit()
    assert older_schema(database) == OLDER
    assert track(params) == TrackCounts(added=RUNS, archived=0, kept=0)
    assert older_schema(database) is None
    assert f"mlflow.db.{OLDER}" in capsys.readouterr().err
    mine = MlflowClient(current_store().uri).get_run("a1")
    assert (mine.info.run_name, mine.data.metrics) == ("by hand", {"accuracy": 0.5})
    assert older_schema(database.with_name(f"mlflow.db.{OLDER}")) == OLDER
    assert track(params) == TrackCounts(added=0, archived=0, kept=RUNS)


def test_a_database_of_this_mlflow_or_of_an_unknown_one_is_left_alone(
    empty_database: Path, tmp_path: Path
) -> None:
    assert older_schema(empty_database) is None
    database = tmp_path / "mlflow.db"
    database.write_bytes(empty_database.read_bytes())
    with closing(sqlite3.connect(database)) as other:
        other.execute("update alembic_version set version_num = 'ffffffffffff'")
        other.commit()
    before = database.read_bytes()
    initialise(Store(f"sqlite:///{database}", database))
    assert database.read_bytes() == before
