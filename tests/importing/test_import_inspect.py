"""Inspect logs of several versions, providers and endings, in small."""

import json
import struct
import zipfile
import zlib
from pathlib import Path

import pyarrow as pa
import pytest

from breakeven.core.errors import InputError
from breakeven.importing.inspect_tokens import sample_tokens, usage_tokens
from breakeven.importing.read_results import import_results


def sample(number: int, value: object = "C", **changes: object) -> dict:
    return {
        "id": number,
        "epoch": 1,
        "input": f"question {number}",
        "scores": {"match": {"value": value}},
        "output": {"choices": [{"stop_reason": "stop"}], "usage": usage(20, 2)},
        "model_usage": {"m/one": usage(20, 2)},
        **changes,
    }


def usage(read: int, new: int, **more: int) -> dict:
    return {"input_tokens": read, "output_tokens": new, "total_tokens": read + new, **more}


def log(*samples: dict, **changes: object) -> dict:
    head = {"task": "sums", "model": "m/one", "task_id": "t"}
    return {"version": 2, "status": "success", "eval": head, "samples": list(samples), **changes}


def imported(folder: Path, path: str = "logs", task: str = "{family: math-open}"):
    file = folder / "runs.yaml"
    file.write_text(
        f"runs:\n  - {{path: {path}, student: s, size_b: 1, style: ift}}\ntasks:\n  sums: {task}\n",
        encoding="utf-8",
    )
    return import_results(file)


def write(folder: Path, content: dict, name: str = "a.json") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder / name


def write_eval(path: Path, content: dict, *, method: int = zipfile.ZIP_DEFLATED) -> None:
    """The entries of an .eval log as Inspect writes them."""
    path.parent.mkdir(exist_ok=True)
    head = {key: value for key, value in content.items() if key != "samples"}
    entries = {
        "_journal/start.json": {"version": 2, "eval": content["eval"]},
        **{f"samples/{one['id']}_epoch_1.json": one for one in content["samples"]},
        "header.json": head,
    }
    if content["status"] == "started":
        del entries["header.json"]
    with zipfile.ZipFile(path, "w", method if method != 93 else zipfile.ZIP_STORED) as archive:
        for name, entry in entries.items():
            archive.writestr(name, json.dumps(entry))
    if method == 93:
        path.write_bytes(zstandard(path))


def zstandard(path: Path) -> bytes:
    """The archive with its stored entries packed by method 93, as Python 3.14 writes them."""
    body, directory = b"", b""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            content, name = archive.read(info), info.filename.encode()
            packed = pa.Codec("zstd").compress(content, asbytes=True)
            sizes = struct.pack("<LLL", zlib.crc32(content), len(packed), len(content))
            common = struct.pack("<HHHHH", 63, 0, 93, 0, 0x5B5B) + sizes
            at = len(body)
            body += b"PK\x03\x04" + common + struct.pack("<HH", len(name), 0) + name + packed
            directory += b"PK\x01\x02" + struct.pack("<H", 63) + common
            directory += struct.pack("<HHHHHLL", len(name), 0, 0, 0, 0, 0, at) + name
    count = directory.count(b"PK\x01\x02")
    end = struct.pack("<HHHHLLH", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, 93])
def test_an_eval_log_is_read_however_it_is_packed(tmp_path, method):
    write_eval(tmp_path / "logs" / "a.eval", log(sample(1), sample(2, "I")), method=method)
    (cell,) = imported(tmp_path).cells
    assert (cell.accuracy, cell.items, cell.prompt_tokens) == (0.5, 2, 20)
    assert imported(tmp_path, "logs/a.eval").cells == (cell,)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, 93])
def test_a_damaged_eval_log_is_refused_in_one_line(tmp_path, method):
    path = tmp_path / "logs" / "a.eval"
    write_eval(path, log(sample(1)), method=method)
    data = bytearray(path.read_bytes())
    at = data.index(b"samples/1_epoch_1.json") + 40
    data[at : at + 8] = b"\x00" * 8
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.eval: samples/1_epoch_1\.json: .*; copy it again"):
        imported(tmp_path)
    path.write_bytes(data[:100])
    with pytest.raises(InputError, match=r"a\.eval: not a readable \.eval log"):
        imported(tmp_path)


