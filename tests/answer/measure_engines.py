"""Time both engines on the same answers: `python -m tests.answer.measure_engines 32 32 2`.

SmolLM2-135M-Instruct, base and LoRA, greedy. Arguments: items a task (of two), new tokens at most,
threads. Prints device-seconds, tokens a second, start-up and how many answers are the same.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from tests.answer.conftest import STUDENT, lay_data, task
from tests.answer.smol import lay_smol, smol_study

from breakeven.answer.stage import run as answer_student
from breakeven.core.files import read_rows
from breakeven.core.records import read_record
from breakeven.params import Params
from breakeven.rows.answer import Answer

PYTHON = Path(__file__).parents[2] / ".vllm/bin/python"


def larger(engine: str, items: int, limit: int, threads: int) -> Params:
    params = smol_study(
        engine,
        ["base", "ift"],
        max_new_tokens=limit,
        batch_size=32,
        threads=threads,
        server={"python": str(PYTHON)},
    )
    tree = params.model_dump(mode="json")
    tree["tasks"] = {
        "chain-open": task("chain", items=items),
        "lookup-mc": task("lookup", "choice", items),
    }
    return Params.model_validate(tree)


def main() -> None:
    items, limit, threads = map(int, sys.argv[1:])
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        lay_smol()
        print("engine         wall s  device s  new tokens  new tokens/s  prompt tokens")
        for engine in ("transformers", "vllm"):
            params = larger(engine, items, limit, threads)
            lay_data(params)
            started = time.perf_counter()
            answer_student(params, STUDENT)
            wall = time.perf_counter() - started
            record = read_record("answer", STUDENT)
            held = record.device_seconds["cpu"]
            new = record.tokens["thinking"] + record.tokens["answer"]
            row = f"{engine:13} {wall:7.1f} {held:9.1f} {new:11} {new / held:13.1f}"
            print(f"{row} {record.tokens['prompt']:14}", flush=True)
            found[engine] = [
                row
                for path in sorted(Path("answers").rglob("*.jsonl"))
                for row in read_rows(path, Answer)
            ]
        pairs = list(zip(*found.values(), strict=True))
        print(f"the same: {sum(one == other for one, other in pairs)} of {len(pairs)} answers")
        os.chdir("/")


if __name__ == "__main__":
    main()
