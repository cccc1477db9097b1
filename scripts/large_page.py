"""How long the page of a large study takes: `python scripts/large_page.py FOLDER`.

Writes a made-up study into FOLDER (100 cells × 20 tasks × 2,000 questions: four million answers,
800 MB of them), its report by the stage's own code, and opens that from disk in headless Chromium:
seconds until the page is loaded, from a number to its answers, and from a filter to what it leaves.
Numbers of answers are made up; files, sizes and all that reads them are not.
"""

import argparse
import json
import os
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from breakeven.core.files import write_json, write_rows
from breakeven.core.layout import answers_path, items_path, task_path
from breakeven.core.records import Record
from breakeven.params import load_params
from breakeven.report.stage import run
from breakeven.rows.item import Item

if TYPE_CHECKING:
    import pandas as pd
    from playwright.sync_api import Page

CHROMIUM = "/usr/bin/chromium"
SIZES = {"s1": 5e8, "s2": 1.5e9, "s3": 3e9, "s4": 7e9, "s5": 1.4e10}
# Thinking tokens of a trace, and how much of the way from chance to all right an arm goes.
ARMS = {"base": (0, 0.2), "ift": (0, 0.5), "mixed-50": (20, 0.6), "reasoning": (40, 0.7)}
SEEDS = 5
FAMILIES = ("math-open", "math-mc", "general-open", "general-mc")
TASKS = {f"task-{number:02d}": FAMILIES[number % 4] for number in range(20)}
LETTERS = "ABCD"


def write_study(items: int) -> None:
    """A finished study in the working directory: all that the report reads."""
    import pandas as pd

    write_json(Path("params.yaml"), _params(items))
    load_params()
    for task, family in TASKS.items():
        write_rows(task_path(task), _items(task, family, items))
    for student, size in SIZES.items():
        Record("base", {"student": student}, metrics={"parameters": size}).write()
    frames = [
        _answers(student, arm, seed, task, items)
        for student in SIZES
        for arm in ARMS
        for seed in range(SEEDS)
        for task in TASKS
    ]
    items_path().parent.mkdir(exist_ok=True)
    pd.concat(frames, ignore_index=True).to_parquet(items_path())


def _params(items: int) -> dict[str, Any]:
    chain = {"kind": "procedural", "problem": "chain"}
    learns = {"corpus": "general"}
    return {
        "study": "large",
        "seeds": list(range(SEEDS)),
        "sources": {"chain": {**chain, "prompts": 1000}},
        "teacher": {"kind": "solver", "tokenizer": "assets/s1"},
        "corpora": {"general": {"sources": ["chain"]}},
        "students": {
            name: {"base": {"kind": "folder", "path": f"assets/{name}"}} for name in SIZES
        },
        "arms": {
            "base": {"method": "none", "shots": 3},
            "ift": {**learns, "reasoning_share": 0.0},
            "mixed-50": {**learns, "reasoning_share": 0.5, "order": "mixed"},
            "reasoning": {**learns, "reasoning_share": 1.0},
        },
        "tasks": {
            task: {
                **chain,
                "family": family,
                "format": "choice" if family.endswith("mc") else "open",
                "items": items,
            }
            for task, family in TASKS.items()
        },
        "training": {"method": "lora", "batch_tokens": 1024},
        "answering": {
            "engine": "transformers",
            "max_new_tokens": 96,
            "decodings": {"greedy": {"temperature": 0.0}},
        },
        "grading": {"judges": {}},
        "costs": {"price_per_device_hour": None, "currency": "USD"},
        "report": {"bootstrap_draws": 200},
    }


def _items(task: str, family: str, items: int) -> Iterator[Item]:
    choices = tuple(LETTERS) if family.endswith("mc") else ()
    for number in range(items):
        yield Item(
            id=f"{number:05d}",
            task=task,
            family=family,
            prompt=f"{task}, question {number}: from left to right, what is {number} + 4 - 9 + 2?",
            reference=LETTERS[number % 4],
            content=f"{task}/{number}",
            grader="letter" if choices else "exact",
            choices=choices,
        )


