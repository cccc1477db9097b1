"""The journal: what is on disk is found again, whatever happened to the file's end."""

import errno
import json
import os
from dataclasses import asdict, replace

import pytest

from breakeven.core.errors import MachineError
from breakeven.distill.journal import Journal, Reply, prompt_digest
from breakeven.rows.prompt import Prompt


def prompt(text, name="s-0"):
    return Prompt(id=name, source="s", prompt=text, content=text)


def reply(text, content="c"):
    return Reply(prompt_digest(prompt(text)), content, None, "stop", 1, 2)


def kept(folder, *texts, source="s"):
    with Journal(folder, source) as journal:
        for text in texts:
            journal.keep(reply(text, f"answer to {text} é"))


def missing(folder, *texts, source="s"):
    with Journal(folder, source) as journal:
        return [one.prompt for one in journal.missing([prompt(text) for text in texts])]


def test_only_what_was_not_answered_is_missing_in_the_order_of_the_prompts(tmp_path):
    kept(tmp_path, "b", "d")
    assert missing(tmp_path, "d", "c", "b", "a") == ["c", "a"]


def test_the_same_text_is_asked_for_once_whatever_its_id(tmp_path):
    with Journal(tmp_path, "s") as journal:
        found = journal.missing([prompt("a", "s-1"), prompt("a", "s-2"), prompt("b", "s-3")])
    assert [one.id for one in found] == ["s-1", "s-3"]


def test_a_prompt_of_another_source_is_not_asked_for_again(tmp_path):
    kept(tmp_path, "a", source="one")
    assert missing(tmp_path, "a", "b", source="two") == ["b"]


def test_replies_come_back_whole_in_the_order_of_the_prompts(tmp_path):
    kept(tmp_path, "a")
    with Journal(tmp_path, "s") as journal:
        journal.keep(reply("b", "two\nlines"))
        found = list(journal.replies([prompt("b"), prompt("a"), prompt("b", "again")]))
    assert [(one.id, back.content) for one, back in found] == [
        ("s-0", "two\nlines"),
        ("s-0", "answer to a é"),
        ("again", "two\nlines"),
    ]


@pytest.mark.parametrize("cut", [1, 5, 60])
def test_a_torn_last_line_costs_that_reply_and_no_other(tmp_path, cut):
    kept(tmp_path, "a", "b")
    path = tmp_path / "s.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    lost = [] if cut == 1 else ["b"]  # without its line break the reply is whole
    assert missing(tmp_path, "a", "b") == lost
    kept(tmp_path, "b", "c")
    assert missing(tmp_path, "a", "b", "c") == []
    with Journal(tmp_path, "s") as journal:
        back = [one.content for _, one in journal.replies([prompt(text) for text in "abc"])]
    assert back == [f"answer to {text} é" for text in "abc"]


def test_replies_that_were_kept_are_synced_together_and_none_is_left_at_the_end(
    tmp_path, monkeypatch
):
    real, synced = os.fsync, []

    def fsync(file):
        real(file)
        synced.append(os.fstat(file).st_size)

    monkeypatch.setattr(os, "fsync", fsync)
    with Journal(tmp_path, "s") as journal:
        journal.keep(reply("a"))
        journal.keep(reply("b"))
        journal.sync()
        journal.sync()  # nothing has come since
        assert synced == [(tmp_path / "s.jsonl").stat().st_size]
        journal.keep(reply("c"))
    assert synced[1:] == [(tmp_path / "s.jsonl").stat().st_size]


def test_a_disk_that_refuses_to_sync_is_told_with_the_file(tmp_path, monkeypatch):
    def fsync(file):
        raise OSError(errno.ENOSPC, "No space left on device")

    journal = Journal(tmp_path, "s")
    with journal:
        journal.keep(reply("a"))
        monkeypatch.setattr(os, "fsync", fsync)
        with pytest.raises(OSError, match="No space") as caught:
            journal.sync()
    assert caught.value.filename == str(tmp_path / "s.jsonl")


def test_a_reply_outlives_the_process_when_keep_returns(tmp_path):
    with Journal(tmp_path, "s") as journal:
        journal.keep(reply("a"))
        assert (tmp_path / "s.jsonl").read_text().endswith("\n")
        assert missing(tmp_path, "a", source="another") == []


def test_a_second_process_of_the_same_source_is_refused(tmp_path):
    with Journal(tmp_path, "s"), pytest.raises(MachineError, match=r"s.jsonl: another process"):
        Journal(tmp_path, "s")
    assert missing(tmp_path, "a") == ["a"]


def test_a_full_disk_names_the_file_and_leaves_whole_lines(tmp_path, monkeypatch):
    real, room = os.write, [30]

    def write(file, data):
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken, room[0] = data[: room[0]], 0
        return real(file, taken)

    with Journal(tmp_path, "s") as journal:
        journal.keep(reply("a"))
        monkeypatch.setattr(os, "write", write)
        with pytest.raises(OSError, match="No space") as caught:
            journal.keep(reply("b"))
        monkeypatch.undo()
        journal.keep(reply("c"))
    assert caught.value.filename == str(tmp_path / "s.jsonl")
    assert missing(tmp_path, "a", "b", "c") == ["b"]
    assert (tmp_path / "s.jsonl").read_text().count("\n") == 2


def test_cached_tokens_are_kept_where_a_server_counts_them_and_lines_stay_without_them(tmp_path):
    counted = [replace(reply("a"), cached_tokens=0), replace(reply("b"), cached_tokens=1)]
    with Journal(tmp_path, "s") as journal:
        for one in (*counted, reply("c")):
            journal.keep(one)
        found = [back for _, back in journal.replies([prompt(text) for text in "abc"])]
    assert found == [*counted, reply("c")]
    lines = [json.loads(line) for line in (tmp_path / "s.jsonl").read_text().splitlines()]
    assert [line.get("cached_tokens", "no field") for line in lines] == [0, 1, "no field"]


def test_a_line_of_an_earlier_version_is_read_and_tells_nothing_of_a_cache(tmp_path):
    row = asdict(reply("a"))
    del row["cached_tokens"]
    (tmp_path / "s.jsonl").write_text(json.dumps(row) + "\n")
    with Journal(tmp_path, "s") as journal:
        ((_, back),) = journal.replies([prompt("a")])
    assert back == reply("a")
    assert back.cached_tokens is None
