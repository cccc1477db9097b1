"""How a command ends that runs out of memory: one line, whoever noticed it."""

import errno
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from breakeven.core.exits import exit_code_of
from breakeven.core.files import write_json

ENDLESS = 2**46


def no_room_on_a_cpu():
    torch.empty(ENDLESS)


def no_room_for_numpy():
    np.empty(ENDLESS)


def no_room_for_python():
    bytearray(ENDLESS)


def no_room_on_a_gpu():
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


def no_room_for_a_process():
    raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))


@pytest.mark.parametrize(
    "work",
    [
        no_room_on_a_cpu,
        no_room_for_numpy,
        no_room_for_python,
        no_room_on_a_gpu,
        no_room_for_a_process,
    ],
)
def test_memory_that_runs_out_is_one_line_with_the_machines_exit_code(work, capsys):
    assert exit_code_of(work) == 3
    assert capsys.readouterr().err.startswith("error: memory has run out; ")


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_a_terminal_without_a_letter_gets_its_escape(encoding):
    ended = subprocess.run(
        [sys.executable, "-c", "from breakeven.cli import main; main()", "tasks", "list"],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    dash = "–".encode(encoding, errors="backslashreplace")
    assert dash in ended.stdout


def test_another_error_stays_a_fault_of_the_code():
    def fail():
        torch.ones(2) + torch.ones(3)

    with pytest.raises(RuntimeError, match="size of tensor"):
        exit_code_of(fail)


def test_a_full_disk_names_the_file_where_the_system_does_and_nothing_else(capsys):
    def full():
        with open("/dev/full", "w") as file:  # noqa: PTH123
            file.write("x" * 100_000)

    assert exit_code_of(full) == 3
    assert capsys.readouterr().err == "error: the disk is full; free some space\n"


def test_a_place_that_cannot_be_written_is_named_and_not_the_temporary_file(tmp_path, capsys):
    (tmp_path / "results.json").mkdir()
    assert exit_code_of(lambda: write_json(tmp_path / "results.json", {})) == 3
    told = capsys.readouterr().err
    assert told.startswith(f"error: {tmp_path / 'results.json'}: ")
    assert ".tmp" not in told
    assert [one.name for one in tmp_path.iterdir()] == ["results.json"]


def test_lines_are_appended_whole_or_not_at_all(tmp_path):
    path = tmp_path / "lines.jsonl"
    code = (
        "import os, resource, signal, sys\n"
        "from pathlib import Path\n"
        "from breakeven.core.exits import exit_code_of\n"
        "from breakeven.core.files import append_whole\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "path = Path(sys.argv[1])\n"
        "file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)\n"
        "append_whole(file, b'one\\n', path)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        "code = exit_code_of(lambda: append_whole(file, b'x' * 20 + b'\\n', path))\n"
        "append_whole(file, b'two\\n', path)\n"
        "sys.exit(code)\n"
    )
    child = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        text=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
    )
    assert child.returncode == 3
    assert child.stderr == f"error: the disk is full: {path}; free some space\n"
    assert path.read_text() == "one\ntwo\n"
