"""Logs as lm-evaluation-harness 0.4.13 and Inspect (log version 2) write them, in small."""

import json
from pathlib import Path

import pytest

from breakeven.core.errors import InputError
from breakeven.findings.groups import group_pairs
from breakeven.importing.read_results import import_results

DATE = "2026-11-24T10-00-00.123456"


def lm_eval_sample(number: int, *, right: bool, filtered: str = "5", **changes: object) -> dict:
    return {
        "doc_id": number,
        "doc": {"question": f"question {number}"},
        "target": "5",
        "arguments": {"gen_args_0": {"arg_0": "prompt", "arg_1": {"until": ["Q:"]}}},
        "resps": [["so it is 5"]],
        "filtered_resps": [filtered],
        "filter": "strict-match",
        "metrics": ["exact_match"],
        "doc_hash": f"hash {number}",
        "prompt_hash": "p",
        "target_hash": "t",
        "exact_match": float(right),
        **changes,
    }


def write_lm_eval(folder: Path, samples: list[dict], counted: int | None = None) -> None:
    model = folder / "local__model"
    model.mkdir(parents=True)
    lines = "".join(json.dumps(sample) + "\n" for sample in samples)
    (model / f"samples_gsm8k_{DATE}.jsonl").write_text(lines, encoding="utf-8")
    effective = len(samples) if counted is None else counted
    results = {"results": {}, "n-samples": {"gsm8k": {"original": 9, "effective": effective}}}
    (model / f"results_{DATE}.json").write_text(json.dumps(results), encoding="utf-8")


def inspect_sample(number: int, value: object, **changes: object) -> dict:
    usage = {
        "input_tokens": 20,
        "input_tokens_cache_read": 5,
        "output_tokens": 100,
        "total_tokens": 125,
        "reasoning_tokens": 90,
    }
    return {
        "id": f"q{number}",
        "epoch": 1,
        "input": "question",
        "target": "5",
        "scores": {"match": {"value": value, "answer": "5"}},
        "output": {"choices": [{"stop_reason": "stop", "message": {}}], "usage": usage},
        **changes,
    }


def write_inspect(path: Path, samples: list[dict], **changes: object) -> None:
    log = {
        "version": 2,
        "status": "success",
        "eval": {"task": "inspect_evals/gsm8k", "model": "local/model"},
        "samples": samples,
        **changes,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(log), encoding="utf-8")


def runs_file(folder: Path, tasks: str = "", *, style: str = "ift", path: str = "ift") -> Path:
    file = folder / "runs.yaml"
    file.write_text(
        f"runs:\n  - {{path: {path}, student: s, size_b: 1.5, style: {style}}}\n{tasks}",
        encoding="utf-8",
    )
    return file


def test_samples_of_the_harness_become_answers(tmp_path):
    write_lm_eval(
        tmp_path / "ift",
        [
            lm_eval_sample(0, right=True),
            lm_eval_sample(1, right=False, filtered="[invalid]"),
        ],
    )
    found = import_results(runs_file(tmp_path))
    (cell,) = found.cells
    assert (cell.family, cell.accuracy, cell.items) == ("math-open", 0.5, 2)
    assert (cell.unparsed_share, cell.answer_tokens, cell.truncated_share) == (0.5, None, None)
    assert "tokens: absent, lm-evaluation-harness does not log them" in found.notes


def test_decodings_of_a_cell_share_its_training(tmp_path):
    for name in ("greedy", "hot"):
        write_inspect(tmp_path / name / "log.json", [inspect_sample(0, "I")])
    file = tmp_path / "runs.yaml"
    file.write_text(
        "runs:\n"
        "  - {path: greedy, student: s, size_b: 1, style: ift, train_flops: 5e15}\n"
        "  - {path: hot, student: s, size_b: 1, style: ift, decoding: hot}\n",
        encoding="utf-8",
    )
    assert {cell.train_flops for cell in import_results(file).cells} == {5e15}


