"""Answers in MLflow: a table a cell, and traces of the same questions for every cell."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run, Trace

from breakeven.core.files import read_rows, write_rows
from breakeven.core.layout import answers_path, task_path
from breakeven.core.records import read_record
from breakeven.core.work_times import noted_times, work_times
from breakeven.params import Params
from breakeven.params.cells import Cell
from breakeven.rows.answer import Answer
from breakeven.rows.item import Item
from breakeven.track.shown_answers import (
    MOST_OF_A_TEXT,
    MOST_OF_A_TRACE,
    MOST_ROWS,
    ShownAnswers,
)
from breakeven.track.stage import track
from breakeven.tracking.sampled_traces import MOST_CHARACTERS, MOST_TRACES, plain_text
from breakeven.tracking.store import current_store

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")

WriteStudy = Callable[..., Params]
HOSTILE = '<img src=x onerror="alert(1)">\0\ud83d ![seen](http://example.org/a.png)'
GAINS = {
    "gain": {"t30k": {"reasoning": {"math-open": {"points": 50.0, "low": 10.0, "high": 90.0}}}}
}


def write_texts(params: Params) -> None:
    """The items and answers that the rows of the scores speak of."""
    rows = pd.read_parquet("scores/items.parquet")
    for task, family in rows[["task", "family"]].drop_duplicates().to_numpy().tolist():
        items = [
            Item(f"{task}-{n}", task, family, f"What is {n}, {task}?", str(n), f"{n}", "exact")
            for n in range(8)
        ]
        write_rows(task_path(task), items)
        for student in params.students:
            for arm in params.arms:
                trace = "<think>\nI count.\n</think>\n\n" if arm == "reasoning" else ""
                answers = [
                    Answer(one.id, 0, f"{trace}{HOSTILE}{one.reference}", "stop", 10, 20, 2, True)
                    for one in items
                ]
                write_rows(answers_path(student, arm, 0, "greedy", task), answers)


def write_answered_study(write_study: WriteStudy) -> Params:
    params = write_study()
    write_texts(params)
    Path("report/metrics.json").write_text(json.dumps(GAINS))
    Path("report/tables").mkdir()
    Path("report/tables/accuracy.csv").write_text(
        "student,arm,family,task,accuracy,low,high\nt30k,reasoning,math-open,,0.75,0.4,0.9\n"
        "t30k,reasoning,math-open,chain-open,0.15,0.1,0.2\nt30k,ift,math-open,,0.25,,\n"
    )
    return params


def client() -> MlflowClient:
    return MlflowClient(current_store().uri)


def experiment_id() -> str:
    found = client().get_experiment_by_name("tiny")
    assert found is not None
    return str(found.experiment_id)


def the_run(name: str) -> Run:
    found = client().search_runs([experiment_id()], f"attributes.run_name = '{name}'")
    assert len(found) == 1
    return found[0]


def traces(run: Run | None = None) -> list[Trace]:
    query = None if run is None else f"attributes.run_id = '{run.info.run_id}'"
    return list(client().search_traces([experiment_id()], filter_string=query, max_results=500))


def assessed(trace: Trace) -> dict[str, object]:
    return {
        one.name: one.feedback.value if one.feedback else one.expectation.value
        for one in trace.info.assessments
    }


def test_a_run_shows_when_its_work_was_done_and_its_answers_one_by_one(
    write_study: WriteStudy,
) -> None:
    params = write_answered_study(write_study)
    with noted_times("train", "t30k", "reasoning", 0):
        read_record("train", "t30k", "reasoning", 0).write()
    Path("dvc.lock").write_text("schema: '2.0'\n")
    track(params)
    run = the_run("t30k reasoning")
    assert (run.info.start_time, run.info.end_time) == work_times("train", "t30k", "reasoning", 0)
    assert "times" not in run.data.tags
    assert "of tracking" in the_run("t30k ift").data.tags["times"]
    assert len(run.data.tags["dvc.lock.sha256"]) == 64
    assert "mlflow.source.git.commit" not in run.data.tags  # the folder is no repository

    metrics = run.data.metrics
    assert metrics["gain_points/math-open"] == 50
    assert (metrics["gain_points_low/math-open"], metrics["gain_points_high/math-open"]) == (10, 90)
    over_seeds = [metrics[f"accuracy_over_seeds{end}/math-open"] for end in ("", "_low", "_high")]
    assert over_seeds == [0.75, 0.4, 0.9]
    # The run is of one seed, which may lie outside: no end of the arm's is called the run's.
    assert "accuracy_low/math-open" not in metrics
    assert not [name for name in the_run("t30k ift").data.metrics if name.startswith("accuracy_")]

    table = json.loads(
        Path(client().download_artifacts(run.info.run_id, "answers.json")).read_text()
    )
    rows = pd.DataFrame(table["data"], columns=table["columns"])
    assert len(rows) == 3 * 8
    assert rows["correct"].sum() == 3 * 6
    row = rows[rows["item"] == "chain-mc-3"].iloc[0]
    assert (row["question"], row["reference"]) == ("What is 3, chain-mc?", "3")
    assert row["thinking_tokens"] == 20
    assert row["thinking"] == "I count."
    assert row["answer"] == HOSTILE.replace("\0", "\\0").replace("\ud83d", "\\ud83d") + "3"
    assert json.loads(run.data.tags["mlflow.loggedArtifacts"]) == [
        {"path": "answers.json", "type": "table"}
    ]

    shown = {name: traces(the_run(f"t30k {name}")) for name in ("base", "ift", "reasoning")}
    questions = {
        name: {(one.info.tags["task"], one.info.tags["item"]) for one in found}
        for name, found in shown.items()
    }
    assert questions["ift"] == questions["reasoning"] == questions["base"]
    assert len(questions["ift"]) == len(shown["ift"]) == 3 * (MOST_TRACES // 3)
    assert len(traces()) == 6 * len(shown["ift"])
    one = shown["reasoning"][0]
    item = one.info.tags["item"]
    scored = pd.read_parquet("scores/items.parquet")
    row = scored[(scored["item"] == item) & (scored["student"] == "t30k")]
    row = row[row["arm"] == "reasoning"].iloc[0]
    assert assessed(one) == {
        "expected_response": item[-1],
        "correct": bool(row["correct"]),
        "outcome": row["outcome"],
        "output_tokens": 22,
        "inference_flops": 1e6,
    }
    span = one.data.spans[0]
    assert span.inputs == {"question": f"What is {item[-1]}, {one.info.tags['task']}?"}
    assert span.outputs["thinking"] == "I count."
    assert span.outputs["answer"].startswith('<img src=x onerror="alert(1)">\\0\\ud83d')
    assert one.info.token_usage == {"input_tokens": 10, "output_tokens": 22, "total_tokens": 32}
    assert one.info.tags["style"] == "reasoning"

    # A model has numbers of the data that it learnt and of each task; its run is found among
    # evaluations, which have no model as an output.
    full = client().get_run(run.info.run_id)
    model = client().get_logged_model(full.inputs.model_inputs[0].model_id)
    assert full.outputs.model_outputs == []
    assert model.source_run_id == run.info.run_id
    of = {metric.key: metric.dataset_name for metric in model.metrics}
    assert of["train/steps"] == "general"
    assert of["task_accuracy/chain-mc"] == "chain-mc"
    assert of["accuracy/math-open"] is None

    # Another answer to a question that is shown: the cell is shown anew, and nothing twice.
    path = answers_path("t30k", "reasoning", 0, "greedy", one.info.tags["task"])
    path.write_text(path.read_text().replace("I count", "I guess"))
    done = track(params)
    assert (done.added, done.archived) == (1, 1)
    again = traces(the_run("t30k reasoning"))
    assert len(again) == len(shown["ift"])
    assert len(traces()) == 6 * len(shown["ift"])
    assert any("I guess" in str(trace.data.spans[0].outputs) for trace in again)


def test_what_is_drawn_is_bounded_and_does_not_move_when_an_item_is_added(
    write_study: WriteStudy,
) -> None:
    params = write_study()
    rows = pd.read_parquet("scores/items.parquet")
    task = rows[rows["task"] == "chain-mc"]
    many = pd.concat([task.assign(item=f"chain-mc-{n}") for n in range(400)], ignore_index=True)
    many = many.drop_duplicates(["student", "arm", "item"])
    fewer = many[many["item"] != "chain-mc-17"]
    drawn = [ShownAnswers(params, one)._sampled["chain-mc"] for one in (many, fewer)]
    assert len(drawn[0]) == MOST_TRACES
    assert len(set(drawn[0]) - set(drawn[1])) <= 1
    other = params.model_copy(update={"report": params.report.model_copy(update={"seed": 1})})
    assert ShownAnswers(other, many)._sampled["chain-mc"] != drawn[0]


def table_of(params: Params, arm: str) -> pd.DataFrame:
    rows = pd.read_parquet("scores/items.parquet")
    return pd.DataFrame(ShownAnswers(params, rows).table(Cell("t30k", arm, 0)))


def test_the_table_has_what_was_written_and_says_what_it_leaves_out_of_a_long_text(
    write_study: WriteStudy,
) -> None:
    params = write_study()
    write_texts(params)
    path = answers_path("t30k", "reasoning", 0, "greedy", "chain-mc")
    trace, plain = "s" * 5000 + "!", "7" * 300
    answers = read_rows(path, Answer)
    written = f"<think>\n{trace}\n</think>\n\n{plain}"
    write_rows(path, [replace(answers[0], text=written), *answers[1:4]])
    table = table_of(params, "reasoning").set_index("item")
    long = table.loc["chain-mc-0"]
    assert long["thinking"].startswith("sss")
    assert long["thinking"].endswith("s!")
    assert "[… 4,601 characters …]" in long["thinking"]
    assert "[… 100 characters …]" in long["answer"]
    assert len(long["thinking"]) < MOST_OF_A_TRACE + 40
    assert len(long["answer"]) < MOST_OF_A_TEXT + 40
    assert table.loc["chain-mc-1", "thinking"] == "I count."
    # What is in no file is no empty answer.
    assert table.loc["chain-mc-7", ["answer", "thinking"]].isna().all()
    assert set(table_of(params, "ift")["thinking"]) == {""}


@pytest.mark.parametrize(("letter", "most_bytes"), [("a", 3e6), ("字", 13e6)])
def test_a_full_table_of_long_texts_is_of_a_size_that_a_browser_reads(
    letter: str, most_bytes: float
) -> None:
    """Written as MLflow writes it: indented, letters beyond ASCII escaped."""
    short, trace = (
        plain_text(letter * 100_000, most) for most in (MOST_OF_A_TEXT, MOST_OF_A_TRACE)
    )
    row = ["a-task-of-some-name", "item-00000", 0, 1.0, "right", 100, 20_000, 300, 1.234567e15]
    row += [short, short, short, trace]
    table = {"columns": ["a column's name"] * len(row), "data": [row] * MOST_ROWS}
    assert 0.8 * most_bytes < len(json.dumps(table, indent=2)) < most_bytes


def test_another_text_of_any_shown_answer_is_shown_anew(write_study: WriteStudy) -> None:
    params = write_study()
    write_texts(params)
    rows = pd.read_parquet("scores/items.parquet")
    cell = Cell("t30k", "ift", 0)
    before = ShownAnswers(params, rows).digest(cell)
    path = answers_path("t30k", "ift", 0, "greedy", "chain-open")
    path.write_text(path.read_text().replace("seen", "scene"))
    assert ShownAnswers(params, rows).digest(cell) != before


def test_a_long_text_is_cut_in_its_middle() -> None:
    text = "a" * MOST_CHARACTERS + "z" * 10
    assert plain_text(text).startswith("aaa")
    assert plain_text(text).endswith("z" * 10)
    assert "[… 10 characters …]" in plain_text(text)
    assert plain_text("whole") == "whole"


def test_times_are_known_of_the_record_that_was_made_then(write_study: WriteStudy) -> None:
    write_study()
    assert work_times("train", "t30k", "ift", 0) is None
    with pytest.raises(KeyError), noted_times("train", "t30k", "ift", 0):
        raise KeyError
    assert work_times("train", "t30k", "ift", 0) is None
    with noted_times("train", "t30k", "ift", 0):
        pass
    noted = work_times("train", "t30k", "ift", 0)
    assert noted is not None
    assert noted.started_ms <= noted.ended_ms
    record = read_record("train", "t30k", "ift", 0)
    replace(record, metrics={"steps": 1}).write()
    assert work_times("train", "t30k", "ift", 0) is None
    with noted_times("texts", "all"):
        pass  # a stage that leaves no record has no times
