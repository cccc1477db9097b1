"""The share of a device that models reach: measured after the work, and told in the records."""

import random

import numpy as np
import pytest
import torch
from tests.answer import conftest as answering
from tests.train.conftest import lay_out
from tests.train.tiny import BASE, make_params

from breakeven.answer.stage import run as answer_student
from breakeven.base.tabletop_shapes import Qwen2Shape, qwen2_config
from breakeven.base.tokenizer import build_tokenizer
from breakeven.core.records import read_record
from breakeven.costs import ceiling as module
from breakeven.costs.amounts import Amount, absent
from breakeven.costs.ceiling import Ceiling, DeviceCeiling, find_ceiling, measured_ceiling
from breakeven.costs.devices import Device, describe_device
from breakeven.train import stage

HERE = describe_device("cpu")


@pytest.fixture(autouse=True)
def _small_matrices(monkeypatch):
    monkeypatch.setattr(module, "_LARGEST_MATRIX", 256)


def counted(monkeypatch):
    """How many products are timed from now on."""
    calls = []
    timed = module._timed
    monkeypatch.setattr(module, "_timed", lambda call: calls.append(call) or timed(call))
    return calls


def test_a_ceiling_is_measured_with_the_threads_that_worked_and_leaves_them_be(project):
    before = torch.get_num_threads()
    found = find_ceiling(HERE, "float32", 2)
    assert found.ceiling is not None
    assert found.ceiling.threads == 2
    assert torch.get_num_threads() == before
    assert found.as_details()["ceiling"]["dtype"] == "float32"


def test_a_ceiling_is_kept_by_threads_and_not_measured_twice(project, monkeypatch):
    first = measured_ceiling(HERE, threads=1)
    calls = counted(monkeypatch)
    assert measured_ceiling(HERE, threads=1) == first
    assert calls == []
    measured_ceiling(HERE, threads=2)
    assert calls


def test_measuring_draws_no_random_number_of_anybody(project):
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    states = random.getstate(), np.random.get_state()[1].tolist()
    measured_ceiling(HERE, threads=1)
    assert torch.equal(torch.rand(3), wanted)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == states


@pytest.mark.parametrize(
    ("device", "threads", "reason"),
    [
        (HERE, None, "how many threads computed is not known"),
        (Device("another cpu", "cpu"), 1, "the work ran on another cpu, which is not in"),
        (Device("a gpu", "cuda", 7), None, "the work ran on a gpu, which is not in"),
    ],
)
def test_a_ceiling_that_cannot_be_measured_here_is_absent_with_the_reason(
    project, device, threads, reason
):
    found = find_ceiling(device, "float32", threads)
    assert found.ceiling is None
    assert found.reason.startswith(reason)
    assert found.as_details() == {}
    assert found.share(Amount(1.0), 1.0) == absent(found.reason)


def test_a_device_without_memory_left_loses_no_record(project, monkeypatch):
    def full(*_asked):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(module, "_fastest_product", full)
    assert "no memory left" in find_ceiling(HERE, "float32", 1).reason


def test_devices_add_up_in_their_seconds():
    ceiling = DeviceCeiling(
        Ceiling("a gpu", "bfloat16", 1, flops_per_second=100.0, matrix_size=8192)
    )
    # Two devices for five seconds each, 500 FLOPs together: half of what they can do.
    assert ceiling.share(Amount(500.0), 2 * 5.0) == Amount(0.5)


@pytest.fixture
def trained(project, tmp_path_factory):
    """A project with a random base of 20K parameters and thirty pairs."""
    from transformers import Qwen2ForCausalLM

    files, tokenizer = tmp_path_factory.mktemp("base"), build_tokenizer()
    shape = Qwen2Shape(hidden=32, layers=2, heads=2, kv_heads=1, intermediate=64)
    Qwen2ForCausalLM(qwen2_config(shape, tokenizer)).save_pretrained(files)
    tokenizer.save_pretrained(files)
    lay_out(project, files)
    assert BASE.is_dir()
    return project


def test_a_training_tells_the_share_of_the_ceiling_that_it_reached(trained):
    stage.train_and_record(make_params(threads=1), "tiny", "ift", 0)
    record = read_record("train", "tiny", "ift", 0)
    ceiling = record.details["ceiling"]
    assert (ceiling["device"], ceiling["dtype"], ceiling["threads"]) == (HERE.name, "float32", 1)
    reached = record.flops["train"] / record.device_seconds["cpu"]
    assert record.metrics["utilisation"] == pytest.approx(reached / ceiling["flops_per_second"])
    assert 0 < record.metrics["utilisation"] < 1
    assert "utilisation" not in record.absent


def test_the_ceiling_changes_neither_key_nor_weights_of_a_training(trained, monkeypatch):
    stage.train_and_record(make_params(threads=1), "tiny", "ift", 0)
    first = read_record("train", "tiny", "ift", 0)
    stage.train_and_record(make_params(threads=1), "tiny", "ift", 0)
    again = read_record("train", "tiny", "ift", 0)
    assert again.details["training"] == first.details["training"]
    assert again.outputs == first.outputs
    assert again.metrics == first.metrics


def test_answers_tell_the_share_of_the_ceiling_by_row_and_together(project):
    params = answering.study()
    answering.lay_study(params)
    answer_student(params, answering.STUDENT)
    record = read_record("answer", answering.STUDENT)
    ceiling = record.details["ceiling"]
    assert ceiling["threads"] == params.answering.threads == 2
    rate = ceiling["flops_per_second"]
    for row in record.details["cells"]:
        reached = row["inference_flops"] / row["device_seconds"]
        assert row["utilisation"] == pytest.approx(reached / rate)
    whole = record.flops["inference"] / record.device_seconds["cpu"] / rate
    assert record.metrics["utilisation"] == pytest.approx(whole)


def test_seeds_of_an_untrained_arm_hold_the_device_once(project):
    params = answering.study().model_copy(update={"seeds": (0, 1)})
    params = params.model_copy(update={"arms": {"base": params.arms["base"]}})
    answering.lay_study(params)
    answer_student(params, answering.STUDENT)
    record = read_record("answer", answering.STUDENT)
    once = [row for row in record.details["cells"] if row["seed"] == 0]
    flops, seconds = (
        sum(row[name] for row in once) for name in ("inference_flops", "device_seconds")
    )
    assert record.flops["inference"] == pytest.approx(2 * flops)
    assert record.device_seconds["cpu"] == pytest.approx(seconds)
    rate = record.details["ceiling"]["flops_per_second"]
    assert record.metrics["utilisation"] == pytest.approx(flops / seconds / rate)


def test_the_ceiling_is_of_the_library_that_models_are_computed_with(project, monkeypatch):
    calls: list[str] = []

    def fastest(_device, _dtype, multiply_with):
        calls.append(multiply_with.__name__)
        return 512, 1e9

    monkeypatch.setattr(module, "_fastest_product", fastest)
    for faster in (False, True):
        monkeypatch.setattr(module, "numpy_is_faster", lambda faster=faster: faster)
        for threads in (1, 2):
            measured_ceiling(HERE, threads=threads)
    # With two threads it is PyTorch's either way, and was measured already.
    assert calls == ["mm", "mm", "numpy_product"]
