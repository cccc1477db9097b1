"""A student that no arm could train here is refused, with what would make it fit."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml

from breakeven.core.errors import InputError, MachineError
from breakeven.costs.model_shapes import load_architecture
from breakeven.models.memory import training_memory
from breakeven.models.memory_check import (
    DeviceMemory,
    require_memory,
    require_pretraining_memory,
    system_bytes,
    this_device,
    training_plans,
)
from breakeven.params import Params

ROOT = Path(__file__).parents[2]
CARD = DeviceMemory("a card", 24e9, "bfloat16")


def params(arms=None, **training):
    given = yaml.safe_load((ROOT / "tests/study.yaml").read_text())
    given["students"] = {"s": {"base": {"kind": "hub", "repo": "a/b", "revision": "main"}}}
    given["training"] = {"batch_tokens": 4096, "max_length": 1024, **training}
    given["arms"] = {
        "base": {"method": "none", "shots": 3},
        "ift": {"corpus": "general", "reasoning_share": 0.0},
        **(arms or {}),
    }
    return Params.model_validate(given)


def test_each_trained_arm_has_a_plan_of_its_own_method():
    full = {"corpus": "general", "reasoning_share": 1.0, "method": "full"}
    plans = training_plans(params({"whole": full}), "s", best="bfloat16")
    assert {name: plan.method for name, plan in plans.items()} == {"ift": "lora", "whole": "full"}
    assert {plan.compute_bytes for plan in plans.values()} == {2}


@pytest.mark.parametrize(
    ("limit", "longest", "tokens"), [(None, 512, 4096), (1024, 512, 1024), (1024, 16384, 16384)]
)
def test_a_pass_holds_the_limit_or_one_long_sequence(limit, longest, tokens):
    given = params(micro_batch_tokens=limit, max_length=longest)
    (plan,) = training_plans(given, "s", best="float32").values()
    assert (plan.micro_batch_tokens, plan.compute_bytes) == (tokens, 4)


def test_a_student_that_fits_is_let_through():
    given = params(method="qlora", gradient_checkpointing=True)
    require_memory(given, "s", load_architecture("Qwen/Qwen2.5-3B"), CARD)


def test_the_refusal_names_student_need_have_and_ways():
    with pytest.raises(MachineError) as caught:
        require_memory(params(method="full"), "s", load_architecture("Qwen/Qwen2.5-3B"), CARD)
    told = str(caught.value)
    assert told.startswith("params.yaml: students.s: training arm ift (full, 4096 tokens a pass)")
    assert "needs 8" in told  # 3.09 billion weights · 18 bytes, activations and logits
    assert "a card has 24.0 GB" in told
    assert "use method: qlora (21.9 GB)" in told


def test_a_base_too_large_to_train_from_nothing_is_refused():
    shape = load_architecture("Qwen/Qwen2.5-0.5B")
    require_pretraining_memory("s", shape, 1024)
    large = replace(shape, layers=40_000)
    with pytest.raises(
        MachineError, match=r"students\.s\.base: training \d{3},\d{3},\d{3},\d{3} para"
    ):
        require_pretraining_memory("s", large, 1024)


def test_the_arm_that_does_not_fit_is_the_one_that_is_named():
    whole = {"corpus": "general", "reasoning_share": 1.0, "method": "full"}
    with pytest.raises(MachineError, match=r"training arm whole \(full"):
        require_memory(
            params({"whole": whole}, method="qlora", gradient_checkpointing=True),
            "s",
            load_architecture("Qwen/Qwen2.5-3B"),
            CARD,
        )


def test_a_sharded_training_is_one_devices_share(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("fsdp.yaml").write_text("distributed_type: FSDP\nnum_processes: 8\n")
    Path("ddp.yaml").write_text("distributed_type: MULTI_GPU\nnum_processes: 8\n")
    shape = load_architecture("Qwen/Qwen2.5-7B")
    large = DeviceMemory("a card", 80e9, "bfloat16")
    given = {"method": "full", "gradient_checkpointing": True}
    require_memory(params(launch="fsdp.yaml", **given), "s", shape, large)
    with pytest.raises(MachineError, match=r"FSDP over \d devices|method: lora"):
        require_memory(params(launch="ddp.yaml", **given), "s", shape, large)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a machine with a GPU reckons with it")
def test_a_head_without_a_gpu_does_not_speak_for_the_gpus_of_other_machines(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    given = "distributed_type: FSDP\nnum_processes: 16\nnum_machines: 2\n"
    Path("gpus.yaml").write_text(given)
    Path("cores.yaml").write_text(f"{given}use_cpu: true\n")
    shape = replace(load_architecture("Qwen/Qwen2.5-14B"), layers=40_000)  # fits no machine
    require_memory(params(launch="gpus.yaml"), "s", shape)
    assert "s: its memory was not reckoned: training.launch takes" in capsys.readouterr().err
    with pytest.raises(MachineError, match="each of 8 processes on this machine's CPUs has"):
        require_memory(params(launch="cores.yaml"), "s", shape)


def test_processes_that_use_no_gpu_share_the_memory_of_the_machine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("cores.yaml").write_text("distributed_type: MULTI_GPU\nnum_processes: 8\nuse_cpu: true\n")
    shape = load_architecture("Qwen/Qwen2.5-3B")
    have_bytes = system_bytes()
    (plan,) = training_plans(params(), "s", best="float32").values()
    one, two = (training_memory(replace(shape, layers=count), plan).total for count in (1, 2))
    # One of it fits here, whether there is a GPU or not; eight do not.
    half = replace(shape, layers=1 + int((have_bytes / 2 - one) / (two - one)))
    assert training_memory(half, plan).total < have_bytes
    with pytest.raises(MachineError, match=r"each of 8 processes on this machine's CPUs has"):
        require_memory(params(launch="cores.yaml"), "s", half)


def test_answers_asked_for_in_float32_take_four_bytes_a_weight_on_any_device():
    shape = load_architecture("Qwen/Qwen2.5-7B")
    given = params(method="qlora", gradient_checkpointing=True, micro_batch_tokens=1024)
    require_memory(given, "s", shape, CARD)
    wide = given.model_copy(
        update={"answering": given.answering.model_copy(update={"dtype": "float32"})}
    )
    with pytest.raises(MachineError, match=r"one answer of \d+ tokens needs 30\.\d GB"):
        require_memory(wide, "s", shape, CARD)


def test_a_missing_launch_file_is_the_users_to_mend(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"training\.launch: value is 'no\.yaml'"):
        training_plans(params(launch="no.yaml"), "s", best="bfloat16")


def test_a_student_whose_answers_do_not_fit_is_refused_though_no_arm_trains_it():
    given = params()
    untrained = given.model_copy(update={"arms": {"base": given.arms["base"]}})
    untrained = untrained.model_copy(
        update={"answering": given.answering.model_copy(update={"max_new_tokens": 16384})}
    )
    shape = load_architecture("Qwen/Qwen2.5-14B")  # 14.8 billion weights: 29.5 GB in bfloat16
    with pytest.raises(MachineError, match=r"one answer of 16384 tokens needs 3\d\.\d GB"):
        require_memory(untrained, "s", shape, CARD)


def test_this_machine_tells_a_memory_that_something_fits_in():
    device = this_device()
    assert device.total_bytes > 1e9
    assert device.name
