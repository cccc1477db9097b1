"""Whatever becomes of MLflow's store, the records are whole and `track` catches up."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.faults.conftest import one_line
from tests.faults.damage import SEED
from tests.tracking.conftest import empty_database, fill_project, write_study

from breakeven.core.errors import BreakevenError
from breakeven.params import Params
from breakeven.track.stage import track
from breakeven.tracking import sqlite_rows

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")
__all__ = ["empty_database", "fill_project", "write_study"]
DATABASE = Path("mlruns/mlflow.db")


def records() -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in Path("records").rglob("*.json")}


def a_folder() -> None:
    DATABASE.unlink()
    (DATABASE / "inside").mkdir(parents=True)


def garbage() -> None:
    import random

    DATABASE.write_bytes(random.Random(SEED).randbytes(5000))


def cut() -> None:
    DATABASE.write_bytes(DATABASE.read_bytes()[:20_000])


LONG = pytest.mark.faults


@pytest.mark.parametrize(
    "damage", [a_folder, pytest.param(garbage, marks=LONG), pytest.param(cut, marks=LONG)]
)
def test_a_store_that_is_none_is_one_line_and_is_made_again(
    write_study: Callable[[], Params], damage: Callable[[], None]
) -> None:
    params = write_study()
    before = records()
    damage()
    with pytest.raises(BreakevenError, match=r"mlflow\.db: ") as error:
        track(params)
    one_line(str(error.value))
    assert records() == before
    DATABASE.rename("aside")
    assert track(params).added
    assert track(params).added == 0


def test_a_store_that_another_process_holds_is_one_line_and_caught_up_with(
    write_study: Callable[[], Params], monkeypatch: pytest.MonkeyPatch
) -> None:
    params = write_study()
    before = records()
    monkeypatch.setattr(sqlite_rows, "_WAIT_SECONDS", 0.2)
    with closing(sqlite3.connect(DATABASE)) as other:
        other.execute("begin exclusive")
        with pytest.raises(BreakevenError, match=r"locked.*`dvc repro track` catches up") as error:
            track(params)
        other.rollback()
    one_line(str(error.value))
    assert records() == before
    assert track(params).added
