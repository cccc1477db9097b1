"""`track` on a real SQLite store: one run a cell, nothing twice, everything rebuilt."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from mlflow import MlflowClient
from mlflow.entities import Run, ViewType

from breakeven.core.errors import InputError, MachineError
from breakeven.core.files import write_json
from breakeven.core.layout import base_folder, items_path
from breakeven.core.records import Record, read_record
from breakeven.params import Params, load_params
from breakeven.params.cells import Cell, cells
from breakeven.results.from_items import read_item_rows
from breakeven.track.answer_bill import answering_metrics
from breakeven.track.query_metrics import query_metrics
from breakeven.track.shown_answers import ShownAnswers
from breakeven.track.stage import TrackCounts, track
from breakeven.track.wanted_runs import wanted_runs
from breakeven.tracking.run_names import cell_keys
from breakeven.tracking.runs import CELL, DIGEST, LIVE
from breakeven.tracking.store import current_store

# SQLAlchemy says this of MLflow's own code.
pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")

WriteStudy = Callable[..., Params]
# Two students × three arms, one corpus, two bases, one report.
RUNS = 2 * 3 + 1 + 2 + 1


def the_client() -> MlflowClient:
    return MlflowClient(current_store().uri)


def experiment_id(study: str = "tiny") -> str:
    found = the_client().get_experiment_by_name(study)
    assert found is not None
    return str(found.experiment_id)


def runs(view: int = ViewType.ACTIVE_ONLY) -> dict[str, Run]:
    return {run.info.run_name: run for run in the_client().search_runs([experiment_id()], "", view)}


def shown() -> dict[str, tuple[dict[str, float], dict[str, str]]]:
    """What a person sees of each run."""
    return {name: (run.data.metrics, run.data.params) for name, run in runs().items()}


def curve(run_id: str, name: str) -> list[tuple[int, float]]:
    return [(point.step, point.value) for point in the_client().get_metric_history(run_id, name)]


@pytest.fixture(scope="module")
def tracked_project(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Path, fill_project: WriteStudy
) -> tuple[Path, TrackCounts]:
    folder = tmp_path_factory.mktemp("tracked")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return folder, track(fill_project())


@pytest.fixture
def tracked(
    tracked_project: tuple[Path, TrackCounts], monkeypatch: pytest.MonkeyPatch
) -> TrackCounts:
    """A study that was tracked once; for tests that only look."""
    folder, counts = tracked_project
    monkeypatch.chdir(folder)
    return counts


def test_a_cell_is_one_run_with_its_training_its_answers_and_its_costs(
    tracked: TrackCounts,
) -> None:
    assert tracked == TrackCounts(added=RUNS, archived=0, kept=0)
    run = runs()["t30k reasoning"]
    metrics = run.data.metrics
    assert run.info.status == "FINISHED"
    assert curve(run.info.run_id, "train/loss") == [(s, 1 + 1 / (s + 1)) for s in range(20)]
    assert metrics["accuracy/math-open"] == 6 / 8
    assert metrics["task_accuracy/chain-mc"] == 6 / 8
    assert metrics["truncated/math-open"] == metrics["unparsed/math-open"] == 1 / 8
    assert metrics["looping_share/math-open"] == metrics["looping_share/mean"] == 1 / 8
    assert metrics["cut_share/general-open"] == 1 / 8
    assert metrics["thinking_share/math-mc"] == 1.0
    assert metrics["cost/train_flops"] == 2e9
    assert metrics["cost/train_device_seconds"] == 3.5
    assert metrics["cost/train_gpu_hours"] == 0.0
    assert metrics["cost/answer_device_seconds"] == 1.5
    assert metrics["cost/answer_gpu_hours"] == 0.0
    assert metrics["train/utilisation"] == 0.3
    assert metrics["answers/utilisation"] == pytest.approx(24e6 / 1.5 / 64e6)
    assert metrics["inference_flops/mean"] == 1e6
    assert metrics["log10_inference_flops/math-open"] == 6.0
    assert metrics["output_tokens/mean"] == 22


@pytest.mark.parametrize("metered", [True, False])
def test_joules_of_answers_are_shown_where_a_counter_ran(metered: bool) -> None:
    rows = [
        {"arm": arm, "seed": 0, "device_seconds": seconds, "inference_flops": 1e6, "answers": 4}
        for arm, seconds in (("ift", 1.0), ("reasoning", 3.0))
    ]
    record = Record(
        "answer",
        {"student": "t30k"},
        metrics={"energy_joules": 80.0 if metered else None},
        device_seconds={"cuda": 4.0},
        details={"cells": rows},
    )
    metrics = answering_metrics(record, "reasoning", 0)
    assert metrics["cost/answer_device_seconds"] == 3.0
    assert metrics.get("cost/answer_energy_joules") == (60.0 if metered else None)


def test_samples_of_the_system_are_shown_at_their_times(write_study: WriteStudy) -> None:
    params = write_study()
    record = read_record("train", "t30k", "ift", 0)
    rows = [[0, 97.5, 1_700_000_000_000], [4, 98.5, 1_700_000_010_000]]
    replace(record, series={**record.series, "system/process_cpu_percentage": rows}).write()
    track(params)
    run = runs()["t30k ift"]
    name = "system/process_cpu_percentage"
    history = the_client().get_metric_history(run.info.run_id, name)
    assert [[one.step, one.value, one.timestamp] for one in history] == rows


def test_every_filter_key_is_a_param_and_a_tag(tracked: TrackCounts) -> None:
    wanted = {
        "study": "tiny",
        "student": "t30k",
        "arm": "reasoning",
        "style": "reasoning",
        "corpus": "general",
        "reasoning_share": "1.0",
        "method": "lora",
        "seed": "0",
        "size_parameters": "30000",
    }
    data = runs()["t30k reasoning"].data
    assert wanted.items() <= data.params.items()
    assert wanted.items() <= data.tags.items()
    found = the_client().search_runs([experiment_id()], "tags.kind = 'cell' and params.arm = 'ift'")
    assert {run.info.run_name for run in found} == {"t30k ift", "t120k ift"}


def test_a_control_can_be_filtered_for_and_is_found_under_no_style(tmp_path: Path) -> None:
    tree = yaml.safe_load((Path(__file__).parents[1] / "study.yaml").read_text())
    student, arm = next(iter(tree["students"])), "reasoning"
    tree["arms"][arm]["control"] = True
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(tree))
    params = load_params(tmp_path / "params.yaml")
    control = cell_keys(params, student, arm, 0)
    assert (control["style"], control["control"]) == ("control", "true")
    assert "control" not in cell_keys(params, student, "ift", 0)


def test_an_untrained_arm_cost_no_training_and_has_no_model(tracked: TrackCounts) -> None:
    run = runs()["t30k base"]
    assert run.data.metrics["cost/train_flops"] == 0.0
    assert "cost/log10_train_flops" not in run.data.metrics
    assert "cost/train_device_seconds" not in run.data.metrics
    assert "reasoning_share" not in run.data.params
    assert run.data.metrics["accuracy/math-open"] == 1 / 8
    assert the_client().get_run(run.info.run_id).inputs.model_inputs == []


def test_teacher_data_is_one_run_a_corpus_with_both_styles(tracked: TrackCounts) -> None:
    data = runs()["teacher data general"].data
    assert data.metrics["teacher/thinking_tokens_reasoning"] == 500
    assert data.metrics["teacher/answer_tokens_ift"] == 20
    assert data.metrics["pairs/kept"] == 9
    assert data.metrics["pairs_dropped/in a task"] == 1
    assert data.tags["absent"] == "flops.teacher: the solver computes"


def test_datasets_are_inputs_with_the_digest_of_the_record(tracked: TrackCounts) -> None:
    inputs = runs()["t30k ift"].inputs.dataset_inputs
    by_name = {one.dataset.name: (one.tags[0].value, one.dataset.digest) for one in inputs}
    recorded = read_record("train", "t30k", "ift", 0).inputs["data/pairs/general.parquet"]
    assert by_name["general"] == ("training", recorded[:32])
    assert {name for name, (role, _) in by_name.items() if role == "evaluation"} == {
        "chain-open",
        "chain-mc",
        "hops-open",
    }


def test_an_adapter_is_registered_without_its_weights(tracked: TrackCounts) -> None:
    models = the_client().search_logged_models([experiment_id()])
    assert {model.name for model in models} == {
        f"{student}-{arm}-0" for student in ("t30k", "t120k") for arm in ("ift", "reasoning")
    }
    model = next(model for model in models if model.name == "t30k-ift-0")
    record = read_record("train", "t30k", "ift", 0)
    assert (model.tags["path"], model.tags["digest"]) in record.outputs.items()
    assert model.tags["mlflow.model.isExternal"] == "true"
    assert str(model.status) == "READY"
    assert {metric.key for metric in model.metrics} >= {"accuracy/math-open", "cost/train_flops"}
    assert not list(Path("mlruns").rglob("*.safetensors"))


def test_the_report_is_a_run_with_its_page_and_figures(tracked: TrackCounts) -> None:
    run_id = runs()["report"].info.run_id
    client = the_client()
    assert {file.path for file in client.list_artifacts(run_id)} == {"index.html", "figures"}
    page = Path(client.download_artifacts(run_id, "index.html"))
    assert page.read_text() == "<p>report</p>"


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


def len_of_active_runs() -> int:
    from breakeven.tracking.runs import stored_runs

    return len(stored_runs(current_store(), "tiny") or ())


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


def test_another_decoding_is_shown_beside_the_first(write_study: WriteStudy) -> None:
    import pandas as pd

    params = write_study()
    items = pd.read_parquet("scores/items.parquet")
    vote = items[items["arm"] == "ift"].assign(decoding="vote", correct=True)
    pd.concat([items, vote]).to_parquet("scores/items.parquet")
    track(params)
    metrics = runs()["t30k ift"].data.metrics
    assert metrics["accuracy/math-open"] == 2 / 8
    assert metrics["vote/accuracy/math-open"] == 1.0
    assert metrics["accuracy/mean"] == 2 / 8


def test_votes_of_samples_are_shown_beside_the_accuracy_of_one(write_study: WriteStudy) -> None:
    import pandas as pd

    params = write_study()
    items = pd.read_parquet("scores/items.parquet")
    own = items[items["arm"] == "ift"].assign(decoding="vote", parsed=True)
    # Three samples an item: two say what is right, one does not.
    samples = [own.assign(sample=n, vote=min(n, 1), correct=n > 0) for n in range(3)]
    pd.concat([items, *samples]).to_parquet("scores/items.parquet")
    track(params)
    metrics = runs()["t30k ift"].data.metrics
    assert metrics["vote/accuracy/math-open"] == pytest.approx(2 / 3)
    assert metrics["vote/maj_at_1/math-open"] == pytest.approx(2 / 3)
    assert metrics["vote/maj_at_3/math-open"] == 1.0
    assert metrics["vote/pass_at_2/math-open"] == 1.0
    assert not [name for name in metrics if name.startswith(("maj_at", "pass_at"))]


def test_a_study_that_is_half_done_shows_what_there_is(write_study: WriteStudy) -> None:
    params = write_study()
    shutil.rmtree("report")
    Path("scores/items.parquet").unlink()
    track(params)
    assert len(runs()) == RUNS - 1
    assert not [n for n in runs()["t30k ift"].data.metrics if n.startswith("accuracy")]


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


def test_what_a_query_would_cost_is_shown_by_device(write_study: WriteStudy) -> None:
    params = write_study()
    rows = read_item_rows(items_path())
    tails = query_metrics(rows, params)[Cell("t30k", "reasoning", 0)]
    families = ("math-open", "math-mc", "general-open")
    # Without a base nobody knows a shape; answers have lengths all the same.
    assert tails == {f"output_tokens_p95/{family}": 22.0 for family in families}
    for student in params.students:
        write_json(
            base_folder(student) / "config.json",
            {
                "model_type": "qwen2",
                "hidden_size": 64,
                "num_hidden_layers": 2,
                "num_attention_heads": 4,
                "num_key_value_heads": 2,
                "intermediate_size": 128,
                "vocab_size": 256,
            },
        )
    found = query_metrics(rows, params)
    names = [
        f"served_{device}/{axis}/{family}"
        for device in ("H100", "L4")
        for axis in ("seconds_one_person_waiting", "money_within_10_s", "money_full_throughput")
        for family in families
    ]
    assert found.keys() == set(cells(params))
    for metrics in found.values():
        assert sorted(metrics) == sorted([*names, *tails])
        assert min(metrics.values()) > 0
    wanted = wanted_runs(params, rows, ShownAnswers(params, rows))
    shown = {run.name: run.metrics for run in wanted}["t30k reasoning"]
    assert shown[names[0]] == found[Cell("t30k", "reasoning", 0)][names[0]]