def test_what_inspect_writes_beside_its_logs_is_no_log(tmp_path):
    write(tmp_path / "logs", log(sample(1)))
    for name in ("eval-set.json", "logs.json", "listing.json"):
        write(tmp_path / "logs", {"tasks": []}, name)
    (tmp_path / "logs" / ".eval-set-id").write_text("x", encoding="utf-8")
    write(tmp_path / "logs" / ".buffer", {"a": 1}, "b.json")
    assert imported(tmp_path).cells[0].items == 1


def test_a_file_that_is_no_log_is_not_passed_over(tmp_path):
    write(tmp_path / "logs", log(sample(1)))
    write(tmp_path / "logs", {"accuracy": 1}, "notes.json")
    with pytest.raises(InputError, match=r"notes\.json: is not an Inspect log"):
        imported(tmp_path)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("started", "it was killed or still runs"),
        ("cancelled", "the evaluation was cancelled"),
        ("error", r"\(the disk is full\); the evaluation failed"),
    ],
)
@pytest.mark.parametrize("name", ["a.json", "a.eval"])
def test_logs_that_did_not_finish_are_told_apart(tmp_path, status, message, name):
    content = log(sample(1), status=status)
    if status == "error":
        content["error"] = {"message": "the disk\nis full"}
    if name == "a.json":
        write(tmp_path / "logs", content)
    else:
        write_eval(tmp_path / "logs" / name, content)
    with pytest.raises(InputError, match=f"{name}: status: value is '{status}'.*{message}"):
        imported(tmp_path)


def test_a_failed_log_whose_task_finished_later_is_left_out_with_a_note(tmp_path):
    write(tmp_path / "logs", log(sample(1), status="cancelled"), "a.json")
    write(tmp_path / "logs", log(sample(1), sample(2)), "b.json")
    found = imported(tmp_path)
    assert found.cells[0].items == 2
    assert "a.json: left out, cancelled; a later log finished" in found.notes


def test_two_finished_logs_of_a_task_are_refused(tmp_path):
    write(tmp_path / "logs", log(sample(1)), "a.json")
    write(tmp_path / "logs", log(sample(1)), "b.json")
    with pytest.raises(InputError, match=r"two finished logs of sums: a\.json, b\.json; keep one"):
        imported(tmp_path)


@pytest.mark.parametrize(
    ("value", "correct", "parsed"),
    [
        ("C", 1, 1),
        ("I", 0, 1),
        ("P", 0.5, 1),
        ("N", 0, 0),
        ("yes", 1, 1),
        ("No", 0, 1),
        ("TRUE", 1, 1),
        ("false", 0, 1),
        ("0.25", 0.25, 1),
        (True, 1, 1),
        (0, 0, 1),
        (1.0, 1, 1),
        (None, 0, 0),
        (float("nan"), 0, 0),
        ({"a": 1}, 1, 1),
    ],
)
def test_a_score_counts_as_inspects_metrics_count_it(tmp_path, value, correct, parsed):
    write(tmp_path / "logs", log(sample(1, value)))
    (cell,) = imported(tmp_path).cells
    assert (cell.accuracy, cell.unparsed_share) == (correct, 1 - parsed)


@pytest.mark.parametrize("value", ["c", "maybe", "", 2, -1, "7", [1, 0], {"a": "high"}])
def test_a_score_that_is_no_share_is_refused(tmp_path, value):
    write(tmp_path / "logs", log(sample(1, value)))
    with pytest.raises(InputError, match=r"samples\.0\.scores: value is"):
        imported(tmp_path)


def test_a_key_of_a_score_with_several_is_chosen_by_name(tmp_path):
    write(tmp_path / "logs", log(sample(1, {"strict": 0, "loose": 1}), sample(2, {"strict": 1})))
    with pytest.raises(InputError, match=r"scores: match\.loose, match\.strict; set tasks\.sums"):
        imported(tmp_path)
    found = imported(tmp_path, task="{family: math-open, metric: match.strict}")
    assert found.cells[0].accuracy == 0.5
    with pytest.raises(InputError, match=r"no scorer 'match\.lose'; did you mean 'match\.loose'"):
        imported(tmp_path, task="{family: math-open, metric: match.lose}")


def test_one_scorer_counts_for_all_samples(tmp_path):
    other = sample(2, scores={"judge": {"value": "C"}})
    write(tmp_path / "logs", log(sample(1), other))
    with pytest.raises(InputError, match=r"samples\.1\.scores: no scorer 'match'"):
        imported(tmp_path)


