"""What a run leaves of itself for `breakeven status`."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from breakeven.running.board import Standing
from breakeven.running.notice import NOTICE, NoticeBoard, failure_lines, last_run

STANDING = Standing(12, 59, 1, 360.0)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


STANDS = '"standing": {"done": 1, "total": 2, "failed": 0, "seconds_left": null}'


@pytest.mark.parametrize(
    "text",
    [
        *(None, "", "{", "[]", '{"process": 1}', '{"standing": {}}'),
        f'{{"process": "x", "began": 1, {STANDS}, "running": {{}}, "failed": {{}}}}',
        f'{{"process": 1, "began": 1, {STANDS}, "running": [], "failed": {{}}}}',
        f'{{"process": 1, "began": 1, {STANDS}, "running": {{}}, "failed": []}}',
        f'{{"process": 1, "began": 1e400, {STANDS}, "running": {{"a": "b"}}, "failed": {{}}}}',
    ],
)
def test_without_a_notice_that_can_be_read_there_is_no_run(text: str | None) -> None:
    if text is not None:
        NOTICE.parent.mkdir(parents=True)
        NOTICE.write_text(text)
    assert last_run() is None


def test_a_run_at_work_is_told_with_what_runs_and_what_failed() -> None:
    failed = {"train@a-ift-0": "the loss is nan"}
    NoticeBoard().tell(STANDING, {"answer@t": psutil.Process().create_time()}, failed)
    run = last_run()
    assert run is not None
    assert run.at_work
    first, running, told = run.lines()
    assert first == (
        f"a run is at work (process {os.getpid()}): 12 of 59 done, 1 failed, about 6 min left"
    )
    assert running.startswith("answer@t: ")
    assert told == (
        "train@a-ift-0 failed: the loss is nan (all of it: .work/run/train@a-ift-0.log)"
    )
    assert [told] == list(failure_lines(run.as_dict()["failures"]))


def test_a_run_whose_process_is_gone_is_at_work_no_more() -> None:
    tell = (
        "from breakeven.running.notice import NoticeBoard, Standing; "
        "NoticeBoard().tell(Standing(1, 2, 0, None), {}, {'a': 'why'})"
    )
    subprocess.run([sys.executable, "-c", tell], check=True)
    run = last_run()
    assert run is not None
    assert not run.at_work
    # Another process may be given its number.
    assert not run._replace(process=os.getpid()).at_work
    assert run.failed == {"a": "why"}


def test_a_run_that_was_killed_and_nobody_waited_for_is_at_work_no_more() -> None:
    tell = (
        "import time; from breakeven.running.notice import NoticeBoard, Standing; "
        "NoticeBoard().tell(Standing(1, 2, 0, None), {}, {}); print('told', flush=True); "
        "time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", tell], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        run = last_run()
        assert run is not None
        assert run.at_work
        process.kill()
        seen = psutil.Process(process.pid)
        while seen.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        assert not run.at_work


def test_between_two_looks_it_is_written_at_once_only_where_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("breakeven.running.notice.time.monotonic", lambda: 100.0)
    board = NoticeBoard()
    board.tell(STANDING, {}, {})
    board.tell(STANDING._replace(done=13), {}, {})
    assert last_run().standing.done == 12  # type: ignore[union-attr]
    board.tell(STANDING._replace(done=13), {}, {}, at_once=True)
    assert last_run().standing.done == 13  # type: ignore[union-attr]
