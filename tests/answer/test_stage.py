"""A student's answers: complete, resumable, and never made twice."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.answer.conftest import STUDENT, lay_data, save_adapter, study, task
from tests.answer.tiny import TOKENIZER, save_base, tiny_model
from tests.decoding.test_halved_batches import short_of_memory

from breakeven.answer.stage import run as answer_student
from breakeven.core.errors import InputError
from breakeven.core.files import digest_path, read_rows
from breakeven.core.layout import answers_path, student_folder, task_path
from breakeven.core.records import read_record
from breakeven.models import loading
from breakeven.models.pointer import BasePointer, write_pointer
from breakeven.rendering import render_prompt
from breakeven.rendering.encoding import encode_texts
from breakeven.results.cell_results import Results
from breakeven.rows.answer import Answer
from breakeven.rows.item import Item
from breakeven.study.collect_facts import what_was_run
from breakeven.track.answer_bill import answering_metrics

# Runs the same study in a process of its own, which can be killed.
RUN = f"""
from tests.answer.conftest import STUDENT, study
from breakeven.answer.stage import run as answer_student
answer_student(study(), {STUDENT!r})
"""


@pytest.fixture
def project(laid, tmp_path, monkeypatch):
    shutil.copytree(laid, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def answered(laid, tmp_path_factory):
    """The study answered once without disturbance; not to be changed."""
    folder = tmp_path_factory.mktemp("answered")
    shutil.copytree(laid, folder, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        answer_student(study(), STUDENT)
    return folder


@pytest.fixture
def done(answered, tmp_path, monkeypatch):
    """A copy of the answered study, as the current folder."""
    shutil.copytree(answered, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def answers(folder: Path) -> dict[str, bytes]:
    root = folder / "answers"
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def batches(folder: Path) -> dict[Path, int]:
    return {
        path.relative_to(folder): path.stat().st_mtime_ns
        for path in (folder / ".work/answers").rglob("batch-*.jsonl")
    }


def rows(folder, arm, decoding, name):
    return read_rows(folder / answers_path(STUDENT, arm, 0, decoding, name), Answer)


def test_every_item_has_its_samples_in_the_order_of_the_task(answered):
    params = study()
    for arm in params.arms:
        for decoding, settings in params.answering.decodings.items():
            for name in params.tasks:
                items = [item.id for item in read_rows(answered / task_path(name), Item)]
                found = [(row.item, row.sample) for row in rows(answered, arm, decoding, name)]
                assert found == [(item, n) for item in items for n in range(settings.samples)]


def test_arms_answer_with_their_own_weights(answered):
    texts = {
        arm: [row.text for row in rows(answered, arm, "greedy", "chain-open")]
        for arm in ("base", "ift", "reasoning")
    }
    assert texts["base"] != texts["ift"] != texts["reasoning"]


def test_counts_are_those_of_the_generated_ids(answered):
    for row in rows(answered, "reasoning", "greedy", "chain-open"):
        new_tokens = row.thinking_tokens + row.answer_tokens
        assert 1 <= new_tokens <= 12
        if row.stop == "length":
            assert new_tokens == 12


def test_the_record_adds_up_what_the_answers_say(answered, monkeypatch):
    monkeypatch.chdir(answered)
    record = read_record("answer", STUDENT)
    every = [row for path in Path("answers").rglob("*.jsonl") for row in read_rows(path, Answer)]
    for kind in ("prompt", "thinking", "answer"):
        assert record.tokens[kind] == sum(getattr(row, f"{kind}_tokens") for row in every)
    assert record.metrics["answers"] == len(every) == 3 * 2 * 20 * (1 + 2)
    assert record.metrics["truncated"] == sum(row.truncated for row in every)
    cells = record.details["cells"]
    assert len(cells) == 3 * 2 * 2
    assert record.flops["inference"] == sum(cell["inference_flops"] for cell in cells) > 0
    assert record.device_seconds["cpu"] == pytest.approx(
        sum(cell["device_seconds"] for cell in cells)
    )
    assert record.gpu_hours == 0.0
    assert record.metrics["batch_halvings"] == 0
    assert "memory" not in dict(what_was_run(study(), Results("s", "study", ()), {}, {"": record}))
    assert record.metrics["peak_memory_bytes"] > 0


def test_the_record_tells_where_memory_ran_out(answered, project, monkeypatch):
    placed = loading.placed_base

    @contextmanager
    def short(*more, **options):
        with placed(*more, **options) as model:
            short_of_memory(model, 4)
            yield model

    monkeypatch.setattr(loading, "placed_base", short)
    answer_student(study(answering={"threads": 1}), STUDENT)
    record = read_record("answer", STUDENT)
    cells = record.details["cells"]
    assert record.metrics["batch_halvings"] == len(record.details["batch_halvings"]) > 0
    assert record.metrics["batch_halvings"] == sum(cell["batch_halvings"] for cell in cells)
    assert all(rows > 4 and width > 12 for rows, width in record.details["batch_halvings"])
    told = [answering_metrics(record, cell["arm"], cell["seed"]) for cell in cells]
    assert max(one["answers/batch_halvings"] for one in told) > 0
    facts = dict(what_was_run(study(), Results("s", "study", ()), {}, {STUDENT: record}))
    assert re.fullmatch(r"ran out \d+ times? in answers, which went on .*", facts["memory"])
    # Made from what is in scratch, as after a kill, it says the same.
    shutil.rmtree("answers")
    answer_student(study(answering={"threads": 1}), STUDENT)
    assert (
        read_record("answer", STUDENT).details["batch_halvings"] == record.details["batch_halvings"]
    )


def test_the_number_of_batches_at_a_time_changes_no_byte(answered, project):
    one = study(answering={"threads": 1})
    answer_student(one, STUDENT)
    assert answers(project) == answers(answered)


def test_a_killed_run_resumes_to_the_same_bytes_and_repeats_no_batch(answered, project):
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path]),
    }
    process = subprocess.Popen([sys.executable, "-c", RUN], env=environment)
    try:
        deadline = time.monotonic() + 120
        while len(batches(project)) < 5 and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    kept = batches(project)
    total = len(batches(answered))
    assert 5 <= len(kept) < total, "the kill came too late to show anything"
    assert not (project / "answers").exists()
    answer_student(study(), STUDENT)
    assert answers(project) == answers(answered)
    after = batches(project)
    assert len(after) == total
    assert {path: after[path] for path in kept} == kept
    record = read_record("answer", STUDENT)
    assert record.device_seconds["cpu"] == pytest.approx(
        sum(cell["device_seconds"] for cell in record.details["cells"])
    )
    assert record.metrics["peak_memory_bytes"] is None
    assert "earlier run" in record.absent["peak_memory_bytes"]


def test_answers_that_are_there_need_no_model(done, monkeypatch):
    before = answers(done)
    shutil.rmtree(done / "answers")
    monkeypatch.setattr(loading, "placed_base", lambda *_, **__: pytest.fail("the base was loaded"))
    answer_student(study(), STUDENT)
    assert answers(done) == before


def test_a_new_task_is_answered_alone(done):
    params = study(
        tasks={"chain-open": task("chain"), "lookup-mc": task("lookup", "choice")}
        | {"lookup-open": task("lookup")}
    )
    lay_data(params)
    before, old = batches(done), answers(done)
    answer_student(params, STUDENT)
    after, new = batches(done), answers(done)
    assert {path: after[path] for path in before} == before
    assert len(after) - len(before) == 3 * (3 + 5)
    assert {path: new[path] for path in old} == old
    assert {path.split("/")[-1] for path in set(new) - set(old)} == {"lookup-open.jsonl"}


def test_a_new_arm_is_answered_alone(done):
    save_adapter(tiny_model(), student_folder(STUDENT, "mixed", 0), seed=5)
    params = study(arms={"mixed": {"corpus": "general", "reasoning_share": 0.5}})
    before, old = batches(done), answers(done)
    answer_student(params, STUDENT)
    after, new = batches(done), answers(done)
    assert {path: after[path] for path in before} == before
    assert {path: new[path] for path in old} == old
    assert {path.split("/")[1] for path in set(new) - set(old)} == {"mixed"}


def test_a_mode_is_asked_for_by_a_tag_and_makes_no_other_answer_anew(done):
    before, tag = batches(done), {"ift": "\n/no_think", "reasoning": "\n/think"}
    arm = {"corpus": "general", "reasoning_share": 0.5, "control": True}
    modes = {f"asked-{mode}": {**arm, "answer_mode": mode} for mode in tag}
    for name in modes:
        shutil.copytree(student_folder(STUDENT, "ift", 0), student_folder(STUDENT, name, 0))
    answer_student(study(arms=modes), STUDENT)
    assert {path: stamp for path, stamp in batches(done).items() if path in before} == before
    texts = {}
    for mode, words in tag.items():
        plain, asked = (rows(done, arm, "greedy", "chain-open") for arm in ("ift", f"asked-{mode}"))
        without, tagged = encode_texts(TOKENIZER, ["?", f"?{words}"])
        more = len(tagged) - len(without)
        assert [one.prompt_tokens + more for one in plain] == [one.prompt_tokens for one in asked]
        texts[mode] = [one.text for one in asked]
    assert texts["ift"] != texts["reasoning"]


def test_a_new_decoding_is_answered_alone_by_the_arms_that_it_asks(done):
    before, old = batches(done), answers(done)
    careful = {"thinking_tokens": 5, "ask": "7", "arms": ["reasoning"]}
    decodings = {**study().model_dump(mode="json")["answering"]["decodings"], "careful": careful}
    answer_student(study(answering={"decodings": decodings}), STUDENT)
    after, new = batches(done), answers(done)
    assert {path: after[path] for path in before} == before
    assert len(after) - len(before) == 2 * 3
    assert {path: new[path] for path in old} == old
    assert {tuple(path.split("/")[1:4:2]) for path in set(new) - set(old)} == {
        ("reasoning", "careful")
    }


def test_what_keeps_from_thinking_is_no_other_way_for_who_never_thinks(done):
    before = batches(done)
    decodings = {
        "greedy": {},
        "vote": {"temperature": 1.0, "samples": 2},
        "plain": {"thinking": "off"},
    }
    params = study(answering={"decodings": decodings})
    answer_student(params, STUDENT)
    assert len(batches(done)) - len(before) == 2 * 3, "the reasoning arm alone"
    for arm in ("base", "ift"):
        for name in params.tasks:
            assert rows(done, arm, "plain", name) == rows(done, arm, "greedy", name)
    for plain, usual in zip(
        *(rows(done, "reasoning", name, "chain-open") for name in ("plain", "greedy")), strict=True
    ):
        assert plain.text.startswith("<think>\n\n</think>\n\n")
        begun = TOKENIZER("<think>\n\n</think>\n\n", add_special_tokens=False)["input_ids"]
        assert plain.prompt_tokens == usual.prompt_tokens + len(begun)
        assert plain.thinking_tokens + plain.answer_tokens <= 12


def test_a_task_has_its_own_limit_samples_and_shots(done):
    before = batches(done)
    own = {"chain-open": {"max_new_tokens": 7, "samples": 3, "shots": 1}}
    params = study(answering={"by_task": own})
    answer_student(params, STUDENT)
    for arm in params.arms:
        assert len(rows(done, arm, "greedy", "chain-open")) == 20
        assert len(rows(done, arm, "vote", "chain-open")) == 20 * 3
        assert len(rows(done, arm, "vote", "lookup-mc")) == 20 * 2
        tokens = {
            name: [one.thinking_tokens + one.answer_tokens for one in rows(done, arm, "vote", name)]
            for name in params.tasks
        }
        assert max(tokens["chain-open"]) <= 7
        assert max(tokens["lookup-mc"]) == 12
    shots = {
        (row["arm"], row["task"]): row["shots"]
        for row in read_record("answer", STUDENT).details["cells"]
    }
    assert shots["base", "chain-open"] == 1
    assert shots["base", "lookup-mc"] == 2
    assert shots["ift", "chain-open"] == 0
    # Two decodings of three arms; the other task is as it was.
    assert len(batches(done)) - len(before) == 3 * (3 + 8)


def test_an_instruction_ends_the_prompt_and_a_prefill_begins_the_answer(done):
    said = {"prompt_suffix": " Think step by step.", "prefill": "First, ", "arms": ["ift"]}
    decodings = {"greedy": {}, "steps": said}
    answer_student(study(answering={"decodings": decodings}), STUDENT)
    asked = read_rows(task_path("chain-open"), Item)
    for item, answer in zip(asked, rows(done, "ift", "steps", "chain-open"), strict=True):
        prompt = render_prompt(TOKENIZER, item.prompt + " Think step by step.")
        begun = TOKENIZER("First, ", add_special_tokens=False)["input_ids"]
        assert answer.prompt_tokens == len(prompt) + len(begun)
        assert answer.text.startswith("First, ")


@pytest.mark.parametrize(
    ("decoding", "message"),
    [
        (
            {"thinking_tokens": 11, "ask": "7"},
            r"budget.thinking_tokens: value is 11; an answer to .* at most 12 tokens in all, of "
            "which the free line and ask take 2 after the trace, .* use at most 8, or a",
        ),
        ({"max_new_tokens": 600}, r"decodings\.budget\.max_new_tokens: value is 600; the longest"),
    ],
)
def test_a_decoding_that_leaves_no_room_is_refused_before_anything_runs(project, decoding, message):
    with pytest.raises(InputError, match=message):
        answer_student(study(answering={"decodings": {"greedy": {}, "budget": decoding}}), STUDENT)
    assert batches(project) == {}


def test_a_removed_arm_leaves_no_answers(done):
    params = study()
    arms = {name: arm for name, arm in params.arms.items() if name != "reasoning"}
    answer_student(params.model_copy(update={"arms": arms}), STUDENT)
    assert {path.split("/")[1] for path in answers(done)} == {"base", "ift"}


@pytest.mark.parametrize(
    "answering",
    [{"max_new_tokens": 11}, {"decodings": {"greedy": {}, "vote": {"temperature": 0.9}}}],
)
def test_another_limit_or_temperature_is_answered_anew(done, answering):
    before = batches(done)
    answer_student(study(answering=answering), STUDENT)
    assert len(batches(done)) > len(before)


def test_an_untrained_arm_is_answered_once_for_all_seeds(done):
    for name in ("reasoning", "ift", "base"):
        shutil.copytree(student_folder(STUDENT, name, 0), student_folder(STUDENT, name, 1))
    before = batches(done)
    params = study().model_copy(update={"seeds": (0, 1)})
    answer_student(params, STUDENT)
    assert batches(done) == before
    first, second = (
        (done / answers_path(STUDENT, "base", seed, "vote", "chain-open")).read_bytes()
        for seed in (0, 1)
    )
    assert first == second


def test_a_prompt_that_does_not_fit_is_refused_before_anything_runs(project):
    shutil.rmtree(project / "assets/tiny")
    save_base(project / "assets/tiny", context=150)
    write_pointer(STUDENT, BasePointer("folder", "assets/tiny", digest_path(Path("assets/tiny"))))
    with pytest.raises(InputError, match=r"answering\.max_new_tokens: value is 100; the longest"):
        answer_student(study(answering={"max_new_tokens": 100}), STUDENT)
    assert not (project / ".work").exists()


def test_a_cell_that_is_not_trained_is_named(project):
    shutil.rmtree(project / student_folder(STUDENT, "ift", 0))
    with pytest.raises(InputError, match="dvc repro train@tiny-ift-0"):
        answer_student(study(), STUDENT)


def test_weights_that_are_not_numbers_are_named(project):
    folder = project / student_folder(STUDENT, "reasoning", 0)
    model = tiny_model()
    model.model.norm.weight.data.fill_(float("nan"))
    model.save_pretrained(folder)
    with pytest.raises(InputError, match=r"reasoning/0: the weights give logits that are not"):
        answer_student(study(), STUDENT)


def test_an_unknown_student_is_refused(project):
    with pytest.raises(InputError, match="did you mean 'tiny'"):
        answer_student(study(), "tyny")
