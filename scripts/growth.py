"""How a study's own work grows with its cells: `python scripts/growth.py [--cells 40 100 400]`.

Lays a synthetic study of the last commit for each number of trained cells: real questions, bases
and pairs, trainings and answers made up in milliseconds. Measures `breakeven run` on it with
`score`, `report` and `track` left out (what is left is scheduling and DVC), `breakeven status`,
then those three by themselves. Prints a JSON line a measurement: seconds of the processor, which a
busy machine measures as an idle one, and peak memory; then slopes of log seconds on log cells.
`--pairs 4000 16000` measures instead what the stages before a training take of so many prompts.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml

from breakeven.core.files import read_rows, write_json, write_rows, write_text
from breakeven.core.layout import (
    answers_path,
    items_path,
    student_folder,
    task_path,
)
from breakeven.core.records import Record, read_record
from breakeven.params import Params
from breakeven.params.cells import arms_of, decodings_of
from breakeven.rows.answer import Answer
from breakeven.rows.item import Item

ROOT = Path(__file__).resolve().parents[1]
SIZES = ("t30k", "t120k", "t270k", "t500k")
# Of trained shares of traces: as a study grows, so does the number of its mixes, then of its seeds.
SHARES = (0.0, 1.0, 0.5, 0.25, 0.75, 0.1, 0.2, 0.4, 0.6, 0.9)
TASKS = {
    "chain-open": ("chain", "open", "math-open"),
    "chain-mc": ("chain", "choice", "math-mc"),
    "hops-open": ("hops", "open", "general-open"),
    "odd-one-out-mc": ("odd-one-out", "choice", "general-mc"),
}
STAND_IN = """\
from breakeven.pipeline.command import run_stage
from scripts.growth import {body}
if __name__ == "__main__":
    run_stage({body})
"""
STAND_INS = ("train", "answer", "score", "report", "track")


class Spent(NamedTuple):
    """Seconds of the processor and of the clock of a command, and the peak memory of a process."""

    processor_s: float
    clock_s: float
    peak_mib: float


def main() -> None:
    """Measure every size, and print the slopes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, nargs="+", default=[40, 100, 200, 400])
    parser.add_argument("--items", type=int, default=100, help="questions a task, of four tasks")
    parser.add_argument("--pairs", type=int, nargs="+", default=[])
    given = parser.parse_args()
    found: dict[str, list[tuple[int, float]]] = {}
    size = "pairs" if given.pairs else "cells"
    for number in given.pairs or given.cells:
        with tempfile.TemporaryDirectory() as folder:
            study = Path(folder) / "study"
            if given.pairs:
                lay_study(study, 20, given.items, prompts=number)
                measured = measure_pairs(study)
            else:
                lay_study(study, number, given.items)
                measured = measure(study)
        for what, spent in measured.items():
            print(json.dumps({size: number, "what": what, **spent._asdict()}), flush=True)
            found.setdefault(what, []).append((number, spent.processor_s))
    for what, points in found.items():
        print(json.dumps({"what": what, "slopes": slopes(points)}), flush=True)


