"""What a cell costs beside its work: `python scripts/run_cost.py [--seeds 2] [--jobs 2]`.

Runs `profiles/smoke.yaml` with some seeds from nothing, by `breakeven run` and by `dvc repro`, in
copies of the last commit. Prints cells, seconds of the clock, and seconds of the processor of all
processes, which a busy machine measures as an idle one.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psutil
import yaml

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Measure both ways, and again with nothing to do."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    run = ["breakeven", "run", "--jobs", str(given.jobs)]
    with tempfile.TemporaryDirectory() as folder:
        for command in (run, ["dvc", "repro"]):
            study = Path(folder) / command[0]
            lay_study(study, given.seeds)
            for what in ("from nothing", "nothing to do"):
                clock, processor = spent(command, study)
                cells = len(yaml.safe_load((study / "dvc.lock").read_text())["stages"])
                row = {"command": " ".join(command), "what": what, "cells": cells}
                print(json.dumps({**row, "clock": clock, "processor": processor}), flush=True)


def lay_study(study: Path, seeds: int) -> None:
    """A copy of the last commit with the smallest study, of which nothing has run."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(study)], check=True)
    params = yaml.safe_load((study / "profiles/smoke.yaml").read_text())
    params["seeds"] = list(range(seeds))
    (study / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    (study / "dvc.lock").unlink()
    shutil.rmtree(study / ".dvc/cache", ignore_errors=True)


def spent(command: list[str], study: Path) -> tuple[float, float]:
    """Seconds of the clock, and of the processor in all processes that a command starts."""
    before = children_seconds()
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=study,
        env={**os.environ, "PYTHONPATH": str(study / "src")},
        stdout=subprocess.DEVNULL,
    )
    # Ray waits for none of its processes, so that the system does not add them up: they are looked
    # at while they live. Those of DVC are too short for that, and are waited for.
    seen: dict[int, float] = {}
    while process.poll() is None:
        for child in psutil.Process().children(recursive=True):
            try:
                if child.name().startswith(("ray::", "gcs_server", "raylet")):
                    seen[child.pid] = sum(child.cpu_times()[:2])
            except psutil.Error:
                continue
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    clock = time.perf_counter() - started
    return round(clock, 1), round(children_seconds() - before + sum(seen.values()), 1)


def children_seconds() -> float:
    """Seconds of the processor of children that have been waited for, and of theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
