"""Files are written whole or not at all, and a bad line is named."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from breakeven.core.errors import InputError
from breakeven.core.files import (
    atomic_folder,
    atomic_path,
    digest_path,
    iter_rows,
    read_json,
    read_rows,
    recover_folder,
    write_jsonl,
    write_rows,
)


@dataclass(frozen=True)
class Row:
    name: str
    value: int | None = None


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    rows = [Row("a", 1), Row("naïve <|im_end|>\n", None)]
    write_rows(tmp_path / "rows.jsonl", rows)
    assert read_rows(tmp_path / "rows.jsonl", Row) == rows


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: not valid JSON"),
        ("[1]", "line 2: list where a JSON object is needed"),
        ('{"value": 3}', "line 2: name: Field required"),
        ('{"name": "a", "value": "many"}', "line 2: value: Input should be a valid integer"),
        ("\udcff", "line 2: not valid JSON"),
        (
            '{"name": "a", "value": 1, "name": "b"}',
            r"line 2: not valid JSON \(key 'name' is given twice\); mend or remove the line",
        ),
        ('\n\n{"value": 3}', "line 4: name: Field required"),
    ],
)
def test_a_corrupt_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"name": "a"}\n' + line.encode("utf-8", "surrogateescape") + b"\n")
    with pytest.raises(InputError, match=message):
        read_rows(path, Row)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_kill_left_beside_a_file_is_removed_by_the_next_write(tmp_path: Path) -> None:
    left, young, other = (tmp_path / name for name in (".a.1.tmp", ".a.2.tmp", ".b.1.tmp"))
    left.mkdir()
    for file in (left / "inside", young, other):
        file.write_text("half")
    for old in (left, other):
        os.utime(old, (0, 0))
    with atomic_path(tmp_path / "a") as temporary:
        temporary.write_text("whole")
    assert sorted(file.name for file in tmp_path.iterdir()) == [".a.2.tmp", ".b.1.tmp", "a"]


def test_a_failed_folder_leaves_the_old_one(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "old").write_text("old")
    with pytest.raises(RuntimeError), atomic_folder(folder) as temporary:
        (temporary / "new").write_text("new")
        raise RuntimeError
    assert [file.name for file in folder.iterdir()] == ["old"]
    with atomic_folder(folder) as temporary:
        (temporary / "new").write_text("new")
    assert [file.name for file in folder.iterdir()] == ["new"]


def test_a_kill_between_the_two_moves_leaves_the_old_folder(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    with atomic_folder(folder) as temporary:
        (temporary / "old").write_text("old")
    folder.rename(tmp_path / ".folder.old")  # what a kill between the moves leaves
    recover_folder(folder)
    assert [file.name for file in folder.iterdir()] == ["old"]
    assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_digest_changes_with_a_name_or_a_byte(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    first = digest_path(tmp_path)
    (tmp_path / "a").write_text("2")
    second = digest_path(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({first, second, digest_path(tmp_path)}) == 3


def test_a_full_disk_names_the_file_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    with pytest.raises(OSError, match="No space left") as caught, atomic_path(path) as temporary:
        temporary.symlink_to("/dev/full")
        with temporary.open("w") as handle:
            handle.write("{}")
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(path)
    assert list(tmp_path.iterdir()) == []


def test_a_key_given_twice_is_told_wherever_json_is_read(tmp_path: Path) -> None:
    """Python's json would take the last of them without a word."""
    path = tmp_path / "results.json"
    path.write_text('{"model": {"accuracy": 0.1, "accuracy": 0.9}}')
    with pytest.raises(InputError, match=r"results\.json: not valid JSON: key 'accuracy' is given"):
        read_json(path)


def test_rows_are_read_and_written_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    made: list[int] = []

    def rows():
        for number in range(3):
            made.append(number)
            yield {"number": number}

    assert write_jsonl(path, rows()) == 3
    path.write_text(path.read_text() + "{")
    reading = iter_rows(path, dict[str, int])
    assert [next(reading) for _ in range(3)] == [{"number": number} for number in made]
    with pytest.raises(InputError, match="line 4: not valid JSON"):
        next(reading)
