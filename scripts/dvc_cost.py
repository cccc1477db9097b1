"""What DVC itself takes for a stage: `python scripts/dvc_cost.py [--revision 1.0] [--seeds 1 22]`.

Runs the pipeline of a revision in a copy, its expensive stages replaced by ones that write a line.
Prints, for each number of seeds, the cells, the lines of dvc.lock, and DVC's own processor seconds
a stage: those of `dvc repro` without those of the stages.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
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
    Path("report/metrics.json").write_text("{}")
with open(os.environ["SPENT"], "a") as handle:
    handle.write(f"{time.process_time()}\\n")
"""


def main() -> None:
    """Measure one revision, or the working tree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--revision", help="a commit; the working tree where it is not given")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 22])
    given = parser.parse_args()
    for seeds in given.seeds:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measure(Path(folder) / "study", given.revision, seeds)), flush=True)


def measure(folder: Path, revision: str | None, seeds: int) -> dict[str, float]:
    """Run the pipeline once from nothing and once with nothing to do."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    if revision:
        subprocess.run(["git", "checkout", "--quiet", revision], cwd=folder, check=True)
    (folder / "dvc.lock").unlink(missing_ok=True)
    for file in (folder / "stages").glob("*.py"):
        if file.stem not in REAL:
            file.write_text(STUB)
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["seeds"] = list(range(seeds))
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    first, again = repro(folder), repro(folder)
    params["students"]["new"] = params["students"]["t30k"]
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    status = subprocess.run(
        ["dvc", "status"], cwd=folder, capture_output=True, text=True, check=True
    )
    lock = (folder / "dvc.lock").read_text()
    stages = len(yaml.safe_load(lock)["stages"])
    return {
        "stages": stages,
        "lock_lines": len(lock.splitlines()),
        "dvc_seconds_a_stage": round(first / stages, 3),
        "dvc_seconds_with_nothing_to_do": round(again, 2),
        "status_lines_after_a_new_size": len(status.stdout.splitlines()),
    }


def repro(folder: Path) -> float:
    """Processor seconds of `dvc repro` without those of the stages."""
    spent = folder / ".spent"
    spent.unlink(missing_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "SPENT": str(spent)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["dvc", "repro", "--quiet"], cwd=folder, env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    whole = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return whole - sum(map(float, spent.read_text().split()))


if __name__ == "__main__":
    sys.exit(main())
