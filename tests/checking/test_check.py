"""`breakeven check` opens what params.yaml names; each mistake is one line with its key."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.pipeline.repository import TINY

from breakeven.checking.check import check_params
from breakeven.core.files import write_json
from breakeven.core.layout import tuning_choice_path
from breakeven.params import Params

ROOT = Path(__file__).resolve().parents[2]
Change = Callable[[dict[str, Any]], Any]
BASE = "assets/tabletop/t30k"
OPEN = {"family": "math-open"}
JUDGE = {"model": "m", "base_url": "http://127.0.0.1:9/v1", "key_variable": "A_KEY_NOBODY_HAS"}
STYLE = {"trace": "none", "max_new_tokens": 8}
TEACHER = {
    "kind": "openai",
    "model": "m",
    "base_urls": ["http://127.0.0.1:9/v1"],
    "key_variable": "A_KEY_NOBODY_HAS",
    "styles": {"ift": STYLE, "reasoning": STYLE},
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a file of each kind, right and wrong."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "assets").symlink_to(ROOT / "assets")
    (folder / "profiles").symlink_to(ROOT / "profiles")
    write_lines(folder / "task.jsonl", {"question": "1+1?", "reference": "2"})
    write_lines(folder / "source.jsonl", {"prompt": "1+1?", "reference": "2"})
    for name, key in (("greek-task", "question"), ("greek-source", "prompt")):
        rows = ({key: asked, "reference": "2"} for asked in ("1+1?", "2π?"))
        write_lines(folder / f"{name}.jsonl", *rows)
    write_lines(folder / "set/train.jsonl", {"q": {"text": "1+1?"}, "a": "2"})
    write_lines(folder / "pairs/train.jsonl", {"prompt": "p", "reasoning": "r"})
    (folder / "cut.jsonl").write_text('{"question": "1+1?", "reference": "2"}\n{"question": \n')
    (folder / "launch.yaml").write_text("distributed_type: NO\nnum_processes: 1\n")
    models(folder)
    return folder


def write_lines(path: Path, *rows: dict[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def models(folder: Path) -> None:
    """Copies of a base, each broken in one way."""

    def copy(name: str) -> Path:
        return Path(shutil.copytree(ROOT / BASE, folder / name))

    (copy("no-config") / "config.json").unlink()
    for file in copy("no-weights").glob("*.safetensors"):
        file.rename(file.with_suffix(".bin"))
    for file in copy("cut-weights").glob("*.safetensors"):
        file.write_bytes(file.read_bytes()[:100])
    (copy("no-tokenizer") / "tokenizer_config.json").unlink()
    (copy("cut-tokenizer") / "tokenizer.json").write_text("{")
    template = copy("no-template") / "chat_template.jinja"
    template.write_text("{% for m in messages %}{{ m.content }}")
    changed(copy("unknown"), model_type="granite")
    for file in (folder / "unknown").glob("*.safetensors"):  # its layers have no biases
        weights = load_file(file)
        save_file({key: one for key, one in weights.items() if not key.endswith("bias")}, file)
    changed(copy("no-model"), model_type="nobody_has_this")
    changed(copy("own-code"), auto_map={"AutoModel": "own.Model"})


def changed(folder: Path, **values: Any) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def found(change: Change) -> tuple[list[str], list[str]]:
    """Errors and warnings of the tiny study with a change."""
    tree = deepcopy(TINY)
    tree["students"]["t30k"]["learning_rates"] = {"ift": 1e-3, "reasoning": 2e-3}
    change(tree)
    lines = list(check_params(Params.model_validate(tree), Path("study.yaml")))
    assert all("\n" not in one.line for one in lines)
    return (
        [one.line for one in lines if one.is_error],
        [one.line for one in lines if not one.is_error],
    )


def task(**row: Any) -> Change:
    return lambda tree: tree["tasks"].update(mine=row)


def source(**row: Any) -> Change:
    return lambda tree: tree["sources"].update(mine=row)


def student(path: str, **row: Any) -> Change:
    def change(tree: dict[str, Any]) -> None:
        rates = {"learning_rates": {"ift": 1e-3, "reasoning": 2e-3}}
        tree["students"]["mine"] = {"base": {"kind": "folder", "path": path}, **rates, **row}

    return change


def section(name: str, **values: Any) -> Change:
    return lambda tree: tree[name].update(values)


def decodings(**rows: dict[str, Any]) -> Change:
    return lambda tree: tree["answering"]["decodings"].update(rows)


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


WARNED = [
    (
        lambda tree: tree.update(costs={"token_prices": {"t30": {"input": 1.0, "output": 2.0}}}),
        "costs.token_prices.t30: is the model of no teacher or judge behind an endpoint and no ",
    ),
    (
        lambda tree: tree["students"]["t30k"].pop("learning_rates"),
        "students.t30k.learning_rates: one learning rate, 0.003, serves both styles of t30k; ",
    ),
    (
        lambda tree: (
            tree["students"]["t30k"].update(learning_rates={"ift": 1e-3})
            or tree["training"].update(learning_rate=1e-3)
        ),
        "students.t30k.learning_rates: one learning rate, 0.001, serves both styles of t30k; ",
    ),
    (
        lambda tree: [arm.update(learning_rate=5e-4) for arm in tree["arms"].values()],
        "students.t30k.learning_rates: one learning rate, 0.0005, serves both styles of t30k; ",
    ),
    (
        student("unknown"),
        "students.mine.base.path: its FLOPs will be absent: unknown/config.json",
    ),
    (
        lambda tree: tree.update(teacher=TEACHER),
        "teacher.key_variable: the environment variable A_KEY_NOBODY_HAS is not set; export it",
    ),
    (
        lambda tree: tree.update(grading={"judges": {"a": JUDGE}}),
        "grading.judges.a.key_variable: the environment variable A_KEY_NOBODY_HAS is not set; ",
    ),
    (
        section("training", launch="profiles/accelerate/fsdp.yaml"),
        "training.launch: profiles/accelerate/fsdp.yaml: num_processes: value is 8; PyTorch sees ",
    ),
    (
        decodings(plain={"thinking": "off"}),
        "answering.decodings.plain.thinking: does nothing for ift, which never thinks; to ",
    ),
    (
        section("answering", engine="vllm"),
        "answering.server.python: value is '.vllm/bin/python'; no such file here; run `make vllm`",
    ),
]


@pytest.mark.parametrize(("change", "line"), WARNED, ids=[line[:40] for _, line in WARNED])
def test_what_runs_but_may_not_be_meant_is_a_warning(
    project: Path, monkeypatch: pytest.MonkeyPatch, change: Change, line: str
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    errors, warnings = found(change)
    assert errors == []
    assert len(warnings) == 1, warnings
    assert warnings[0].startswith(f"study.yaml: {line}")


def test_students_with_one_rate_share_a_line(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)

    def change(tree: dict[str, Any]) -> None:
        del tree["students"]["t30k"]["learning_rates"]
        tree["students"]["other"] = {"base": {"kind": "folder", "path": BASE}}

    (line,) = found(change)[1]
    assert "serves both styles of t30k, other; " in line


@pytest.mark.parametrize(("chosen", "warned"), [(3e-3, 0), (1e-3, 1)])
def test_one_rate_that_was_chosen_for_both_styles_is_no_warning(
    project: Path, monkeypatch: pytest.MonkeyPatch, chosen: float, warned: int
) -> None:
    monkeypatch.chdir(project)
    rows = {"a": {"style": "ift", "learning_rate": 3e-3}}
    rows["b"] = {"style": "reasoning", "learning_rate": chosen}
    write_json(tuning_choice_path("chosen"), {"students": {"t30k": rows}})

    def change(tree: dict[str, Any]) -> None:
        tree["study"] = "chosen"
        del tree["students"]["t30k"]["learning_rates"]

    assert len(found(change)[1]) == warned


@pytest.mark.parametrize("control", [True, False])
def test_the_rate_of_a_control_serves_no_style(
    project: Path, monkeypatch: pytest.MonkeyPatch, control: bool
) -> None:
    monkeypatch.chdir(project)
    arm = {"corpus": "general", "reasoning_share": 1.0, "learning_rate": 1e-3, "control": control}
    warnings = found(lambda tree: tree["arms"].update(more=arm))[1]
    assert len(warnings) == (0 if control else 1)


@pytest.mark.parametrize("working", ["none", "short"])
def test_an_answer_alone_that_is_the_plain_one_is_told(
    project: Path, monkeypatch: pytest.MonkeyPatch, working: str
) -> None:
    monkeypatch.chdir(project)
    arm = {"corpus": "general", "reasoning_share": 1.0, "traces": "answer-only", "control": True}

    def change(tree: dict[str, Any]) -> None:
        tree["arms"]["answers"] = arm
        for source in tree["sources"].values():
            source["completions"] = {"working": working}

    told = [line for line in found(change)[1] if line.startswith("study.yaml: arms.answers.traces")]
    assert len(told) == (1 if working == "none" else 0)
    assert all("tests nothing; remove it" in line and "use sources" not in line for line in told)


@pytest.mark.parametrize("kept", ["ift", "reasoning", None])
def test_a_control_without_both_styles_to_hold_it_against_is_told(
    project: Path, monkeypatch: pytest.MonkeyPatch, kept: str | None
) -> None:
    monkeypatch.chdir(project)
    control = {"corpus": "general", "reasoning_share": 1.0, "traces": "shuffled", "control": True}
    arms = {
        "ift": {"corpus": "general", "reasoning_share": 0.0},
        "reasoning": {"corpus": "general", "reasoning_share": 1.0},
    }

    def change(tree: dict[str, Any]) -> None:
        own = {name: row for name, row in arms.items() if name == kept}
        tree["arms"] = {**own, "shuffled": control}

    told = [line for line in found(change)[1] if "arms.shuffled.control" in line]
    (line,) = told
    lacking = " or ".join(name for name in arms if name != kept)
    assert f"no arm has the style {lacking}, so that there is nothing to compare" in line


def command(folder: Path, tree: dict[str, Any], **environment: str) -> Any:
    (folder / "p.yaml").write_text(json.dumps(tree))
    script = (
        "import sys; from breakeven.cli import main\n"
        "sys.argv = ['breakeven', 'check', 'p.yaml']\n"
        "try: main()\n"
        "finally: print('heavy', sorted({'torch', 'transformers', 'lm_eval', 'reasoning_gym', "
        "'datasets'} & set(sys.modules)))"
    )
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment},
    )


def test_the_command_imports_no_library_that_no_row_needs_and_shows_no_key(project: Path) -> None:
    tree = deepcopy(TINY)
    tree["students"] = {"a": {"base": {"kind": "hub", "repo": "a/b", "revision": "main"}}}
    tree["teacher"] = TEACHER
    done = command(project, tree, A_KEY_NOBODY_HAS="sk-secret")
    assert done.returncode == 0, done.stderr
    assert "heavy []" in done.stdout
    assert "sk-secret" not in done.stdout + done.stderr
    assert "is not set" not in done.stderr
    assert "warning: p.yaml: students.a.learning_rates: one learning rate" in done.stderr


def test_the_command_tells_every_mistake_and_ends_with_2(project: Path) -> None:
    tree = deepcopy(TINY)
    tree["tasks"]["a"] = {"kind": "jsonl", "path": "gone.jsonl", **OPEN}
    tree["tasks"]["b"] = {"kind": "catalogue", "benchmark": "gone"}
    done = command(project, tree)
    assert done.returncode == 2
    assert "p.yaml: tasks.a.path: value is 'gone.jsonl'" in done.stderr
    assert "p.yaml: tasks.b.benchmark: 'gone' is not in the catalogue" in done.stderr
    assert "Traceback" not in done.stderr


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
