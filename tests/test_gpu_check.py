"""The check of the GPU paths, run whole on a CPU, where no more is installed than it asks for."""

import json
import runpy
import subprocess
import sys
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.conftest import ROOT

from breakeven.params import Decoding, Training

SCRIPT = ROOT / "scripts/gpu_check.py"
# What a machine that is lent for its GPU is not bound to have. Not found, rather than refused: that
# is what libraries ask which use them where they are there.
MISSING = """
bitsandbytes datasets dvc flash_attn lm_eval matplotlib mlflow openai pandas pyarrow pydantic
pydantic_core pynvml ray reasoning_gym rich scipy seaborn sklearn statsmodels tenacity typer
vllm
"""
WITHOUT = f"""
import runpy, sys

class Without:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        missing = name.partition(".")[0] in {set(MISSING.split())!r}
        return None if missing else self.finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self.finder, name)

sys.meta_path[:] = map(Without, sys.meta_path)
script = sys.argv.pop(1)
runpy.run_path(script, run_name="__main__")
"""


@pytest.fixture(scope="module")
def script() -> SimpleNamespace:
    """The command's own names, and those of what its checks are made of."""
    found = runpy.run_path(str(SCRIPT))
    for part in ("answers", "examples", "out_of_memory", "settings"):
        found |= vars(import_module(f"gpu_checks.{part}"))
    return SimpleNamespace(**found)


@pytest.fixture(scope="module")
def bench(script, tmp_path_factory):
    return script.Bench(script.SHAPES["tiny"], tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory) -> tuple[subprocess.CompletedProcess, Path]:
    """The command with the tiny shape, in a folder of its own, without what may be missing."""
    folder = tmp_path_factory.mktemp("run")
    out = folder / "gpu.json"
    options = ["--shape", "tiny", "--seconds-limit", "3000", "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, str(SCRIPT), *options],
        cwd=folder,
        env={"PATH": "", "HOME": str(folder), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    return done, out


def test_every_check_that_a_cpu_can_pass_passes_without_pydantic(whole_run) -> None:
    done, _ = whole_run
    assert done.returncode == 0, done.stderr
    checks = json.loads(done.stdout)["checks"]
    statuses = {name: one["status"] for name, one in checks.items()}
    skipped = {name for name, status in statuses.items() if status == "skipped"}
    assert skipped == {"training_memory", "energy", "nf4", "out_of_memory", "serving"}, done.stderr
    assert set(statuses.values()) == {"passed", "skipped"}, done.stderr


def test_the_json_tells_the_machine_the_reasons_and_the_seconds(whole_run, script) -> None:
    done, out = whole_run
    report = json.loads(done.stdout)
    assert report == json.loads(out.read_text(encoding="utf-8"))
    assert list(report["checks"]) == list(script.CHECKS)
    assert report["skipped"]["nf4"] == "bitsandbytes is not installed"
    assert all("seconds" in one for one in report["checks"].values())
    assert report["versions"]["torch"]
    assert report["device"]
    assert report["passed"] is True


def test_the_numbers_that_a_cpu_has_are_there(whole_run) -> None:
    checks = json.loads(whole_run[0].stdout)["checks"]
    speed, curves = checks["training_speed"], checks["loss_curves"]
    for name in ("full", "full, checkpointing", "lora", "lora, checkpointing"):
        assert speed[name]["utilisation_of_ceiling"] > 0
    assert speed["cut"]["passes"] > 1
    for method in ("lora", "full"):
        losses = curves[method]["losses"]
        assert len(losses["float32"]) == len(losses["bfloat16"]) == curves["steps"]
        # Two formats that gave the same bytes would be one.
        assert curves[method]["largest_difference_nats"] > 0
        assert 0 < curves[method]["gradient_error"] <= curves["gradient_tolerance"]
        assert curves[method]["last_quarter_difference_nats"] <= curves["tolerance_nats"]
    rows = checks["decoding_speed"]["batch 8"]
    assert rows["rows"] == 8
    assert rows["tokens_per_second"] > 0


def test_what_the_script_carries_is_what_the_schema_makes_of_it(script) -> None:
    assert Training(**script.TRAINING).model_dump(mode="json") == script.TRAINING
    for carried in (script.GREEDY, script.SAMPLED):
        made = Decoding(**carried).model_dump(mode="json")
        assert {name: made[name] for name in carried} == carried


def test_a_check_that_breaks_tells_why_and_one_without_time_is_skipped(script, bench) -> None:
    def broken(_bench):
        raise RuntimeError("no kernel")

    found = script.run_check(script.Check(broken, 1), bench, 10)
    assert found["status"] == "failed"
    assert found["reason"].startswith("RuntimeError: no kernel (test_gpu_check.py:")
    late = script.run_check(script.Check(broken, 60), bench, 10)
    assert late == {"status": "skipped", "reason": "10 s are left, it takes 60"}


def test_a_parting_that_is_no_tie_is_found(script, bench) -> None:
    from breakeven.models.loading import placed_base

    prompt = script.make_prompts(bench.sizes, 1)[0]
    with placed_base(bench.base, device="cpu", dtype="bfloat16", threads=1) as model:
        (right,) = script.project_tokens(model, [prompt], 4)
        wrong = [*right[:-1], (right[-1] + 1) % bench.sizes.config["vocab_size"]]
        parted = script.examine_partings(bench, model, [(prompt, right, wrong)])
        alike = script.examine_partings(bench, model, [])
    assert not parted["passed"]
    assert parted["first_places"] == [3]
    # The rounding is measured, and is that of bfloat16.
    assert alike["passed"]
    assert 1e-4 < alike["largest_rounding_error"] < script.ROUNDING_TOLERANCE


def test_an_adapter_on_four_bits_is_trained_where_bitsandbytes_is(script, bench) -> None:
    pytest.importorskip("bitsandbytes")
    found = script.run_check(script.CHECKS["nf4"], bench, 100)
    assert found["status"] == "passed", found


def test_answers_are_timed_against_the_roofline_where_scipy_is(script, bench) -> None:
    found = script.run_check(script.CHECKS["serving"], bench, 200)
    assert found["status"] == "passed", found
    assert found["judged"] == len(found["answers"]) == 9
    assert {row["model"] for row in found["answers"]} == {"tiny"}
    assert all(row["measured_seconds"] > 0 for row in found["answers"])


@pytest.mark.parametrize("part", ["halved_training", "halved_answers"])
def test_memory_that_did_not_run_out_tells_nothing(script, bench, part, monkeypatch) -> None:
    monkeypatch.setitem(getattr(script, part).__globals__, "memory_limit", lambda _: nullcontext())
    found = getattr(script, part)(bench)
    assert not found["passed"]
    if part == "halved_training":
        assert found["largest_difference_nats"] <= 1e-4
    else:
        assert found["all_answered"]
        assert found["halvings"] == 0