def test_runs_of_two_styles_pair_by_question(tmp_path):
    write_inspect(tmp_path / "ift" / "log.json", [inspect_sample(0, "I")])
    write_inspect(tmp_path / "thinking" / "log.json", [inspect_sample(0, "C")])
    file = tmp_path / "runs.yaml"
    file.write_text(
        "study: mine\nruns:\n"
        "  - {path: ift, student: s, size_b: 1.5, style: ift}\n"
        "  - {path: thinking, student: s, size_b: 1.5, style: reasoning, train_tokens: 100}\n",
        encoding="utf-8",
    )
    found = import_results(file)
    assert found.study == "mine"
    (pair,) = group_pairs(found)
    assert pair.reasoning.accuracy - pair.ift.accuracy == 1.0
    assert pair.reasoning.mean("train_flops") == 6 * 1.5e9 * 100


def test_a_chosen_filter_keeps_its_rows_only(tmp_path):
    samples = [
        lm_eval_sample(0, right=False),
        lm_eval_sample(0, right=True, filter="flexible-extract"),
    ]
    write_lm_eval(tmp_path / "ift", samples, counted=1)
    tasks = "tasks:\n  gsm8k: {filter: flexible-extract}\n"
    assert import_results(runs_file(tmp_path, tasks)).cells[0].accuracy == 1.0


def test_inspect_logs_give_tokens_cuts_and_epochs(tmp_path):
    cut = {
        "choices": [{"stop_reason": "max_tokens"}],
        "usage": {"input_tokens": 20, "output_tokens": 300},
    }
    samples = [
        inspect_sample(0, "C"),
        inspect_sample(0, "I", epoch=2),
        inspect_sample(1, 0.5, output=cut),
        inspect_sample(2, "N"),
    ]
    write_inspect(tmp_path / "log.json", samples)
    found = import_results(runs_file(tmp_path, path="log.json", style="reasoning"))
    assert found.items is not None
    assert found.items["sample"].tolist() == [0, 1, 0, 0]
    assert found.items["correct"].tolist() == [1.0, 0.0, 0.5, 0.0]
    assert found.items["truncated"].tolist() == [0, 0, 1, 0]
    assert found.items["parsed"].tolist() == [1, 1, 1, 0]
    assert found.items["prompt_tokens"].tolist() == [25, 25, 20, 25]
    # The cut answer's log does not part its trace, so that nobody's is: 90 and 10 of the others.
    assert found.items["answer_tokens"].tolist() == [100, 100, 300, 100]
    assert found.cells[0].thinking_tokens is None
    assert found.cells[0].output_tokens == pytest.approx((100 + 300 + 100) / 3)
    write_inspect(tmp_path / "log.json", samples[:2])
    (cell,) = import_results(runs_file(tmp_path, path="log.json", style="reasoning")).cells
    assert (cell.thinking_tokens, cell.answer_tokens) == (90, 10)


def test_a_log_without_usage_has_no_tokens(tmp_path):
    write_inspect(tmp_path / "log.json", [inspect_sample(0, "C", output={"choices": []})])
    (cell,) = import_results(runs_file(tmp_path, path="log.json")).cells
    assert (cell.prompt_tokens, cell.answer_tokens, cell.inference_flops) == (None, None, None)


