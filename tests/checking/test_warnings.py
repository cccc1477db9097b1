"""What runs, and may not be meant."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tests.checking.changes import BASE, JUDGE, TEACHER, Change, decodings, found, section, student

from breakeven.core.files import write_json
from breakeven.core.layout import tuning_choice_path

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
