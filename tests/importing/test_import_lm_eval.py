"""Logs of lm-evaluation-harness in the layouts of 0.4.2 to 0.4.13, in small."""

import json
from pathlib import Path

import pytest

from breakeven.core.errors import InputError
from breakeven.importing.read_results import import_results

DATE = "2026-11-24T10-00-00.123456"
LATER = "2026-11-25T10-00-00.123456"
CONFIG = {
    "filter_list": [{"name": "strict"}, {"name": "loose"}],
    "metric_list": [{"metric": "exact_match", "aggregation": "mean"}],
}


def row(number: int, right: float, **changes: object) -> dict:
    return {
        "doc_id": number,
        "doc": {"question": f"question {number}"},
        "resps": [["so it is 5"]],
        "filtered_resps": ["5"],
        "exact_match": right,
        **changes,
    }


def results(**changes: object) -> dict:
    values = {"exact_match,strict": 0.5, "exact_match,loose": 1.0, "alias": "sums"}
    content = {"results": {"sums": values}, "configs": {"sums": CONFIG}}
    return {**content, "group_subtasks": {"sums": []}, **changes}


def write(
    folder: Path, rows: list[dict], found: dict, *, task: str = "sums", date: str | None = DATE
) -> None:
    """One task's samples and results: dated files from 0.4.3 on, undated ones of 0.4.2."""
    folder.mkdir(parents=True, exist_ok=True)
    if date is None:
        text, names = json.dumps(rows, indent=2), (f"pretrained__m_{task}.jsonl", "results.json")
    else:
        text = "".join(json.dumps(one) + "\n" for one in rows)
        names = (f"samples_{task}_{date}.jsonl", f"results_{date}.json")
    (folder / names[0]).write_text(text, encoding="utf-8")
    (folder / names[1]).write_text(json.dumps(found), encoding="utf-8")


def imported(folder: Path, tasks: str, path: str = "logs"):
    file = folder / "runs.yaml"
    file.write_text(
        f"runs:\n  - {{path: {path}, student: s, size_b: 1, style: ift}}\ntasks: {tasks}\n",
        encoding="utf-8",
    )
    return import_results(file)


TWICE = [row(0, 0.0), row(1, 1.0), row(0, 1.0), row(1, 1.0)]


@pytest.mark.parametrize("date", [None, DATE])
@pytest.mark.parametrize(("name", "accuracy"), [("strict", 0.5), ("loose", 1.0)])
def test_rows_without_a_filter_belong_to_the_filters_in_turn(tmp_path, date, name, accuracy):
    write(tmp_path / "logs", TWICE, results(), date=date)
    tasks = f"{{sums: {{family: math-open, filter: {name}}}}}"
    assert imported(tmp_path, tasks).cells[0].accuracy == accuracy
    with pytest.raises(InputError, match=r"has filters loose, strict; set tasks\.sums\.filter"):
        imported(tmp_path, "{sums: {family: math-open}}")


def test_rows_that_fit_no_filter_are_refused(tmp_path):
    write(tmp_path / "logs", TWICE[:3], results())
    with pytest.raises(InputError, match="do not say which filter made them"):
        imported(tmp_path, "{sums: {family: math-open, filter: strict}}")


def test_samples_of_another_evaluation_than_the_results_are_refused(tmp_path):
    write(tmp_path / "logs", [*TWICE[2:], *TWICE[:2]], results())
    with pytest.raises(InputError, match=r"the mean of exact_match,strict is 1, results_.* says 0"):
        imported(tmp_path, "{sums: {family: math-open, filter: strict}}")