def test_an_unscored_sample_is_wrong_and_unparsed(tmp_path):
    write_inspect(tmp_path / "log.json", [inspect_sample(0, "C"), inspect_sample(1, float("nan"))])
    (cell,) = import_results(runs_file(tmp_path, path="log.json")).cells
    assert (cell.accuracy, cell.unparsed_share) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("samples", "counted", "tasks", "message"),
    [
        ([lm_eval_sample(0, right=True)], 5, "", "holds 1 questions, results_"),
        (
            [lm_eval_sample(0, right=True), lm_eval_sample(0, right=True, filter="flexible")],
            1,
            "",
            "has filters flexible, strict-match; set tasks.gsm8k.filter to one",
        ),
        (
            [lm_eval_sample(0, right=True)],
            1,
            "tasks:\n  gsm8k: {filter: strict}\n",
            "tasks.gsm8k.filter: value is 'strict'; did you mean 'strict-match'?",
        ),
        (
            [lm_eval_sample(0, right=True, metrics=["acc", "acc_norm"])],
            1,
            "",
            "has metrics acc, acc_norm; set tasks.gsm8k.metric to one",
        ),
        (
            [lm_eval_sample(0, right=True, exact_match=[1, 0])],
            1,
            "",
            "line 1: exact_match: value is [1, 0]; use a metric with values in 0..1",
        ),
        ([{"doc": {}}], 1, "", "line 1: doc_id is missing"),
        (
            [lm_eval_sample(0, right=True)],
            1,
            "tasks:\n  gsm8k: {family: maths}\n",
            "tasks.gsm8k.family: value is 'maths'; did you mean 'math-mc'?",
        ),
    ],
)
def test_harness_logs_that_leave_a_question_open_are_refused(
    tmp_path, samples, counted, tasks, message
):
    write_lm_eval(tmp_path / "ift", samples, counted)
    with pytest.raises(InputError) as caught:
        import_results(runs_file(tmp_path, tasks))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("samples", "changes", "message"),
    [
        ([inspect_sample(0, "C")], {"status": "error"}, "status: value is 'error'"),
        ([], {}, "samples: none logged"),
        ([inspect_sample(0, "C", scores=None)], {}, "samples.0.scores: none"),
        ([inspect_sample(0, "X")], {}, "samples.0.scores: value is 'X'"),
        ([inspect_sample(0, {"a": 2})], {}, "samples.0.scores: value is 2"),
        (
            [inspect_sample(0, "C", scores={"a": {"value": 1}, "b": {"value": 0}})],
            {},
            "samples.0.scores: a, b; set tasks.gsm8k.metric to one",
        ),
    ],
)
def test_inspect_logs_that_cannot_be_read_are_refused(tmp_path, samples, changes, message):
    write_inspect(tmp_path / "log.json", samples, **changes)
    with pytest.raises(InputError) as caught:
        import_results(runs_file(tmp_path, path="log.json"))
    assert message in str(caught.value)


def test_runs_that_asked_different_questions_are_refused(tmp_path):
    write_lm_eval(tmp_path / "ift", [lm_eval_sample(0, right=True)])
    write_lm_eval(tmp_path / "other", [lm_eval_sample(0, right=True, doc_hash="another")])
    file = tmp_path / "runs.yaml"
    file.write_text(
        "runs:\n"
        "  - {path: ift, student: s, size_b: 1.5, style: ift}\n"
        "  - {path: other, student: s, size_b: 1.5, style: reasoning}\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="task gsm8k, question 0: the runs were asked different"):
        import_results(file)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("runs: []", "runs: value is []; Tuple should have at least 1 item"),
        ("runs:\n  - {path: x, student: s, style: ift}", "runs.0: value is"),
        ("runs:\n  - {path: x, size_b: 1, style: ift}", "runs.0.student: Field required"),
        (
            "runs:\n  - {path: x, student: s, size_b: 1, style: ift, sed: 1}",
            "runs.0.sed: unknown key; did you mean 'seed'?",
        ),
        (
            "runs:\n  - {path: nowhere, student: s, size_b: 1, style: ift}",
            "runs.0.path:",
        ),
        (
            "runs:\n  - {path: /, student: s, size_b: 1, style: ift}",
            "runs.0.path: value is '/'; use the folder of one evaluation's logs",
        ),
        (
            "runs:\n  - {path: x, student: s, size_b: 1, style: ift}\n"
            "  - {path: x, student: s, size_b: 2, style: ift}",
            "runs.1.size_b: value is 2, but 1 in an earlier run of s",
        ),
        (
            "runs:\n  - {path: x, student: s, size_b: 1, style: ift, arm: a}\n"
            "  - {path: x, student: s, size_b: 1, style: reasoning, arm: a}",
            "runs.1.arm: 'a' has another style",
        ),
        (
            "runs:\n  - {path: x, student: s, size_b: 1, style: ift, train_flops: 1.0e15}\n"
            "  - {path: x, student: s, size_b: 1, style: ift, decoding: hot, train_flops: 2.0e15}",
            "runs.1.train_flops: value is 2e+15, but 1e+15 in an earlier run of the same",
        ),
        ("runs: [", "not valid YAML"),
    ],
)
def test_a_runs_file_with_a_mistake_is_refused(tmp_path, text, message):
    file = tmp_path / "runs.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        import_results(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert message in str(caught.value)
