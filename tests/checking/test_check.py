"""`breakeven check` opens what params.yaml names; each mistake is one line with its key."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from tests.checking.changes import (
    BASE,
    JUDGE,
    OPEN,
    TEACHER,
    Change,
    decodings,
    found,
    section,
    source,
    student,
    task,
)

RIGHT = {
    "a budget of thinking": decodings(
        brief={"thinking_tokens": 9, "ask": "So ", "wait": 1, "arms": ["ift", "reasoning"]}
    ),
    "the tiny study": lambda tree: None,
    "jsonl task": task(kind="jsonl", path="task.jsonl", **OPEN),
    "jsonl source": source(kind="jsonl", path="source.jsonl"),
    "folder of a data set": source(kind="dataset", folder="set", prompt="q.text", reference="a"),
    "gym task": task(kind="reasoning-gym", dataset="gcd", **OPEN),
    "gym settings": task(
        kind="reasoning-gym", dataset="gcd", config={"min_numbers": 2, "max_numbers": 3}, **OPEN
    ),
    "benchmark on the hub": task(kind="catalogue", benchmark="gsm8k"),
    "folder of a model": student(BASE),
    "hub model": student("x", base={"kind": "hub", "repo": "a/b", "revision": "main"}),
    "launch": section("training", launch="profiles/accelerate/cpu-2.yaml"),
    # Checked on a head, which need not have the GPUs of those that train.
    "launch over nodes": section("training", launch="profiles/accelerate/fsdp-2-nodes.yaml"),
    "rates that differ by student only": lambda tree: None,
    "one style only": lambda tree: (
        tree["arms"].pop("ift"),
        tree["students"]["t30k"].pop("learning_rates"),
    ),
}


@pytest.mark.parametrize("change", RIGHT.values(), ids=list(RIGHT))
def test_what_is_right_is_not_spoken_of(
    project: Path, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    monkeypatch.chdir(project)
    assert found(change) == ([], [])


WRONG = [
    (
        task(kind="jsonl", path="gone.jsonl", **OPEN),
        "tasks.mine.path: value is 'gone.jsonl'; no such file; use a JSON-lines file",
    ),
    (
        task(kind="jsonl", path="cut.jsonl", **OPEN),
        "tasks.mine.path: cut.jsonl: line 2: ",
    ),
    (
        task(kind="jsonl", path="source.jsonl", **OPEN),
        "tasks.mine.path: source.jsonl: line 1: ",
    ),
    (
        task(kind="jsonl", path="task.jsonl", family="math-mc"),
        "tasks.mine.path: task.jsonl: line 1: no choices in a row of the family math-mc",
    ),
    (
        task(kind="jsonl", path="task.jsonl", grader="judge", **OPEN),
        "tasks.mine.grader: value is 'judge', and grading.judges has none; add one judge",
    ),
    (
        task(kind="reasoning-gym", dataset="gdc", **OPEN),
        "tasks.mine.dataset: value is 'gdc'; reasoning-gym has no such data set; did you mean ",
    ),
    (
        task(kind="reasoning-gym", dataset="gcd", config={"numbers": 2}, **OPEN),
        "tasks.mine.config.numbers: unknown key; ",
    ),
    (
        task(kind="reasoning-gym", dataset="gcd", config={"min_numbers": -1}, **OPEN),
        "tasks.mine.config: gcd does not take {min_numbers: -1}: ",
    ),
    (
        task(kind="catalogue", benchmark="gsm8"),
        "tasks.mine.benchmark: 'gsm8' is not in the catalogue; did you mean 'gsm8k'?",
    ),
    (
        task(kind="catalogue", benchmark="gsm8k", folder="gone"),
        "tasks.mine.folder: value is 'gone'; no such folder; use a copy of the data",
    ),
    (
        task(kind="catalogue", benchmark="gsm8k", folder="set"),
        "tasks.mine.folder: ",
    ),
    (
        lambda tree: tree["tasks"]["lookup-mc"].update(min_depth=3),
        "tasks.lookup-mc: ",
    ),
    (
        source(kind="jsonl", path="task.jsonl"),
        "sources.mine.path: task.jsonl: line 1: ",
    ),
    (
        source(kind="dataset", folder="set", prompt="question"),
        "sources.mine: data set set, split train: field 'question': no 'question'; allowed: a, q",
    ),
    (
        source(kind="dataset", folder="set", prompt="q.txt"),
        "sources.mine: data set set, split train: field 'q.txt': no 'txt'; did you mean 'text'?",
    ),
    (
        source(kind="published-pairs", folder="pairs"),
        "sources.mine: data set pairs: no split 'reasoning_ift_pairs'; allowed: train",
    ),
    (
        source(kind="published-pairs", folder="pairs", split="train"),
        "sources.mine: data set pairs, split train: field 'ift': no 'ift'; ",
    ),
    (
        task(kind="lm-eval", task="gsm8kk", **OPEN),
        "tasks.mine.task: lm-evaluation-harness has no 'gsm8kk'; did you mean ",
    ),
    (
        task(kind="lm-eval", task="gsm8k", include="gone", **OPEN),
        "tasks.mine.include: gone: no such folder",
    ),
    (
        decodings(brief={"thinking_tokens": 2}),
        "answering.decodings.brief.thinking_tokens: value is 2; closing a trace takes 2 tokens; ",
    ),
    (
        decodings(brief={"thinking_tokens": 9, "ask": "Ω"}),
        "answering.decodings.brief.ask: assets/tabletop/t30k cannot write ",
    ),
    (
        decodings(brief={"thinking_tokens": 31, "max_new_tokens": 32}),
        "answering.decodings.brief.thinking_tokens: value is 31; an answer to chain-open has at "
        "most 32 tokens in all, of which the free line and ask take 1 after the trace, and what is "
        "answered takes 2 with its end; use at most 29, or a larger limit",
    ),
    (
        # Of a task that has a limit of its own.
        lambda tree: (
            decodings(brief={"thinking_tokens": 12, "ask": "Answer: "})(tree),
            tree["answering"].update(by_task={"lookup-mc": {"max_new_tokens": 14}}),
        ),
        "answering.decodings.brief.thinking_tokens: value is 12; an answer to lookup-mc has at ",
    ),
    (
        decodings(long={"max_new_tokens": 5000}),
        "answering.decodings.long.max_new_tokens: value is 5000; student t30k has a context of ",
    ),
    (
        lambda tree: (
            tree["arms"].update(base={"method": "none", "shots": 3}),
            tree["answering"].update(max_new_tokens=440),
        ),
        "answering.max_new_tokens: value is 440; the longest prompt of ",
    ),
    (
        task(kind="jsonl", path="greek-task.jsonl", **OPEN),
        "tasks.mine: 1 of 2 prompts hold characters that student t30k has no tokens for, first "
        "'π'; remove them ",
    ),
    (
        lambda tree: (
            source(kind="jsonl", path="greek-source.jsonl")(tree),
            tree["corpora"].update(more={"sources": ["mine"]}),
        ),
        "sources.mine: 1 of 2 prompts hold characters that student t30k has no tokens for, first "
        "'π'; remove them ",
    ),
    (
        task(kind="lm-eval", task="gsm8k", reference_pattern="####", **OPEN),
        "tasks.mine.reference_pattern: value is '####'; put the answer in a group",
    ),
    (
        task(kind="lm-eval", task="gsm8k", reference_pattern="(", **OPEN),
        "tasks.mine.reference_pattern: value is '(', no regular expression: ",
    ),
    (
        source(kind="dataset", folder="set", split="test", prompt="a"),
        "sources.mine",
    ),
    (
        source(kind="dataset", folder="set", prompt="a", digest="0" * 64),
        "sources.mine",
    ),
    (
        source(kind="reasoning-gym", dataset="arc_agi", prompts=3),
        "sources.mine.dataset: arc_agi cannot be used: ",
    ),
    (student("gone"), "students.mine.base.path: value is 'gone'; no such folder; "),
    (student("no-config"), "students.mine.base.path: value is 'no-config'; it has no config.json"),
    (student("no-weights"), "students.mine.base.path: value is 'no-weights'; it has no .safetens"),
    (student("cut-weights"), "students.mine.base.path: cut-weights/model.safetensors: is damaged"),
    (student("no-tokenizer"), "students.mine.base.path: no-tokenizer: it has no tokenizer_config"),
    (student("cut-tokenizer"), "students.mine.base.path: "),
    (student("no-template"), "students.mine.base.path: "),
    (student("no-model"), "students.mine.base.path: no-model: transformers makes no causal lang"),
    (student("own-code"), "students.mine.base.path: own-code/config.json: auto_map: "),
    (
        student("x", base={"kind": "gguf", "package": "nobody_has_this", "license": "MIT"}),
        "students.mine.base.package: value is 'nobody_has_this'; no such package is installed; ",
    ),
    (
        student(
            "x",
            base={"kind": "scratch", "tokenizer": "gone", "hidden": 16, "layers": 1}
            | {"heads": 2, "kv_heads": 1, "intermediate": 32, "tokens": 100},
        ),
        "students.mine.base.tokenizer: value is 'gone'; no such folder; ",
    ),
    (
        section("training", max_length=4096),
        "training.max_length: value is 4096; student t30k has a context of ",
    ),
    (
        section("answering", max_new_tokens=100_000),
        "answering.max_new_tokens: value is 100000; student t30k has a context of ",
    ),
    (
        section("training", launch="gone.yaml"),
        "training.launch: value is 'gone.yaml'; no such",
    ),
    (section("training", launch="launch.yaml"), "training.launch: launch.yaml: distributed_type: "),
    (section("teacher", tokenizer="gone"), "teacher.tokenizer: value is 'gone'; no such folder"),
    (
        lambda tree: tree.update(teacher={**TEACHER, "architecture": "Qwen3-8"}),
        "teacher.architecture: ",
    ),
    (
        lambda tree: tree.update(grading={"judges": {"a": {**JUDGE, "architecture": "gone"}}}),
        "grading.judges.a.architecture: ",
    ),
    (
        lambda tree: tree.update(costs={"hardware": {"h20": {"memory_gb": 96}}}),
        "costs.hardware.h20: bandwidth_gb_per_second is missing, and the table has no device ",
    ),
]


@pytest.mark.parametrize(("change", "line"), WRONG, ids=[line[:40] for _, line in WRONG])
def test_what_a_stage_would_refuse_is_one_line_with_its_key(
    project: Path, monkeypatch: pytest.MonkeyPatch, change: Change, line: str
) -> None:
    monkeypatch.chdir(project)
    errors, _ = found(change)
    assert len(errors) == 1, errors
    assert errors[0].startswith(f"study.yaml: {line}")
    assert "params.yaml" not in errors[0]


def test_students_that_read_the_same_tokens_are_looked_at_once_and_refused_each(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alike in tokens and context, whatever their sizes; another context is another question."""
    from breakeven.answer import task_prompts

    def three(limit: int) -> Change:
        def change(tree: dict[str, Any]) -> None:
            for name in ("t120k", "t270k"):
                row = deepcopy(tree["students"]["t30k"])
                row["base"]["path"] = f"assets/tabletop/{name}"
                tree["students"][name] = row
            tree["arms"]["base"] = {"method": "none", "shots": 3}
            tree["answering"]["max_new_tokens"] = limit

        return change

    monkeypatch.chdir(project)
    looked: list[str] = []
    render = task_prompts.render_tasks
    monkeypatch.setattr(
        task_prompts, "render_tasks", lambda *given: looked.append(given[1]) or render(*given)
    )
    assert found(three(64))[0] == []
    assert looked == ["t30k"]
    errors, _ = found(three(440))
    for name in ("t30k", "t120k", "t270k"):
        assert sum(f"the context of {name} " in line for line in errors) == 1


def test_prices_of_a_student_or_of_a_judge_are_taken(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    prices = {name: {"input": 1.0, "output": 2.0} for name in ("t30k", "m")}

    def change(tree: dict[str, Any]) -> None:
        tree.update(costs={"token_prices": prices}, grading={"judges": {"one": JUDGE}})

    assert not [line for line in found(change)[1] if "token_prices" in line]