def test_a_sample_that_ended_with_an_error_is_wrong_and_unparsed(tmp_path):
    broken = sample(2, scores={}, output={"choices": []}, error={"message": "the tool broke"})
    write(tmp_path / "logs", log(sample(1), broken, sample(3)))
    found = imported(tmp_path)
    assert found.cells[0].accuracy == pytest.approx(2 / 3)
    assert found.cells[0].unparsed_share == pytest.approx(1 / 3)
    assert any("1 of 3 samples ended with an error" in note for note in found.notes)


def test_a_sample_that_met_a_limit_was_cut(tmp_path):
    samples = [sample(1, limit={"type": "token", "limit": 9}), sample(2, limit={"type": "custom"})]
    write(tmp_path / "logs", log(*samples))
    assert imported(tmp_path).cells[0].truncated_share == 0.5


@pytest.mark.parametrize(
    ("given", "prompt", "thinking", "answer"),
    [
        (usage(5915, 207, input_tokens_cache_read=3840, reasoning_tokens=0), 5915, 0, 207),
        ({**usage(20, 100, input_tokens_cache_read=5), "total_tokens": 125}, 25, None, 100),
        ({**usage(20, 100, input_tokens_cache_write=5), "total_tokens": 125}, 25, None, 100),
        (usage(20, 100, input_tokens_cache_read=0, reasoning_tokens=90), 20, 90, 10),
        ({**usage(20, 10, reasoning_tokens=90), "total_tokens": 120}, 20, 90, 10),
        ({"input_tokens": 20, "output_tokens": 300}, 20, None, 300),
        ({"input_tokens": 5, "output_tokens": 3, "input_tokens_cache_read": 20}, 25, None, 3),
    ],
)
def test_the_total_says_whether_cached_and_reasoning_tokens_are_within(
    given, prompt, thinking, answer
):
    found = usage_tokens(given)
    assert found is not None
    assert tuple(found) == (prompt, thinking, answer)


@pytest.mark.parametrize(
    "given",
    [
        {**usage(20, 10), "total_tokens": 99},
        {**usage(20, 10, input_tokens_cache_read=5), "total_tokens": 31},
        {"input_tokens": 20, "output_tokens": 3, "input_tokens_cache_read": 5},
        usage(0, 0),
        usage(0, 3),
    ],
)
def test_a_usage_that_contradicts_its_total_gives_no_tokens(given):
    assert usage_tokens(given) is None


def call(read: int, new: int, model: str = "m/one", **more: object) -> dict:
    return {"event": "model", "model": model, "output": {"usage": usage(read, new)}, **more}


@pytest.mark.parametrize(
    ("events", "prompt", "new"),
    [
        ([call(100, 5)], 100, 5),
        ([call(100, 5), call(130, 7), call(400, 9)], 400, 21),  # one conversation
        ([call(100, 5), call(100, 7), call(100, 9)], 300, 21),  # three tries at one prompt
        ([call(100, 5), call(130, 7), call(50, 9)], 180, 21),  # a conversation, then another
        ([call(100, 5), call(900, 3, role="grader")], 100, 5),
        ([call(100, 5), call(900, 3, model="m/judge")], 100, 5),
        ([call(100, 5), {"event": "span_begin", "type": "scorers"}, call(900, 3)], 100, 5),
        ([call(100, 5), {"event": "step", "type": "scorer"}, call(900, 3)], 100, 5),
    ],
)
def test_every_call_of_the_model_counts_and_no_text_twice(events, prompt, new):
    found = sample_tokens("w", {"events": events, "output": {"usage": usage(1, 1)}}, "m/one")
    assert (found.prompt_tokens, found.answer_tokens) == (prompt, new)


@pytest.mark.parametrize(
    ("changes", "prompt", "new"),
    [
        ({"model_usage": {"m/one": usage(720, 503)}}, 620, 503),
        ({"model_usage": {"m/one": usage(620, 3), "m/judge": usage(9, 9)}}, 620, 3),
        (
            {
                "model_usage": {"m/one": usage(620, 3), "m/judge": usage(9, 9)},
                "role_usage": {"grader": usage(9, 9)},
            },
            620,
            3,
        ),
        (
            {
                "model_usage": {"m/one": usage(640, 9)},
                "role_usage": {"grader": usage(20, 6)},
            },
            None,
            None,
        ),
        ({"model_usage": {"m/two": usage(1, 1), "m/judge": usage(9, 9)}}, None, None),
        ({"model_usage": {}}, 620, 3),
    ],
)
def test_without_events_the_models_own_sums_count(changes, prompt, new):
    found = sample_tokens("w", {"output": {"usage": usage(620, 3)}, **changes}, "m/one")
    assert (found.prompt_tokens, found.answer_tokens) == (prompt, new)
    assert (found.note is None) == (prompt is not None and new == 3)


