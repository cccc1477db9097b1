"""Runs that are rebuilt, replaced, archived or left alone when a study is tracked again."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.track.shown_runs import (
    RUNS,
    WriteStudy,
    experiment_id,
    len_of_active_runs,
    runs,
    shown,
    the_client,
)

from breakeven.core.records import read_record
from breakeven.track.stage import TrackCounts, track
from breakeven.tracking.runs import CELL, DIGEST, LIVE

# SQLAlchemy says this of MLflow's own code.
pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")


def test_the_second_time_adds_nothing_and_does_not_import_mlflow(write_study: WriteStudy) -> None:
    params = write_study()
    track(params)
    before = shown()
    assert track(params) == TrackCounts(added=0, archived=0, kept=RUNS)
    assert shown() == before
    code = (
        "import sys; from breakeven.params import load_params; "
        "from breakeven.track.stage import track; print(track(load_params()).kept); "
        "sys.exit('mlflow' in sys.modules)"
    )
    again = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (again.returncode, again.stdout.strip()) == (0, str(RUNS)), again.stderr


def clone_without_mlruns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Go to a copy of the project; in the same place, MLflow would keep the removed file open."""
    shutil.copytree(".", "clone", ignore=shutil.ignore_patterns("clone", "mlruns"))
    monkeypatch.chdir("clone")


def test_everything_is_rebuilt_from_the_records_alone(
    write_study: WriteStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = write_study()
    track(params)
    before = shown()
    clone_without_mlruns(monkeypatch)
    assert track(params) == TrackCounts(added=RUNS, archived=0, kept=0)
    assert shown() == before


def test_a_changed_record_archives_the_older_run_of_its_cell_only(write_study: WriteStudy) -> None:
    params = write_study()
    track(params)
    old = runs()
    record = read_record("train", "t30k", "ift", 0)
    replace(record, metrics={**record.metrics, "tokens_per_second": 4321.5}).write()
    assert track(params) == TrackCounts(added=1, archived=1, kept=RUNS - 1)
    new = runs()
    assert len(new) == RUNS
    assert new["t30k ift"].data.metrics["train/tokens_per_second"] == 4321.5
    assert {n for n in new if new[n].info.run_id != old[n].info.run_id} == {"t30k ift"}
    client = the_client()
    archived = client.get_run(old["t30k ift"].info.run_id)
    assert archived.info.lifecycle_stage == "deleted"
    client.restore_run(archived.info.run_id)
    names = [model.name for model in client.search_logged_models([experiment_id()])]
    assert sorted(names) == sorted(set(names))


def test_cells_that_the_params_no_longer_have_are_archived(write_study: WriteStudy) -> None:
    track(write_study())
    # Three cells and the base go; the scores and so the other runs stay what they are.
    assert track(write_study(students=("t30k",))) == TrackCounts(added=0, archived=4, kept=RUNS - 4)
    assert not [name for name in runs() if "t120k" in name]


def test_a_cell_without_a_record_is_not_shown(write_study: WriteStudy) -> None:
    params = write_study()
    track(params)
    read_record("train", "t30k", "ift", 0).path.unlink()
    assert track(params) == TrackCounts(added=0, archived=1, kept=RUNS - 1)
    assert "t30k ift" not in runs()


def test_a_half_written_run_is_replaced(write_study: WriteStudy) -> None:
    params = write_study()
    track(params)
    client, whole = the_client(), runs()["t30k ift"]
    client.delete_tag(whole.info.run_id, DIGEST)
    half = client.create_run(experiment_id(), tags={CELL: "cell:t120k/ift/0"}, run_name="half")
    assert track(params) == TrackCounts(added=1, archived=2, kept=RUNS - 1)
    assert runs()["t30k ift"].info.run_id != whole.info.run_id
    assert client.get_run(half.info.run_id).info.lifecycle_stage == "deleted"


def test_track_killed_in_the_middle_is_completed_by_the_next_one(
    write_study: WriteStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = write_study()
    track(params)
    undisturbed = shown()
    clone_without_mlruns(monkeypatch)
    code = (
        "from breakeven.params import load_params; "
        "from breakeven.track.stage import track; track(load_params())"
    )
    child = subprocess.Popen([sys.executable, "-c", code])
    while not (Path("mlruns/mlflow.db").is_file() and len_of_active_runs() >= 3):
        assert child.poll() is None
        time.sleep(0.002)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    track(params)
    assert shown() == undisturbed
    assert track(params) == TrackCounts(added=0, archived=0, kept=RUNS)


def test_a_live_run_gives_way_to_the_tracked_run(write_study: WriteStudy) -> None:
    params = write_study()
    track(params)
    read_record("train", "t120k", "ift", 0).path.unlink()
    client = the_client()
    for student in ("t30k", "t120k"):
        tags = {CELL: f"cell:{student}/ift/0", LIVE: "true"}
        client.create_run(experiment_id(), tags=tags, run_name=f"live {student}")
    # t120k has no record: its training may still run, so its live run stays.
    assert track(params) == TrackCounts(added=0, archived=2, kept=RUNS - 1)
    assert [name for name in runs() if name.startswith("live")] == ["live t120k"]


def test_runs_of_another_maker_in_the_experiment_are_left_alone(write_study: WriteStudy) -> None:
    params = write_study()
    track(params)
    the_client().create_run(experiment_id(), run_name="mine")
    assert track(params) == TrackCounts(added=0, archived=0, kept=RUNS)
    assert "mine" in runs()


def test_a_lost_artifact_is_noticed(write_study: WriteStudy) -> None:
    params = write_study()
    track(params)
    shutil.rmtree("mlruns/artifacts")
    # The report has its page there, each cell the table of its answers.
    assert track(params) == TrackCounts(added=7, archived=7, kept=RUNS - 7)
    assert the_client().list_artifacts(runs()["report"].info.run_id)


def test_an_experiment_deleted_in_the_ui_comes_back(write_study: WriteStudy) -> None:
    params = write_study()
    track(params)
    before = shown()
    the_client().delete_experiment(experiment_id())
    track(params)
    assert shown() == before


@pytest.mark.parametrize("deleted", [False, True])
def test_a_moved_project_gets_an_experiment_of_its_own(
    write_study: WriteStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deleted: bool
) -> None:
    """Also where the experiment had been deleted in the UI, before the move and after it."""
    params = write_study()
    track(params)
    moved = tmp_path / "moved to"
    shutil.copytree(tmp_path, moved, ignore=shutil.ignore_patterns("moved to"))
    shutil.rmtree(tmp_path / "mlruns")
    monkeypatch.chdir(moved)
    for _ in range(2 if deleted else 1):
        if deleted:
            the_client().delete_experiment(experiment_id())
        track(params)
        assert track(params) == TrackCounts(added=0, archived=0, kept=RUNS)
    assert not (tmp_path / "mlruns").exists()
    assert list((moved / "mlruns/artifacts/tiny").rglob("index.html"))