@pytest.mark.parametrize("listed", [True, False])
def test_metrics_are_those_of_the_rows_or_of_the_results(tmp_path, listed):
    values = {"acc,none": 1.0, "acc_stderr,none": 0.1, "acc_norm,none": 0.0}
    extra = {"metrics": ["acc", "acc_norm"], "filter": "none"} if listed else {}
    rows = [{"doc_id": 0, "acc": 1.0, "acc_norm": 0.0, "filtered_resps": [[-1.0, False]], **extra}]
    write(tmp_path / "logs", rows, {"results": {"sums": values}})
    with pytest.raises(InputError, match=r"has metrics acc, acc_norm; set tasks\.sums\.metric"):
        imported(tmp_path, "{sums: {family: math-mc}}")
    cell = imported(tmp_path, "{sums: {family: math-mc, metric: acc}}").cells[0]
    assert (cell.accuracy, cell.unparsed_share) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("left", "parsed"),
    [
        (["5"], 1),
        ("5", 1),
        (["[invalid]"], 0),
        ("[missing]", 0),
        ([["[missing]"]], 0),
        ([""], 0),
        (["nothing"], 0),  # the fallback that the task sets
        ([["-0.1", "False"], ["-0.2", "True"]], 1),
        (["[invalid move]"], 1),
    ],
)
def test_what_a_filter_leaves_without_an_answer_is_unparsed(tmp_path, left, parsed):
    steps = [{"function": "regex", "fallback": "nothing"}]
    config = {"filter_list": [{"name": "none", "filter": steps}]}
    write(tmp_path / "logs", [row(0, 0.0, filtered_resps=left)], {"configs": {"sums": config}})
    cell = imported(tmp_path, "{sums: {family: math-open, metric: exact_match}}").cells[0]
    assert cell.unparsed_share == 1 - parsed


@pytest.mark.parametrize(
    ("texts", "note", "unparsed"),
    [
        (["5", "a < b"], None, 0),
        (["<think>2+3</think>5", "5"], "1 of 2 answers were graded with their trace; set", 0),
        (["2+3</think>5", "<think>2+"], "2 of 2 answers were graded with their trace, 1 of", 0.5),
        (["<thinking>x</thinking>5", "5"], "1 of 2 answers were graded with their trace; set", 0),
        (["<think>a</think>5<think>", "5"], "trace, 1 of them never end it and are unparsed", 0.5),
    ],
)
def test_a_trace_left_in_an_answer_is_told(tmp_path, texts, note, unparsed):
    rows = [row(number, 1.0, resps=[[text]]) for number, text in enumerate(texts)]
    write(tmp_path / "logs", rows, {})
    found = imported(tmp_path, "{sums: {family: math-open, metric: exact_match}}")
    notes = found.notes
    assert found.cells[0].unparsed_share == unparsed
    assert [one for one in notes if "trace" in one and note and note in one] or note is None
    assert any("trace" in one for one in notes) == (note is not None)


GROUPS = {
    "group_subtasks": {"quiz": ["quiz_a", "quiz_rest"], "quiz_rest": ["quiz_b"], "quiz_b": []},
    "results": {name: {"acc,none": 0.5} for name in ("quiz", "quiz_rest", "quiz_a", "quiz_b")},
}


def write_groups(folder: Path) -> None:
    for task, count in (("quiz_a", 1), ("quiz_b", 3)):
        found = [{"doc_id": number, "acc": float(number == 0)} for number in range(count)]
        write(folder, found, {}, task=task)
    (folder / f"results_{DATE}.json").write_text(
        json.dumps({**GROUPS, "results": {}}), encoding="utf-8"
    )


def test_the_questions_of_a_named_group_are_pooled(tmp_path):
    write_groups(tmp_path / "logs")
    found = imported(tmp_path, "{quiz: {family: general-mc, metric: acc}}")
    assert (found.cells[0].accuracy, found.cells[0].items) == (0.5, 4)
    assert found.items is not None
    assert set(found.items["item"]) == {"quiz_a/0", "quiz_b/0", "quiz_b/1", "quiz_b/2"}


def test_tasks_of_a_group_that_are_named_themselves_stay_apart(tmp_path):
    write_groups(tmp_path / "logs")
    named = "{family: general-mc, metric: acc}"
    found = imported(tmp_path, f"{{quiz_a: {named}, quiz_b: {named}}}")
    assert found.cells[0].accuracy == pytest.approx((1 + 1 / 3) / 2)