def lay_study(study: Path, cells: int, items: int, *, prompts: int = 0) -> None:
    """A copy of the last commit with so many trained cells, of which nothing has run."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(study)], check=True)
    (study / "dvc.lock").unlink(missing_ok=True)
    params = synthetic_params(cells, items)
    if prompts:
        params["sources"] = {name: params["sources"][name] for name in ("chain",)}
        params["sources"]["chain"]["prompts"] = prompts
        params["corpora"]["general"]["sources"] = ["chain"]
    (study / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    for stage in STAND_INS:
        (study / f"stages/{stage}.py").write_text(STAND_IN.format(body=f"stand_in_{stage}"))


def synthetic_params(cells: int, items: int) -> dict[str, Any]:
    """Four sizes; five ways to train while there are few cells, else ten; the rest is seeds."""
    ways = 5 if cells < 200 else len(SHARES)
    seeds, rest = divmod(cells, len(SIZES) * ways)
    if rest or not seeds:
        raise SystemExit(f"--cells: {cells} is no multiple of {len(SIZES) * ways}")
    arms = {f"mixed-{share * 100:.0f}": share for share in SHARES[:ways]}
    names = {"mixed-0": "ift", "mixed-100": "reasoning"}
    row = {"kind": "procedural", "prompts": 100}
    problems = sorted({problem for problem, _, _ in TASKS.values()})
    return {
        "study": "growth",
        "seeds": list(range(seeds)),
        "sources": {name: {**row, "problem": name} for name in problems},
        "teacher": {"kind": "solver", "tokenizer": "assets/tabletop/t500k"},
        "corpora": {"general": {"sources": problems}},
        "students": {
            name: {"base": {"kind": "folder", "path": f"assets/tabletop/{name}"}} for name in SIZES
        },
        "arms": {
            names.get(name, name): {"corpus": "general", "reasoning_share": share}
            for name, share in arms.items()
        },
        "tasks": {
            name: {
                "kind": "procedural",
                "problem": problem,
                "format": form,
                "family": family,
                "items": items,
            }
            for name, (problem, form, family) in TASKS.items()
        },
        "training": {"epochs": 1, "lora": {"rank": 4, "alpha": 8}, "threads": 1},
        "answering": {"max_new_tokens": 128, "threads": 1, "decodings": {"greedy": {}}},
        "grading": {},
        "costs": {},
        "report": {"bootstrap_draws": 2000},
    }


def measure(study: Path) -> dict[str, Spent]:
    """What scheduling takes, and then every command whose work is the whole study's."""
    found = {
        "run": spent(study, "breakeven", "run", "--jobs", "2"),
        "status": spent(study, "breakeven", "status"),
    }
    for stage in ("score", "report", "track"):
        # Theirs are stages like any other; by hand they run without DVC.
        shutil.copy(ROOT / f"stages/{stage}.py", study / f"stages/{stage}.py")
        found[stage] = spent(study, "python", f"stages/{stage}.py")
    return {**found, "track again": spent(study, "python", "stages/track.py")}


def measure_pairs(study: Path) -> dict[str, Spent]:
    """The stages before a training, by hand, without DVC."""
    commands = {f"tasks {task}": f"tasks --task {task}" for task in TASKS}
    commands |= {
        "prompts": "prompts --source chain",
        "distill ift": "distill --source chain --style ift",
        "distill reasoning": "distill --source chain --style reasoning",
        "pairs": "pairs --corpus general",
    }
    found = {}
    for what, command in commands.items():
        stage, *options = command.split()
        found[what] = spent(study, "python", f"stages/{stage}.py", *options)
    return {what: one for what, one in found.items() if not what.startswith("tasks")}


def spent(study: Path, *command: str) -> Spent:
    """Run a command to its end; what its workers take of the processor is not its own."""
    ours = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {
        **os.environ,
        "PATH": ours,
        "PYTHONPATH": f"{study / 'src'}:{study}",
        "OMP_NUM_THREADS": "1",
    }
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=study, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    kibibytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Spent(
        round(usage.ru_utime + usage.ru_stime, 2),
        round(time.perf_counter() - started, 2),
        round(kibibytes / 1024, 1),
    )


def slopes(points: list[tuple[int, float]]) -> dict[str, float]:
    """Of log seconds on log cells: over all sizes, and from each size to the next.

    What every command takes to start flattens the first; the last interval shows what grows.
    """
    x, y = np.log(np.array(points, dtype=float)).T
    if len(points) < 2:
        return {}
    steps = np.diff(y) / np.diff(x)
    intervals = {
        f"{few} to {many}": round(float(step), 2)
        for (few, _), (many, _), step in zip(points, points[1:], steps, strict=False)
    }
    return {"all": round(float(np.polyfit(x, y, 1)[0]), 2), **intervals}


