"""Inspect logs of several versions, providers and endings, in small."""

import zipfile

import pytest
from tests.importing.inspect_logs import imported, log, sample, write, write_eval

from breakeven.core.errors import InputError
from breakeven.importing.read_results import import_results


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