def test_results_without_their_samples_are_told(tmp_path):
    write(tmp_path / "logs", TWICE, results(results={"sums": {}, "other": {"acc,none": 1}}))
    notes = imported(tmp_path, "{sums: {family: math-open, filter: loose, metric: exact_match}}")
    assert any(note.startswith("other: left out,") for note in notes.notes)
    (tmp_path / "logs" / f"samples_sums_{DATE}.jsonl").unlink()
    with pytest.raises(InputError, match="holds results but no samples; evaluate with --log_sam"):
        imported(tmp_path, "{}")


def test_one_of_two_evaluations_is_chosen_by_its_file(tmp_path):
    named = "{sums: {family: math-open, metric: exact_match}}"
    write(tmp_path / "logs", [row(0, 0.0)], {})
    write(tmp_path / "logs", [row(0, 1.0)], {}, date=LATER)
    with pytest.raises(InputError, match=r"two sample files of sums: .*; keep one, or give one"):
        imported(tmp_path, named)
    for name in (f"results_{LATER}.json", f"samples_sums_{LATER}.jsonl"):
        assert imported(tmp_path, named, f"logs/{name}").cells[0].accuracy == 1.0
    assert imported(tmp_path, named, f"logs/results_{DATE}.json").cells[0].accuracy == 0.0


def test_runs_with_unequal_limits_are_compared_on_shared_questions(tmp_path):
    write(tmp_path / "one", [row(0, 1.0), row(1, 0.0), row(2, 0.0), row(3, 0.0)], {})
    write(tmp_path / "two", [row(0, 1.0), row(1, 1.0)], {}, date=None)
    (tmp_path / "two" / "results.json").write_text('{"results": {"sums": {}}}', encoding="utf-8")
    file = tmp_path / "runs.yaml"
    file.write_text(
        "runs:\n"
        "  - {path: one, student: s, size_b: 1, style: ift}\n"
        "  - {path: two, student: s, size_b: 1, style: reasoning}\n"
        "tasks: {sums: {family: math-open, metric: exact_match}}\n",
        encoding="utf-8",
    )
    found = import_results(file)
    assert [(cell.accuracy, cell.items) for cell in found.cells] == [(0.5, 2), (1.0, 2)]
    note = "sums: compared on the 2 of 4 questions that all runs answered; left out: 2, 3"
    assert note in found.notes


def test_logs_of_two_harnesses_are_not_paired_by_number(tmp_path):
    write(tmp_path / "one", [row(0, 1.0)], {})
    log = {
        "version": 2,
        "status": "success",
        "eval": {"task": "sums"},
        "samples": [{"id": 0, "epoch": 1, "scores": {"match": {"value": 1}}}],
    }
    (tmp_path / "two.json").write_text(json.dumps(log), encoding="utf-8")
    file = tmp_path / "runs.yaml"
    file.write_text(
        "runs:\n"
        "  - {path: one, student: s, size_b: 1, style: ift}\n"
        "  - {path: two.json, student: s, size_b: 1, style: reasoning}\n"
        "tasks: {sums: {family: math-open}}\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="does not list its metrics"):
        import_results(file)
    write(tmp_path / "one", [row(0, 1.0, metrics=["exact_match"])], {})
    with pytest.raises(InputError, match="Inspect and lm-evaluation-harness number questions each"):
        import_results(file)


@pytest.mark.parametrize(
    ("texts", "clusters"),
    [
        (("one story", "one story", "another", "another"), 2),
        # A text in every question is part of the prompt.
        (("read", "read", "read", "read"), None),
        ((None, None, None, None), None),
    ],
)
def test_questions_on_one_passage_are_one_cluster(tmp_path, texts, clusters):
    documents = [{"question": f"q{n}", "context": text} for n, text in enumerate(texts)]
    rows = [
        {"doc_id": n, "doc": document, "acc": float(n % 2), "filtered_resps": [[-1.0, False]]}
        for n, document in enumerate(documents)
    ]
    found = {"results": {"sums": {"acc,none": 0.5}}, "configs": {"sums": {"output_type": "x"}}}
    write(tmp_path / "logs", rows, found)
    items = imported(tmp_path, "{sums: {family: math-open, metric: acc}}").items
    assert items is not None
    named = "cluster" in items.columns
    assert (items["cluster"].nunique() if named else None) == clusters
