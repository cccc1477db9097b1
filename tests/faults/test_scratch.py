"""What is damaged in scratch is made again with a word; outputs are as without the damage."""

import json
import shutil
from pathlib import Path

import pytest
from tests.faults.conftest import STUDENT, study
from tests.faults.damage import DAMAGES

from breakeven.answer.stage import run as answer
from breakeven.core.digests import cached_digest
from breakeven.core.files import digest_file
from breakeven.core.layout import student_folder
from breakeven.core.records import read_record
from breakeven.core.sealed import read_sealed, write_sealed
from breakeven.distill.journal import Journal, Reply, prompt_digest
from breakeven.rows.prompt import Prompt
from breakeven.train.cell_training import train_cell

WORK = Path(".work")


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def answers_again(capsys: pytest.CaptureFixture[str]) -> str:
    """Answer, whose outputs must be as they were; what was said of files."""
    before = files_in(Path("answers"))
    capsys.readouterr()
    answer(study(), STUDENT)
    assert files_in(Path("answers")) == before
    said = capsys.readouterr().err
    return "\n".join(line for line in said.splitlines() if "is not as it was written" in line)


@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.parametrize("kind", ["batch-*.jsonl", "batch-*.json"])
def test_damaged_answers_are_made_again(
    ran: Path, capsys: pytest.CaptureFixture[str], kind: str, name: str
) -> None:
    files = sorted(WORK.glob(f"answers/*/{kind}"))
    damaged = files[len(files) // 2]
    DAMAGES[name](damaged)
    said = answers_again(capsys)
    if name == "removed":
        assert said == ""  # as after a kill between the two
    else:
        assert damaged.with_suffix("").name in said
        assert len(said.splitlines()) == 1
    assert answers_again(capsys) == ""


def test_answers_that_changed_places_are_made_again(
    ran: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheets = sorted(one.parent for one in WORK.glob("answers/*/batch-00000.jsonl"))
    first, second = sheets[0], sheets[-1]
    for file in ("batch-00000.jsonl", "batch-00000.json"):
        (first / file).rename(first / "aside")
        (second / file).rename(first / file)
        (first / "aside").rename(second / file)
    assert len(answers_again(capsys).splitlines()) == 2


@pytest.mark.parametrize("name", ["cut", "emptied", "garbage", "removed"])
def test_a_damaged_key_of_scratch_ends_nothing(
    ran: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    for key in WORK.glob("answers/*/key.json"):
        DAMAGES[name](key)
    answers_again(capsys)


def trained(arm: str) -> dict[str, bytes]:
    train_cell(study(), STUDENT, arm, 0)
    return files_in(student_folder(STUDENT, arm, 0))


@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.parametrize("file", ["result.json", "student/adapter_model.safetensors"])
def test_a_damaged_training_is_done_again(
    ran: Path, capsys: pytest.CaptureFixture[str], file: str, name: str
) -> None:
    record = read_record("train", STUDENT, "ift", 0)
    before = files_in(student_folder(STUDENT, "ift", 0))
    finished = WORK / "training" / record.details["training"] / "finished"
    DAMAGES[name](finished / file)
    capsys.readouterr()
    result = train_cell(study(), STUDENT, "ift", 0)
    assert files_in(student_folder(STUDENT, "ift", 0)) == before
    assert result is not None
    assert result.flops == record.flops
    assert result.series == record.series
    assert "training again" in capsys.readouterr().err


def test_trainings_that_changed_places_are_done_again(
    ran: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {arm: files_in(student_folder(STUDENT, arm, 0)) for arm in ("ift", "reasoning")}
    first, second = (
        WORK / "training" / read_record("train", STUDENT, arm, 0).details["training"]
        for arm in before
    )
    (first / "finished").rename(first / "aside")
    (second / "finished").rename(first / "finished")
    (first / "aside").rename(second / "finished")
    assert {arm: trained(arm) for arm in before} == before
    assert capsys.readouterr().err.count("training again") == 2


def test_an_edited_line_of_what_a_training_used_is_not_counted(
    ran: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from breakeven.train.usage_log import read_run_usage

    record = read_record("train", STUDENT, "ift", 0)
    folder = WORK / "training" / record.details["training"]
    line = (folder / "usage.jsonl").read_text().splitlines()[-1]
    used = read_run_usage(folder)
    with (folder / "usage.jsonl").open("a") as file:
        file.write("\n" + line.replace('"device_seconds": ', '"device_seconds": 99'))
    assert read_run_usage(folder) == used
    assert "1 of its lines are not counted" in capsys.readouterr().err


@pytest.mark.parametrize("name", [one for one in DAMAGES if one != "removed"])
def test_a_damaged_reply_of_a_teacher_is_asked_for_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    # Of growing length, so that no cut falls between two.
    prompts = [Prompt("p" + "x" * n, "s", f"c{n}", f"What is {n}?") for n in range(6)]
    with Journal(tmp_path, "s") as journal:
        for prompt in prompts:
            journal.keep(Reply(prompt_digest(prompt), f"It is {prompt.id}.", None, "stop", 4, 9))
    DAMAGES[name](tmp_path / "s.jsonl")
    with Journal(tmp_path, "s") as journal:
        missing = journal.missing(prompts)
        assert missing
        kept = [prompt for prompt in prompts if prompt not in missing]
        for prompt, reply in journal.replies(kept):
            assert reply.content == f"It is {prompt.id}."
    assert name in {"cut_a_line", "emptied"} or "asked for again" in capsys.readouterr().err


def test_a_reply_of_before_there_were_digests_is_not_paid_for_again(tmp_path: Path) -> None:
    prompt = Prompt("p", "s", "c", "What is it?")
    reply = Reply(prompt_digest(prompt), "It.", None, "stop", 4, 9)
    (tmp_path / "s.jsonl").write_text(json.dumps(reply.__dict__) + "\n")
    with Journal(tmp_path, "s") as journal:
        assert journal.missing([prompt]) == []
        assert [one for _, one in journal.replies([prompt])] == [reply]


@pytest.mark.parametrize("name", DAMAGES)
def test_what_was_sealed_is_believed_only_as_it_was_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    path = tmp_path / "value.json"
    value = {"a": [1, 2.5, None], "10": "x", "9": {"tuple": (1, 2)}}
    write_sealed(path, value)
    assert read_sealed(path) == json.loads(json.dumps(value))
    DAMAGES[name](path)
    assert read_sealed(path) is None
    assert not path.exists()
    assert ("is not as it was written" in capsys.readouterr().err) == (name != "removed")


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_cache_of_digests_is_made_anew(ran: Path, name: str) -> None:
    large = ran / "large"
    large.write_bytes(bytes(2 << 20))
    import os

    os.utime(large, (1, 1))
    write_sealed(WORK / "digests.json", {"/elsewhere": [[1, 2, 3, 4], "0" * 64]})
    DAMAGES[name](WORK / "digests.json")
    assert cached_digest(large) == digest_file(large)


def test_a_cell_folder_that_is_a_link_is_replaced_and_not_followed(
    ran: Path, tmp_path: Path
) -> None:
    folder = student_folder(STUDENT, "ift", 0)
    before = files_in(folder)
    elsewhere = tmp_path / "elsewhere"
    shutil.move(folder, elsewhere)
    folder.symlink_to(elsewhere)
    for _ in range(2):  # and leaves nothing that ends the next run
        assert trained("ift") == before
        assert not folder.is_symlink()
    assert files_in(elsewhere) == before
    assert [one.name for one in folder.parent.iterdir()] == ["0"]


def test_what_a_killed_stage_left_is_in_no_digest_and_goes(ran: Path) -> None:
    import os

    from breakeven.core.files import digest_path

    folder = student_folder(STUDENT, "ift", 0)
    before = digest_path(folder.parent)
    left = [folder.parent / ".0.1234.tmp", folder.parent / ".0.old"]
    for one in left:
        one.mkdir()
        (one / "half").write_text("half")
        os.utime(one, (0, 0))
    assert digest_path(folder.parent) == before
    trained("ift")
    assert not any(one.exists() for one in left)