def test_a_model_that_generated_nothing_has_no_costs(tmp_path):
    silent = {"output": {"choices": [{}], "usage": usage(20, 0)}, "model_usage": {}}
    write(tmp_path / "logs", log(sample(1, **silent), sample(2, **silent)))
    found = imported(tmp_path)
    assert (found.cells[0].prompt_tokens, found.cells[0].inference_flops) == (None, None)
    assert "s, arm ift: tokens absent, its logs count none that were generated" in found.notes
    write(tmp_path / "logs", log(sample(1, **silent), sample(2)))
    assert imported(tmp_path).cells[0].answer_tokens == 1


def test_an_invalidated_log_is_refused(tmp_path):
    write(tmp_path / "logs", log(sample(1), invalidated=True))
    with pytest.raises(InputError, match=r"a\.json: invalidated: value is True"):
        imported(tmp_path)
    write(tmp_path / "logs", log(sample(1), invalidated=False))
    assert imported(tmp_path).cells[0].items == 1


def test_runs_that_asked_other_questions_under_one_id_are_refused(tmp_path):
    write(tmp_path / "one", log(sample(1)))
    write(tmp_path / "two", log(sample(1, input=[{"role": "user", "content": "another"}])))
    file = tmp_path / "runs.yaml"
    file.write_text(
        "runs:\n"
        "  - {path: one, student: s, size_b: 1, style: ift}\n"
        "  - {path: two, student: s, size_b: 1, style: reasoning}\n"
        "tasks: {sums: {family: math-open}}\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="task sums, question 1: the runs were asked different"):
        import_results(file)


RUN = "runs:\n  - {path: logs, student: s, size_b: 1, style: ift}\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("size_b: 1", "size_b: 010", "line 2: 010 starts with a zero"),
        ("size_b: 1", "size_b: 1e400", "runs.0.size_b: value is inf"),
        ("size_b: 1", "size_b: yes", "runs.0.size_b: value is 'yes'"),
        ("style: ift", "style: ift, style: base", "line 2: key 'style' is given twice"),
        ("style: ift", "style: ift, seed: 2024-13-45", "line 2: '2024-13-45' looks like a date"),
        ("style: ift", "style: ift, arm: ''", "runs.0.arm: value is ''; is empty; give a name"),
        ("student: s", "student: ' '", "runs.0.student: value is ' '; is empty; give a name"),
        ("student: s", 'student: "s\\u200b"', "remove U+200B, which cannot be seen"),
        ("student: s", 'student: "s\\ud800"', "remove U+D800, which cannot be seen"),
        ("runs:\n", "runs: &all\n  - *all\n", "an alias holds itself"),
        (
            "style: ift}\n",
            "style: ift}\n  - {path: logs, student: S, size_b: 1, style: base}\n",
            "runs.1.student: 'S' and 's' (runs.0) are one name in two spellings; use one",
        ),
    ],
)
def test_a_wrong_file_of_runs_is_one_true_line(tmp_path, old, new, message):
    write(tmp_path / "logs", log(sample(1)))
    file = tmp_path / "runs.yaml"
    file.write_text(RUN.replace(old, new, 1) + "tasks:\n  sums: {family: math-open}\n")
    with pytest.raises(InputError) as caught:
        import_results(file)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("head", ["", "%YAML 1.1\n---\n"])
def test_words_that_older_yaml_reads_as_truth_are_names(tmp_path, head):
    write(tmp_path / "logs", log(sample(1)))
    file = tmp_path / "runs.yaml"
    named = "study: 'no'\n" if head else "study: no\n"
    file.write_text(head + named + RUN + "tasks:\n  sums: {family: math-open}\n")
    assert import_results(file).study == "no"


@pytest.mark.parametrize("half", ["\ud800", "sums\udfff"])
def test_half_of_a_character_in_a_logs_names_is_refused(tmp_path, half):
    write(tmp_path / "logs", log(sample(1, id=half)))
    with pytest.raises(InputError, match=r"remove U\+D"):
        imported(tmp_path)


def test_a_log_that_is_nested_too_deeply_is_refused(tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.json").write_text("[" * 100_000)
    with pytest.raises(InputError, match="not valid JSON") as caught:
        imported(tmp_path)
    assert "\n" not in str(caught.value)
