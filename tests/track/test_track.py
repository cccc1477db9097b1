"""`track` on a real SQLite store: one run a cell, nothing twice, everything rebuilt."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from tests.track.shown_runs import RUNS, WriteStudy, curve, experiment_id, runs, the_client

from breakeven.core.files import write_json
from breakeven.core.layout import base_folder, items_path
from breakeven.core.records import Record, read_record
from breakeven.params import load_params
from breakeven.params.cells import Cell, cells
from breakeven.results.from_items import read_item_rows
from breakeven.track.answer_bill import answering_metrics
from breakeven.track.query_metrics import query_metrics
from breakeven.track.shown_answers import ShownAnswers
from breakeven.track.stage import TrackCounts, track
from breakeven.track.wanted_runs import wanted_runs
from breakeven.tracking.run_names import cell_keys

# SQLAlchemy says this of MLflow's own code.
pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")


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
    assert metrics["cost/train_device_hours"] == 3.5 / 3600
    assert metrics["cost/answer_device_hours"] == 1.5 / 3600
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
