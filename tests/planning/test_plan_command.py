"""The command `breakeven plan`."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.conftest import ROOT
from tests.pipeline.repository import TINY
from tests.planning.tiny_plan import tiny

from breakeven.core.errors import InputError
from breakeven.costs.model_shapes import load_architecture
from breakeven.planning.expected_study import ExpectedStudy
from breakeven.planning.plan_command import ServingOptions
from breakeven.planning.planned_devices import planned_device


def test_the_plan_is_one_json_object(project: Path) -> None:
    from typer.testing import CliRunner

    from breakeven.cli import app

    Path("params.yaml").write_text(yaml.safe_dump(TINY))
    done = CliRunner().invoke(app, ["plan", "--device", "L4", "--json"])
    assert done.exit_code == 0, done.output
    plan = json.loads(done.stdout)
    assert plan["device"]["name"] == "L4"
    assert plan["total"]["flops"] == pytest.approx(sum(one["flops"] for one in plan["cells"]))
    assert plan["total"]["done"] == 0


def test_no_name_of_an_arm_is_cut_in_the_table(project: Path) -> None:
    from typer.testing import CliRunner

    from breakeven.cli import app

    names = [f"general-then-math-after-every-pass-{style}" for style in ("ift", "reasoning")]
    arms = dict(zip(names, TINY["arms"].values(), strict=True))
    Path("params.yaml").write_text(yaml.safe_dump({**TINY, "arms": arms}))
    done = CliRunner().invoke(app, ["plan", "--device", "H100"])
    for name in names:
        assert f" {name} " in done.stdout


def test_a_student_that_does_not_fit_says_what_would(project: Path) -> None:
    from breakeven.planning.memory_fit import memory_fits

    def change(tree: dict[str, Any]) -> None:
        hub = {"kind": "hub", "repo": "Qwen/Qwen2.5-14B", "revision": "main"}
        tree["students"] = {"big": {"base": hub, "method": "full"}}

    found = {
        one.work: one for one in memory_fits(ExpectedStudy(tiny(change)), planned_device("L4"))
    }
    assert not found["training (full)"].fits
    assert "does NOT fit; " in found["training (full)"].sentence
    assert found["training (full)"].need.total > 16 * 14e9


def test_a_device_gives_seconds_and_money_of_an_answer_at_three_points(project: Path) -> None:
    from typer.testing import CliRunner

    from breakeven.cli import app
    from breakeven.costs.hardware import find_hardware
    from breakeven.costs.roofline import Serving, answer_times

    Path("params.yaml").write_text(yaml.safe_dump(TINY))
    asked = ["plan", "--device", "L4", "--latency-seconds", "0.5", "--json"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    rows = {row["arm"]: row for row in json.loads(done.stdout)["served"]}
    assert rows["reasoning"]["new_tokens"] > 2 * rows["ift"]["new_tokens"]
    row = rows["reasoning"]
    alone = row["points"]["one waiting"]
    shape = load_architecture(str(ROOT / "assets/tabletop" / row["student"]))
    times = answer_times(
        Serving(shape, find_hardware("L4")),
        batch=1,
        prompt_tokens=row["prompt_tokens"],
        new_tokens=row["new_tokens"],
    )
    assert alone["answer_seconds"] == pytest.approx(times.seconds)
    price = find_hardware("L4").price_per_hour
    assert price is not None
    assert alone["money_per_query"] == pytest.approx(times.seconds / 3600 * price)
    full, within = row["points"]["full throughput"], row["points"]["within latency"]
    assert 1 <= within["batch"] <= full["batch"]
    assert within["answer_seconds"] <= 0.5
    assert full["money_per_query"] <= within["money_per_query"] <= alone["money_per_query"]


def test_a_study_without_a_price_has_seconds_and_says_why_it_has_no_money(project: Path) -> None:
    from typer.testing import CliRunner

    from breakeven.cli import app

    Path("params.yaml").write_text(yaml.safe_dump(TINY))
    done = CliRunner().invoke(app, ["plan", "--device", "A10G"])
    assert "Served on 1 x A10G in bfloat16, no price" in done.stdout
    said = "Not told of all: costs.hardware.A10G.price_per_hour is not set."
    assert said in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--format", "int5"], "--format: value is 'int5'; did you mean 'int4'?"),
        (["--format", "float8"], "A100: no peak is known for float8"),
    ],
)
def test_a_format_that_is_unknown_or_has_no_peak_is_refused(
    project: Path, asked: list[str], said: str
) -> None:

    with pytest.raises(InputError) as error:
        ServingOptions(asked[1]).on(tiny(), "A100")
    assert said in str(error.value)


def test_a_mixture_of_experts_is_planned_where_lengths_are_known_and_told_where_not(
    project: Path,
) -> None:
    """Answers to a task without solutions have the published lengths: those of dense students."""
    from typer.testing import CliRunner

    from breakeven.cli import app

    tree = yaml.safe_load((ROOT / "profiles/paper.yaml").read_text())
    mixture = {"kind": "hub", "repo": "Qwen/Qwen3-30B-A3B", "revision": "0" * 40}
    dense = next(iter(tree["students"].values()))
    tree["students"] = {"moe": {**dense, "base": mixture}, "dense": dense}
    tree["arms"] = {arm: tree["arms"][arm] for arm in ("base", "general-ift")}
    del tree["training"]["launch"]
    Path("params.yaml").write_text(yaml.safe_dump(tree))
    done = CliRunner().invoke(app, ["plan", "--device", "H100", "--json"])
    assert done.exit_code == 0, done.output
    plan = json.loads(done.stdout)
    flops = {
        (cell["cell"][0], cell["stage"]): cell["flops"]
        for cell in plan["cells"]
        if cell["stage"] in ("train", "answer")
    }
    assert flops["moe", "train"] > 0
    assert flops["moe", "answer"] is None
    assert flops["dense", "answer"] > 0
    served = {(row["student"], row["arm"]): row for row in plan["served"]}
    for arm in ("base", "general-ift"):
        assert "mixture of experts" in served["moe", arm]["reason"]
        assert served["dense", arm]["reason"] is None
