"""Half of a character, which has no UTF-8, ends nothing: it is shown as its escape."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from tests.faults.conftest import STUDENT, study

from breakeven.core.files import (
    digest_path,
    read_json,
    read_rows,
    write_json,
    write_rows,
    write_text,
)
from breakeven.core.layout import answers_folder
from breakeven.core.records import read_record
from breakeven.distill.journal import Journal, Reply, prompt_digest
from breakeven.report.stage import run as report
from breakeven.rows.answer import Answer
from breakeven.rows.prompt import Prompt
from breakeven.score.stage import run as score

HALF = "The answer is \ud83d 7, and \udcff."
FILE = Path(f"answers/{STUDENT}/ift/0/greedy/chain-open.jsonl")


def test_what_is_written_with_half_a_character_is_read_as_it_was(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"text": HALF})
    assert read_json(tmp_path / "a.json") == {"text": HALF}
    write_text(tmp_path / "a.txt", HALF)
    assert (tmp_path / "a.txt").read_text() == "The answer is \\ud83d 7, and \\udcff."


def test_a_reply_with_half_a_character_is_kept(tmp_path: Path) -> None:
    prompt = Prompt("p", "s", "c", "What is it?")
    reply = Reply(prompt_digest(prompt), HALF, HALF, "stop", 4, 9)
    with Journal(tmp_path, "s") as journal:
        journal.keep(reply)
    with Journal(tmp_path, "s") as journal:
        assert [one for _, one in journal.replies([prompt])] == [reply]


@pytest.mark.usefixtures("ran")
def test_an_answer_with_half_a_character_is_scored_and_shown() -> None:
    rows = [asdict(row) for row in read_rows(FILE, Answer)]
    for row in rows:
        row["text"] = HALF
    FILE.write_text("".join(json.dumps(row) + "\n" for row in rows))
    kept = read_rows(FILE, Answer)
    assert kept[0].text == HALF
    write_rows(FILE, kept)
    assert read_rows(FILE, Answer) == kept
    # As the stage would have recorded them.
    folder = answers_folder(STUDENT)
    outputs = {folder.as_posix(): digest_path(folder)}
    replace(read_record("answer", STUDENT), outputs=outputs).write()
    score(study())
    report(study())
    page = Path("report/index.html").read_bytes().decode("utf-8")
    assert "\\ud83d" in page