def _answers(student: str, arm: str, seed: int, task: str, items: int) -> "pd.DataFrame":
    """Scores of one cell on one task; also writes its answers."""
    import pandas as pd

    rng = np.random.default_rng(zlib.crc32(f"{student}/{arm}/{seed}/{task}".encode()))
    most, share = ARMS[arm]
    scale = np.log10(SIZES[student] / 1e8) / 2.2
    correct = rng.random(items) < 0.25 + 0.75 * share * scale
    trace = rng.random(items) < (0.5 if arm == "mixed-50" else most > 0)
    thinking = np.where(trace, most + rng.integers(0, 40, items), 0)
    read, new = np.full(items, 30), np.full(items, 3)
    path = answers_path(student, arm, seed, "greedy", task)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for number, (right, tokens) in enumerate(zip(correct, thinking.tolist(), strict=True)):
            said = LETTERS[number % 4 if right else (number + 1) % 4]
            steps = " ".join(f"{number + step} + {step}" for step in range(tokens // 3))
            text = f"<think>\n{steps}\n</think>\n\n{said}" if tokens else said
            file.write(
                f'{{"item": "{number:05d}", "sample": 0, "text": {json.dumps(text)}, '
                f'"stop": "stop", "prompt_tokens": 30, "thinking_tokens": {tokens}, '
                '"answer_tokens": 3, "closed": true}\n'
            )
    family = TASKS[task]
    return pd.DataFrame(
        {
            "student": student,
            "arm": arm,
            "seed": seed,
            "decoding": "greedy",
            "task": task,
            "family": family,
            "item": [f"{number:05d}" for number in range(items)],
            "sample": 0,
            "correct": correct,
            "parsed": True,
            "truncated": False,
            "outcome": np.where(correct, "right", "wrong"),
            "prompt_tokens": read,
            "thinking_tokens": thinking,
            "answer_tokens": new,
            "inference_flops": 2.0 * SIZES[student] * (read + thinking + new),
            "depth": pd.array([None] * items, dtype="Int64"),
            "cluster": None,
        }
    )


# Seconds from a change of a choice to the questions that it leaves, drawn.
CHANGE = """
async ([selector, value]) => {
  const browser = document.getElementById("samples");
  const control = document.querySelector(selector);
  const drawn = new Promise((done) => new MutationObserver((_, watch) => {
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(done));
  }).observe(browser, { attributes: true, attributeFilter: ["data-shown"] }));
  const start = performance.now();
  if (control.type === "checkbox") control.checked = value;
  else control.value = value;
  control.dispatchEvent(new Event("change", { bubbles: true }));
  await drawn;
  return (performance.now() - start) / 1000;
}
"""
# Seconds from a box of the chart to the next picture.
CHART = """
async () => {
  const box = document.querySelector('input[name="frontier-arm"]');
  const start = performance.now();
  box.click();
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return (performance.now() - start) / 1000;
}
"""
CHANGES = (
    ("of one arm", "#samples-of", "reasoning"),
    ("what a trace gained", "#samples-turned", "gained"),
    ("what a trace lost", "#samples-turned", "lost"),
    ("all again", "#samples-turned", ""),
    ("an outcome out", 'input[name="samples-outcome"][value="right"]', False),
    ("an arm out", 'input[name="samples-arm"][value="base"]', False),
)


def measure(index: Path) -> Iterator[tuple[str, float]]:
    """What was measured, and seconds."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = []
        for _ in range(3):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(index.as_uri())
            opened.append(
                page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd / 1000")
            )
        yield "the page is loaded, median of 3", median(opened)
        yield "a box of the chart", median(page.evaluate(CHART) for _ in range(4))
        yield "from a number to its answers", _one_click(page)
        for words, selector, value in CHANGES:
            yield f"one task, {words}", page.evaluate(CHANGE, [selector, value])
        yield "a family of five tasks", page.evaluate(CHANGE, ["#samples-place", "math-open"])
        for number, name in enumerate(SIZES):
            box = f'input[name="samples-student"][value="{name}"]'
            if not page.is_checked(box):
                yield (
                    f"… and a student more ({number + 1})",
                    page.evaluate(CHANGE, [box, True]),
                )
        for words, selector, value in CHANGES[:4]:
            yield f"a family, all students, {words}", page.evaluate(CHANGE, [selector, value])
        browser.close()


def _one_click(page: "Page") -> float:
    number = page.locator('table[data-name="accuracy-by-task"] td a').last
    number.evaluate("one => { for (let at = one; at; at = at.parentElement) at.open = true; }")
    start = time.perf_counter()
    number.click()
    page.wait_for_selector("#samples-questions article")
    return time.perf_counter() - start


def main() -> None:
    """Write, report, open, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--items", type=int, default=2000)
    parser.add_argument("--open-only", action="store_true", help="the report is there already")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    os.chdir(asked.folder)
    if not asked.open_only:
        start = time.process_time()
        write_study(asked.items)
        wrote = time.process_time()
        print(f"writing the study: {wrote - start:.0f} s of the processor", flush=True)
        run(load_params())
        print(f"its report: {time.process_time() - wrote:.0f} s of the processor", flush=True)
    for name in ("answers", "report/samples", "report/index.html"):
        path = Path(name)
        files = [file for file in (path, *path.rglob("*")) if file.is_file()]
        size = sum(file.stat().st_size for file in files) / 1e6
        print(f"{name}: {len(files):,} files, {size:,.1f} MB")
    for words, seconds in measure(Path("report/index.html").resolve()):
        print(f"{seconds:6.3f} s  {words}")


if __name__ == "__main__":
    main()