def stand_in_train(params: Params, student: str, arm: str, seed: int) -> None:
    """A training that leaves a small file, and the record of one."""
    folder = student_folder(student, arm, seed)
    write_text(folder / "weights", f"{student} {arm} {seed}\n")
    size = _parameters(student)
    tokens = int(40_000 * (1 + 5 * (params.arms[arm].reasoning_share or 0.0)))
    Record(
        "train",
        {"student": student, "arm": arm, "seed": seed},
        parameters={"learning_rate": 1e-3},
        metrics={"steps": 300, "samples": 1300, "pairs": 650, "final_loss": 0.4},
        series={"loss": [[step, 2.0 / (1 + step)] for step in range(300)]},
        tokens={"trained": tokens},
        flops={"train": 6.0 * size * tokens},
        device_seconds={"cpu": 6.0 * size * tokens / 2e10},
    ).write()


def stand_in_answer(params: Params, student: str) -> None:
    """Answers that are right more often in large students and, where depth counts, with traces."""
    items = {task: read_rows(task_path(task), Item) for task in params.tasks}
    cells = [
        _made_up_answers(params, (student, arm, seed, decoding, task), items[task])
        for arm in arms_of(params, student)
        for seed in params.seeds
        for decoding in decodings_of(params, arm)
        for task in params.tasks
    ]
    kinds = ("prompt", "thinking", "answer")
    Record(
        "answer",
        {"student": student},
        tokens={kind: sum(row[f"{kind}_tokens"] for row in cells) for kind in kinds},
        flops={"inference": sum(row["inference_flops"] for row in cells)},
        device_seconds={"cpu": sum(row["device_seconds"] for row in cells)},
        details={"cells": cells},
    ).write()


def _made_up_answers(
    params: Params, names: tuple[str, str, int, str, str], items: list[Item]
) -> dict[str, Any]:
    """Write the answers of one cell to one task; its line in the record."""
    student, arm = names[:2]
    draws = np.random.default_rng(zlib.crc32("/".join(map(str, names)).encode()))
    share = params.arms[arm].reasoning_share or 0.0
    level = 0.3 + 0.15 * SIZES.index(student)
    traced = draws.random(len(items)) < share
    right = draws.random(len(items)) < np.where(traced, level + 0.15, level)
    thinking = np.where(traced, draws.integers(20, 100, len(items)), 0)
    others = [*items[1:], items[0]]
    answers = [
        Answer(
            item.id,
            0,
            _text(int(long), item.reference if good else other.reference),
            "stop",
            len(item.prompt) // 2,
            int(long),
            2,
            closed=True,
        )
        for item, other, good, long in zip(items, others, right, thinking, strict=True)
    ]
    write_rows(answers_path(*names), answers)
    prompt = sum(answer.prompt_tokens for answer in answers)
    flops = 2.0 * _parameters(student) * (prompt + int(thinking.sum()) + 2 * len(answers))
    return {
        **dict(zip(("arm", "seed", "decoding", "task"), names[1:], strict=True)),
        "answers": len(answers),
        "truncated": 0,
        "prompt_tokens": prompt,
        "thinking_tokens": int(thinking.sum()),
        "answer_tokens": 2 * len(answers),
        "inference_flops": flops,
        "device_seconds": flops / 5e9,
    }


def _text(thinking: int, answer: str) -> str:
    return f"<think>{'step ' * thinking}</think> {answer}" if thinking else answer


def _parameters(student: str) -> float:
    return float(read_record("base", student).metrics["parameters"] or 0.0)


def stand_in_score(_params: Params) -> None:
    """Only what DVC asks for."""
    write_text(items_path(), "")
    Record("score", {}).write()


def stand_in_report(_params: Params) -> None:
    """Only what DVC asks for."""
    for name in ("index.html", "figures/one.svg", "tables/figure-frontier-inference.csv"):
        write_text(Path("report") / name, "\n")
    for name in ("metrics.json", "summary/study.json", "samples/one.json"):
        write_json(Path("report") / name, {})
    Record("report", {}).write()


def stand_in_track(_params: Params) -> None:
    """It leaves nothing that DVC knows of."""


if __name__ == "__main__":
    main()
