"""What a run says of the cells that run."""

import json
import time
from pathlib import Path

import pytest

from breakeven.running.board import Board, Standing
from breakeven.running.cell import Cell
from breakeven.running.warm_process import Bulletin, progress_path

NAME = "train@t30k-ift-0"
CELL = Cell(NAME, "train", ("stages/train.py",), {})
STANDING = Standing(1, 3, 0, 40.0)


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("breakeven.running.board._LINE_EVERY_SECONDS", 0.0)
    progress_path(NAME).parent.mkdir(parents=True)
    return Board()


def shown(board: Board, capsys: pytest.CaptureFixture[str], **told: object) -> list[str]:
    """The lines of one drawing, where the cell tells `told`; nothing, where it has told none."""
    if told:
        progress_path(NAME).write_text(json.dumps(told))
    board.show({NAME: (CELL, time.time() - 20)}, STANDING)
    return capsys.readouterr().out.splitlines()


def test_a_training_is_shown_with_its_loss_and_the_time_left(board, capsys):
    told = {"done": 10, "total": 30, "first_done": 0, "since": time.time() - 20, "note": "loss 2.5"}
    assert shown(board, capsys, **told) == [
        f"1 of 3 done, about 40 s left; {NAME} 10 of 30, loss 2.5, about 40 s left"
    ]


def test_that_a_cell_goes_on_from_what_was_kept_is_told_once(board, capsys):
    since = time.time() - 10
    told = {"done": 20, "total": 30, "first_done": 20, "since": since, "note": ""}
    assert shown(board, capsys, **told)[0] == f"{NAME}: resumed at 20 of 30"
    told = {"done": 25, "total": 30, "first_done": 20, "since": since, "note": "loss 1"}
    # By the steps of this process alone: five took ten seconds.
    assert shown(board, capsys, **told) == [
        f"1 of 3 done, about 40 s left; {NAME} 25 of 30, loss 1, about 10 s left"
    ]


def test_no_time_left_is_told_of_what_is_not_counted(board, capsys):
    assert shown(board, capsys) == [f"1 of 3 done, about 40 s left; {NAME} 20 s"]
    told = {"done": 30, "total": 30, "first_done": 0, "since": time.time() - 20, "note": ""}
    assert shown(board, capsys, **told) == [f"1 of 3 done, about 40 s left; {NAME} 30 of 30, 20 s"]


def test_that_a_cell_waits_for_what_others_hold_is_told_once_and_shown(board, capsys):
    lines = []
    for waiting in ([NAME], [NAME], []):
        board.show({NAME: (CELL, time.time() - 20)}, STANDING, waiting)
        lines += capsys.readouterr().out.splitlines()
    shown = "1 of 3 done, about 40 s left; train@t30k-ift-0"
    assert lines == [
        f"{NAME}: waits; other jobs on the cluster hold what it takes of its nodes",
        f"{shown} waits, 20 s",
        f"{shown} waits, 20 s",
        f"{shown} 20 s",
    ]


def test_a_cell_that_counts_twice_tells_the_time_of_each_count(tmp_path, monkeypatch):
    clock = iter([100.0, 110.0, 120.0, 140.0])
    monkeypatch.setattr(time, "time", lambda: next(clock))
    bulletin = Bulletin(tmp_path / "told.json")

    def told(*counted: int) -> tuple[int, float]:
        bulletin(*counted, "")
        found = json.loads((tmp_path / "told.json").read_text())
        return found["first_done"], found["since"]

    assert [told(0, 10), told(10, 10)] == [(0, 100.0), (0, 100.0)]
    assert [told(3, 10), told(9, 10)] == [(3, 120.0), (3, 120.0)]
