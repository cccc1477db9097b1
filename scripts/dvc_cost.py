"""What DVC itself takes for a stage: `python scripts/dvc_cost.py [--revision 1.0] [--seeds 1 22]`.

Runs the pipeline of a revision in a copy, its expensive stages replaced by ones that write a line,
once and again with nothing to do. Then, with a lock of as many cells as each number of seeds makes,
prints the cells, the lines of dvc.lock and what one cell more costs. Seconds are the processor's,
of `dvc repro` without its stages, so that a busy machine measures as an idle one.
"""

import argparse
import json
import os
import resource
import subprocess
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
# Stages that DVC's bookkeeping is made of run as they are.
REAL = {"inputs", "texts", "lessons"}
STUB = """\
import os, sys, time
from pathlib import Path
STAGE, CELL = Path(sys.argv[0]).stem, sys.argv[2::2]
FILES = {
    "tasks": "data/tasks/{0}.jsonl", "prompts": "data/prompts/{0}.jsonl",
    "distill": "data/distilled/{0}/{1}.jsonl", "pairs": "data/pairs/{0}.parquet",
    "base": "models/base/{0}/pointer.json", "train": "models/students/{0}/{1}/{2}/weights",
    "answer": "answers/{0}/answers", "score": "scores/items.parquet", "report": "report/index.html",
}
def write(path):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(f"{STAGE} {CELL}\\n")
if STAGE in FILES:
    write(FILES[STAGE].format(*CELL))
    write("records/" + "/".join([STAGE, *CELL]) + ".json")
if STAGE == "pairs":
    write(f"data/pairs/{CELL[0]}.dropped.csv")
if STAGE == "report":
    for name in ("figures/one.svg", "tables/figure-frontier-inference.csv"):
        write(f"report/{name}")
    write("report/summary/study.json")
    Path("report/metrics.json").write_text("{}")
with open(os.environ["SPENT"], "a") as handle:
    handle.write(f"{time.process_time()}\\n")
"""


def main() -> None:
    """Measure one revision, or the working tree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--revision", help="a commit; the last one where it is not given")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 22])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "study"
        lay_study(study, given.revision)
        whole = repro(study)
        again = repro(study)
        print(json.dumps({"run": round(whole, 1), "nothing_to_do": round(again, 2)}), flush=True)
        for seeds in given.seeds:
            print(json.dumps(measure(study, seeds)), flush=True)


def lay_study(folder: Path, revision: str | None) -> None:
    """A copy of the project whose stages only write a line."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    if revision:
        subprocess.run(["git", "checkout", "--quiet", revision], cwd=folder, check=True)
    (folder / "dvc.lock").unlink(missing_ok=True)
    for file in (folder / "stages").glob("*.py"):
        if file.stem not in REAL:
            file.write_text(STUB)


def measure(folder: Path, seeds: int) -> dict[str, float]:
    """What four cells more of `tasks` cost in a study of so many seeds, whose lock is laid."""
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["seeds"] = list(range(seeds))
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    lock = yaml.safe_load((folder / "dvc.lock").read_text())
    for name in [name for name in lock["stages"] if name.startswith("train@")]:
        text = json.dumps(lock["stages"][name])
        for seed in range(1, seeds):
            copy = text.replace("--seed 0", f"--seed {seed}").replace("/0", f"/{seed}")
            lock["stages"][f"{name.removesuffix('-0')}-{seed}"] = json.loads(copy)
    (folder / "dvc.lock").write_text(yaml.safe_dump(lock, sort_keys=False))
    cells = [f"tasks@{task}" for task in list(params["tasks"])[:5]]
    one, five = (repro(folder, "--single-item", "--force", *cells[:count]) for count in (1, 5))
    return {
        "cells": len(lock["stages"]),
        "lock_lines": len((folder / "dvc.lock").read_text().splitlines()),
        "dvc_seconds_a_stage": round((five - one) / 4, 3),
    }


def repro(folder: Path, *arguments: str) -> float:
    """Processor seconds of `dvc repro` without those of the stages."""
    spent = folder / ".spent"
    spent.unlink(missing_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "SPENT": str(spent)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["dvc", "repro", "--quiet", *arguments], cwd=folder, env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    whole = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return whole - sum(map(float, spent.read_text().split()))


if __name__ == "__main__":
    main()
