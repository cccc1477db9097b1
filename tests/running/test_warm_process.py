"""A cell in a process that has run others finds it as if new, and cannot end it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from breakeven.core.progress import Progress, watched
from breakeven.running.cell import Ended

# Runs each text that it is given as the script of a stage, and tells how it ended.
DRIVER = """
import json, sys
from pathlib import Path
from breakeven.running.cell import Cell
from breakeven.running.warm_process import WarmProcess
process, ended = WarmProcess(), []
Path("stages").mkdir(exist_ok=True)
for number, code in enumerate(json.loads(sys.argv[1])):
    script = f"stages/script{number}.py"
    Path(script).write_text(code)
    arguments = (script, "--task", "one")
    ended.append(process.run(Cell(f"tasks@{number}", "tasks", arguments, {})))
Path("ended.json").write_text(json.dumps(ended))
"""


def run(folder: Path, *codes: str) -> list[Ended]:
    """How each of some scripts ended, run one after another in one process."""
    environment = {**os.environ, "A_SETTING": "as it was"}
    arguments = [sys.executable, "-c", DRIVER, json.dumps(codes)]
    subprocess.run(arguments, cwd=folder, env=environment, check=True, timeout=300)
    return [Ended(*one) for one in json.loads((folder / "ended.json").read_text())]


def test_a_cell_runs_as_a_script_with_its_options_and_what_dvc_sets(tmp_path: Path) -> None:
    code = "import os, sys; print(__name__, sys.argv[1:], os.environ['DVC_STAGE'])"
    (ended,) = run(tmp_path, code)
    assert ended.exit_code == 0
    assert ended.last_line == "__main__ ['--task', 'one'] tasks@0"


def test_what_a_cell_changes_is_not_there_for_the_next(tmp_path: Path) -> None:
    changes = "import os; os.environ.update(A_SETTING='other', LEFT='behind')"
    told = "import os; print(os.environ['A_SETTING'], os.environ.get('LEFT'))"
    _, ended = run(tmp_path, changes, told)
    assert ended.last_line == "as it was None"


def test_threads_of_torch_are_as_in_a_new_process(tmp_path: Path) -> None:
    told = "import torch; print(torch.get_num_threads())"
    new, _, ended = run(tmp_path, told, "import torch; torch.set_num_threads(3)", told)
    assert ended.last_line == new.last_line


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="of Linux alone")
def test_the_peak_of_memory_is_the_cells_own(tmp_path: Path) -> None:
    peak = "print([l for l in open('/proc/self/status') if l.startswith('VmHWM')][0].split()[1])"
    large, small = run(tmp_path, f"x = bytearray(300 << 20); {peak}", peak)
    assert int(large.last_line) - int(small.last_line) > 250 << 10


def test_however_a_cell_ends_the_process_goes_on(tmp_path: Path) -> None:
    ended = run(
        tmp_path,
        "import sys; print('error: no such row', file=sys.stderr); sys.exit(2)",
        "1 / 0",
        "import sys; sys.exit('no number')",
        "import os, signal; os.kill(os.getpid(), signal.SIGUSR2)\nwhile True: pass",
        "print('done')",
    )
    assert [(one.exit_code, one.reason) for one in ended] == [
        (2, "no such row"),
        (1, "ZeroDivisionError: division by zero"),
        (1, "no number"),
        (130, ""),
        (0, "done"),
    ]


def test_a_log_that_cannot_be_written_is_one_line_and_the_process_goes_on(tmp_path: Path) -> None:
    (tmp_path / ".work/run/tasks@0.log").mkdir(parents=True)
    failed, after = run(tmp_path, "print('unheard')", "print('heard')")
    assert (failed.exit_code, after.last_line) == (3, "heard")
    assert failed.last_line.startswith(".work/run/tasks@0.log: Is a directory; ")


WHILE_IT_IMPORTS = """
import os, sys, threading
from pathlib import Path
from breakeven.running.cell import Cell
from breakeven.running.warm_process import WarmProcess, INTERRUPT
process = WarmProcess()
Path("script.py").write_text("import time; time.sleep(5)")
threading.Timer(0.3, lambda: os.kill(os.getpid(), INTERRUPT)).start()
print(process.run(Cell("train@one", "train", ("script.py",), {})).exit_code)
"""
BEFORE_IT_BEGINS = """
import os
from pathlib import Path
from breakeven.running.cell import Cell
from breakeven.running.warm_process import WarmProcess, INTERRUPT
process = WarmProcess()
Path("script.py").touch()
os.kill(os.getpid(), INTERRUPT)
print(process.run(Cell("track", "track", ("script.py",), {})).exit_code)
"""
ENDED_BY_SIGTERM = """
from pathlib import Path
from breakeven.running.cell import Cell
from breakeven.running.this_process import ThisProcess
Path("script.py").write_text('''
import os, signal, sys
from breakeven.core.exits import exit_code_of
from breakeven.core.interrupts import terminated_as_interrupted
with terminated_as_interrupted():
    sys.exit(exit_code_of(lambda: os.kill(os.getpid(), signal.SIGTERM)))
''')
with ThisProcess() as process:
    process.start(Cell("track", "track", ("script.py",), {}), [""])
    print(process.wait(1.0)["track"].exit_code)
"""


@pytest.mark.parametrize("code", [BEFORE_IT_BEGINS, WHILE_IT_IMPORTS, ENDED_BY_SIGTERM])
def test_an_interrupt_counts_before_a_cell_and_in_it_and_sigterm_is_one(
    tmp_path: Path, code: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        timeout=300,
    )
    assert done.stdout.split() == ["130"]


def test_what_children_print_is_in_the_log_too(tmp_path: Path) -> None:
    run(tmp_path, "import subprocess; subprocess.run(['echo', 'from a child'])")
    assert (tmp_path / ".work/run/tasks@0.log").read_text() == "from a child\n"


def test_a_cell_tells_how_far_it_is_and_nothing_once_it_has_ended(tmp_path: Path) -> None:
    code = (
        "import shutil\n"
        "from breakeven.core.progress import Progress\n"
        "with Progress('x', total=10, done=4) as bar:\n"
        "    for _ in range(6): bar.advance('loss 2.5')\n"
        "shutil.copy('.work/run/tasks@0.progress.json', 'told.json')\n"
    )
    (ended,) = run(tmp_path, code)
    assert ended.exit_code == 0
    told = json.loads((tmp_path / "told.json").read_text())
    assert (told["done"], told["total"], told["first_done"]) == (10, 10, 4)
    assert told["note"] == "loss 2.5"
    log = (tmp_path / ".work/run/tasks@0.log").read_text()
    assert log.splitlines() == ["x: resumed at 4 of 10", "x: 10 of 10 (100%) loss 2.5"]
    assert not (tmp_path / ".work/run/tasks@0.progress.json").exists()


def test_steps_are_told_within_the_block_alone() -> None:
    told = []
    with Progress("x", total=3) as bar:
        bar.advance()
        with watched(lambda *step: told.append(step)):
            bar.advance("half")
        bar.advance()
    assert told == [(2, 3, "half")]
