"""Rows of data sets in folders, and one clear line for what is not there."""

import errno
import json
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub.errors import HTTPError
from tests.hubdata.folders import published_folder, write_card, write_split

from breakeven.core.errors import InputError, MachineError
from breakeven.core.files import digest_path
from breakeven.hubdata import field_of, stream_rows
from breakeven.hubdata.stream import _guarded

KEY = "params.yaml: sources.x"


def numbers(*args: Any, **more: Any) -> list[int]:
    return [number for number, _ in stream_rows(*args, key=KEY, **more).numbered]


def test_rows_come_numbered_in_the_order_of_the_files(project: Path) -> None:
    folder = published_folder(project / "set", 10)
    rows = stream_rows(folder, key=KEY, split="reasoning_ift_pairs", fields=("prompt", "ift"))
    assert (rows.commit, rows.config, rows.total) == (None, "default", 10)
    found = list(rows.numbered)
    assert [number for number, _ in found] == list(range(10))
    assert [row["prompt"] for _, row in found] == [f"What is {n} + 1?" for n in range(10)]


def test_a_sample_is_the_same_from_parquet_and_from_json_lines(project: Path) -> None:
    rows = [{"q": f"q{number}", "n": number} for number in range(40)]
    write_split(project / "parquet", "test", rows, shards=3)
    (project / "json").mkdir()
    (project / "json/test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    drawn = [
        [row for _, row in stream_rows(project / kind, key=KEY, split="test", count=9).numbered]
        for kind in ("parquet", "json")
    ]
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 9


def test_configs_are_told_apart(project: Path) -> None:
    for name in ("law", "physics"):
        write_split(project / "set" / name, "test", [{"q": name}])
    patterns = {name: {"test": f"{name}/data/test-*"} for name in ("law", "physics")}
    write_card(project / "set", patterns)
    rows = stream_rows(project / "set", key=KEY, config="law", split="test")
    assert [row["q"] for _, row in rows.numbered] == ["law"]
    with pytest.raises(InputError, match=r"no config 'lew'; did you mean 'law'\? allowed: law, ph"):
        numbers(project / "set", config="lew", split="test")
    with pytest.raises(InputError, match="several configs, name one; allowed: law, physics"):
        numbers(project / "set", split="test")


def test_what_is_not_there_is_named_with_what_is(project: Path) -> None:
    folder = published_folder(project / "set")
    digest = digest_path(folder)
    assert len(numbers(folder, split="ift", digest=digest)) == 10
    cases: list[tuple[Path, dict[str, Any], str]] = [
        (project / "none", {}, "none: no such folder"),
        (
            folder,
            {"split": "train"},
            "no split 'train'; allowed: ift, reasoning, reasoning_ift_pai",
        ),
        (
            folder,
            {"split": "ift", "fields": ("prompt", "reply")},
            "field 'reply': no 'reply'; .*ift",
        ),
        (folder, {"split": "ift", "fields": ("ift.0",)}, "nothing is below a str"),
        (folder, {"split": "ift", "digest": "0" * 64}, f"its digest is {digest}, not 0000"),
    ]
    for place, more, message in cases:
        with pytest.raises(InputError, match=message) as caught:
            numbers(place, **more)
        assert str(caught.value).startswith(f"{KEY}: data set {place}")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("train.pkl", "x", "no data files"),
        ("train.txt", "x", "its files are text; only Parquet, JSON and CSV are read"),
        ("train.parquet", "no Parquet", "cannot be read: Parquet magic bytes not found"),
        ("train.jsonl", '{"a": 1}\n{"a": 2\n', "line 2: not valid JSON"),
        ("train.jsonl", '{"a": 1, "a": 2}\n', "line 1: not valid JSON: key 'a' is given twice"),
        ("set.py", "raise SystemExit(7)", "it is a script, which is not run"),
    ],
)
def test_files_that_are_no_plain_data_are_refused(
    project: Path, capfd: Any, name: str, text: str, message: str
) -> None:
    (project / "set").mkdir()
    (project / "set" / name).write_text(text)
    with pytest.raises(InputError, match=message):
        numbers(project / "set")
    assert capfd.readouterr().err == ""  # the library does not say it a second time


def test_an_offline_hub_says_which_switch_is_set(project: Path) -> None:
    with pytest.raises(MachineError, match="HF_HUB_OFFLINE is set; unset it to reach the hub"):
        numbers("someone/something", "main")


ROW = {
    "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": None}],
    "a.b": 1,
    "text": "x",
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("text", "x"),
        ("a.b", 1),
        ("messages.0.content", "Hi"),
        ("messages.1.content", None),
        ("messages.2.content", None),  # a shorter conversation
        ("messages.1.content.en", None),
    ],
)
def test_a_dotted_path_finds_a_nested_field(path: str, value: object) -> None:
    assert field_of(ROW, path, "w") == value


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("message", "no 'message'; did you mean 'messages'"),
        ("messages.content", "'content' in a list; use a number from 0"),
        ("messages.0.text", "no 'text'; allowed: content, role"),
        ("text.0", "nothing is below a str; leave '0' and what follows away"),
    ],
)
def test_a_path_that_leads_nowhere_says_where_it_ends(path: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        field_of(ROW, path, "w")


def broken_off(error: Exception) -> Any:
    yield {"a": 1}
    raise error


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (ConnectionResetError("reset"), MachineError, "w: reading broke off at row 1: reset"),
        (HTTPError("no route"), MachineError, "w: reading broke off at row 1: no route"),
        (OSError(5, "I/O error"), MachineError, "w: reading broke off at row 1"),
        (ValueError("bad\nbytes"), InputError, "w: row 1 or one soon after it .*: bad bytes"),
        (OSError(errno.ENOSPC, "No space left"), OSError, "No space left"),
    ],
)
def test_a_stream_that_breaks_off_says_where_and_whose_fault_it_is(
    error: Exception, kind: type[Exception], message: str
) -> None:
    rows = _guarded(broken_off(error), "w")
    assert next(rows) == (0, {"a": 1})
    with pytest.raises(kind, match=message):
        next(rows)
