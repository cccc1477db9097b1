"""Time the answering of the default study: `python tests/answer/measure_speed.py t2m 400`.

Random weights of the tabletop's shapes, made to write what the solver writes, so that lengths are
those of students that have learnt their lesson. Arguments: a size of the tabletop and a batch size.
Prints seconds by arm; CPU seconds are the ones to compare while anything else runs.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import torch
from transformers import Qwen2ForCausalLM

from breakeven import procedural
from breakeven.answer.stage import run as answer_student
from breakeven.base.tabletop_shapes import TABLETOP_SHAPES, qwen2_config
from breakeven.base.tokenizer import build_tokenizer
from breakeven.core.files import digest_path, read_rows, write_json, write_rows
from breakeven.core.layout import prompts_path, student_folder, task_path
from breakeven.core.records import read_record
from breakeven.decoding import sampling
from breakeven.models.pointer import BasePointer, write_pointer
from breakeven.params import Params, load_params
from breakeven.prompts.source_prompts import load_prompts
from breakeven.rendering import Lesson, render_examples
from breakeven.rows.item import Item
from breakeven.tasks.task_items import load_items

TOKENIZER = build_tokenizer()
# What each arm writes: the share of its answers that have a trace.
SHARES = {"base": 0.0, "ift": 0.0, "mixed-50": 0.5, "reasoning": 1.0}


def lay(params: Params) -> dict[tuple[str, str], str]:
    """Pin tasks and prompts; the trace of every item by its id."""
    traces = {}
    for name, row in params.tasks.items():
        items = load_items(name, row)
        write_rows(task_path(name), items)
        problems = procedural.generate(
            row.problem, count=row.items, seed=row.seed, partition="test",
            min_depth=row.min_depth, max_depth=row.max_depth,
        )  # fmt: skip
        by_content = {problem.content: problem for problem in problems}
        for item in items:
            traces[name, item.id] = procedural.trace(by_content[item.content], row.format)
    for name, source in params.sources.items():
        write_rows(prompts_path(name), load_prompts(name, source))
    return traces


def scripted(params: Params, traces: dict[tuple[str, str], str], share: float) -> None:
    """Make every student write the solver's completions, this share of them with the trace."""
    scripts = {}
    for task in params.tasks:
        for number, item in enumerate(read_rows(task_path(task), Item)):
            trace = traces[task, item.id] if number % 100 < 100 * share else None
            (example,) = render_examples(TOKENIZER, [Lesson("a", trace, item.reference)])
            scripts[f"{task}/{item.id}/0"] = list(example.input_ids[example.labels_start :])

    def chooser(decoding, samples, limit):
        script = torch.tensor([(scripts[name] + [0] * limit)[:limit] for name in samples])
        # The likeliest token is looked for, as it would be, and then not taken.
        return lambda logits, kept, step, written: script[kept, step] + 0 * logits.argmax(dim=-1)

    sampling.chooser = chooser


def lay_student(size: str) -> None:
    """A base and a cell a arm, all of different random weights."""
    folder = Path("assets/tabletop") / size
    for seed, arm in enumerate(["", *SHARES]):
        torch.manual_seed(seed)
        place = student_folder(size, arm, 0) if arm else folder
        Qwen2ForCausalLM(qwen2_config(TABLETOP_SHAPES[size], TOKENIZER)).save_pretrained(place)
    TOKENIZER.save_pretrained(folder)
    write_pointer(size, BasePointer("folder", str(folder), digest_path(folder)))
    write_json(student_folder(size, "base", 0) / "untrained.json", {})


def main() -> None:
    size, batch_size = sys.argv[1], int(sys.argv[2])
    params = load_params()
    answering = params.answering.model_copy(update={"batch_size": batch_size})
    arms = {"base": params.arms["base"]}
    arms |= {
        arm: params.arms[arm].model_copy(update={"method": "full"})
        for arm in SHARES
        if arm != "base"
    }
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        traces = lay(params)
        print("size   arm        wall s   CPU s  new tokens  new tokens/CPU s  prompt tokens")
        lay_student(size)
        for arm, share in SHARES.items():
            scripted(params, traces, share)
            one = params.model_copy(update={"arms": {arm: arms[arm]}, "answering": answering})
            wall, cpu = time.perf_counter(), time.process_time()
            answer_student(one, size)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            tokens = read_record("answer", size).tokens
            new = tokens["thinking"] + tokens["answer"]
            row = f"{size:6} {arm:10} {wall:6.1f} {cpu:7.1f} {new:11} {new / cpu:17.0f}"
            print(f"{row} {tokens['prompt']:14}", flush=True)


if __name__ == "__main__":
    main()
