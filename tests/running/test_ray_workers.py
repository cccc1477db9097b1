"""Workers of a local Ray: an interrupt is noted, and what has not begun holds nobody up."""

import json
import os
import subprocess
import sys
from pathlib import Path

DRIVER = """
import json, os, signal, time
from pathlib import Path
from breakeven.running.cell import Cell
from breakeven.running.ray_workers import RayWorkers
from breakeven.running.run import _Interrupts
Path("stages").mkdir()
Path("stages/tasks.py").write_text("import time; time.sleep(60)")
with _Interrupts() as interrupts, RayWorkers() as workers:
    os.kill(os.getpid(), signal.SIGTERM)
    workers.start(Cell("tasks@one", "tasks", ("stages/tasks.py",), {}), [*workers.nodes()])
    workers.interrupt()
    began, ended = time.monotonic(), {}
    while not ended and time.monotonic() - began < 45:
        ended = workers.wait(1.0)
    print(json.dumps({"asked": interrupts.asked, "ended": [*ended]}))
"""


def test_sigterm_is_noted_and_a_cell_that_is_only_starting_ends_at_once(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DRIVER],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told == {"asked": True, "ended": ["tasks@one"]}
