"""Plain processes as workers: several cells at once, each process for more than one."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from breakeven.running.cell import Cell, Ended, Lost
from breakeven.running.local_workers import LocalWorkers
from breakeven.running.warm_process import log_path

LONG = "import time\nprint('begun', flush=True)\ntime.sleep(60)"


@pytest.fixture
def workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalWorkers]:
    monkeypatch.chdir(tmp_path)
    Path("stages").mkdir()
    # Other tests of this process may have left children of their own.
    before = set(psutil.Process().children())
    with LocalWorkers() as made:
        yield made
    assert not set(psutil.Process().children()) - before


def cell(name: str, code: str) -> Cell:
    script = Path(f"stages/{name}.py")
    script.write_text(code)
    return Cell(name, "tasks", (script.as_posix(),), {})


def ended(workers: LocalWorkers, *names: str) -> dict[str, Ended | Lost]:
    found: dict[str, Ended | Lost] = {}
    until = time.monotonic() + 240
    while not found.keys() >= {*names} and time.monotonic() < until:
        found |= workers.wait(1.0)
    return found


def begun(name: str) -> None:
    until = time.monotonic() + 240
    while not (log_path(name).is_file() and "begun" in log_path(name).read_text()):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_cells_run_at_once_and_a_process_takes_the_next(workers: LocalWorkers) -> None:
    wait = "import os, time\nfrom pathlib import Path\nPath('{0}').touch()\n"
    wait += "while not Path('{1}').exists(): time.sleep(0.01)\nprint(os.getpid())"
    workers.start(cell("one", wait.format("a", "b")), "")
    workers.start(cell("two", wait.format("b", "a")), "")
    first = ended(workers, "one", "two")
    workers.start(cell("three", "import os; print(os.getpid())"), "")
    third = ended(workers, "three")["three"]
    pids = {one.last_line for one in first.values() if isinstance(one, Ended)}
    assert len(pids) == 2
    assert isinstance(third, Ended)
    assert third.last_line in pids
    assert str(os.getpid()) not in pids


def test_a_process_that_is_killed_loses_its_cell_alone(workers: LocalWorkers) -> None:
    before = set(psutil.Process().children())
    workers.start(cell("long", LONG), "")
    begun("long")
    (child,) = set(psutil.Process().children()) - before
    child.kill()
    assert ended(workers, "long") == {"long": Lost("it ended with -9")}
    workers.start(cell("next", "print('next')"), "")
    assert ended(workers, "next")["next"].last_line == "next"  # type: ignore[union-attr]


def test_an_interrupt_ends_the_cell_and_leaves_the_process(workers: LocalWorkers) -> None:
    workers.start(cell("long", LONG), "")
    begun("long")
    workers.interrupt()
    assert ended(workers, "long")["long"].exit_code == 130  # type: ignore[union-attr]
