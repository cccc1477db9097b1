"""A training that runs out of memory: the same steps in smaller passes, and a word."""

import json
import os
import subprocess
import sys
from itertools import count

import pytest
import torch
from tests.train.tiny import make_params, settings_for

from breakeven.core.errors import MachineError
from breakeven.core.records import read_record
from breakeven.models.checkpoint import load_checkpoint, save_checkpoint
from breakeven.rendering import Example
from breakeven.train import stage
from breakeven.train.memory_room import MemoryRoom
from breakeven.train.trained_model import save_trained, trained_parameters
from breakeven.train.trainer import train


def steps_of(bench, count=4):
    return [
        [[*bench.examples.ift[start : start + 4], *bench.examples.reasoning[start : start + 4]]]
        for start in range(count)
    ]


class Ceiling:
    """Memory that ends: the allocator's own error, for more rows than `most` in one pass."""

    def __init__(self, model, most, *, backward=False, from_pass=0):
        self.most, self.from_pass, self.passes, self.rows = most, from_pass, count(), []
        layer = model.get_input_embeddings()
        (self.fill_backward if backward else self.fill_forward)(layer)

    def fill_forward(self, layer):
        # Steps alone are looked at, not the pass without gradients that tells what the head gives.
        layer.register_forward_pre_hook(
            lambda _layer, inputs: self.look(inputs[0]) if torch.is_grad_enabled() else None
        )

    def fill_backward(self, layer):
        layer.register_forward_hook(
            lambda _layer, _inputs, output: (
                output.register_hook(self.look) and None if output.requires_grad else None
            )
        )

    def look(self, tensor):
        if next(self.passes) >= self.from_pass and len(tensor) > self.most:
            torch.empty(2**46)
        self.rows.append(len(tensor))


def trained(bench, settings, steps, name, **ceiling):
    model = bench.model(settings)
    memory = Ceiling(model, **ceiling) if ceiling else None
    rest = bench.rest(settings, len(steps), name)
    curves = train(model, steps, device=bench.device, label="test", **rest)
    return model, curves, memory


# Nothing goes back to frozen embeddings.
@pytest.mark.parametrize(
    ("method", "backward"), [("full", False), ("full", True), ("lora", False), ("qlora", False)]
)
def test_steps_are_the_same_in_smaller_passes(bench, capsys, method, backward):
    settings, steps = settings_for(method=method), steps_of(bench)
    whole, expected, _ = trained(bench, settings, steps, "whole")
    assert expected.halvings == []
    parts, curves, memory = trained(
        bench, settings, steps, "parts", most=2, backward=backward, from_pass=1
    )
    assert curves.loss == pytest.approx(expected.loss, rel=1e-5)
    assert curves.gradient_norm == pytest.approx(expected.gradient_norm, rel=1e-4)
    for name, weight in trained_parameters(parts).items():
        other = trained_parameters(whole)[name]
        torch.testing.assert_close(weight, other, rtol=1e-3, atol=1e-5)
    # Eight rows fit once; then they are too many, and four are, too.
    (first, half), (second, quarter) = curves.halvings
    assert first == second == 1
    assert quarter < half
    assert max(memory.rows[1:]) <= 2
    told = [one for one in capsys.readouterr().err.splitlines() if one.startswith("training: ")]
    assert len(told) == 2
    for most, line in zip((half, quarter), told, strict=True):
        assert f"; from here on at most {most:,}, " in line


def test_a_long_and_many_short_sequences_stay_in_their_order():
    rows = [Example(tuple(range(length)), 1) for length in (90, 10, 9, 8, 7, 6, 5, 4)]
    halvings: list[list[int]] = []
    room = MemoryRoom(halvings, packing=False)
    assert room.cut([rows]) == [rows]
    room.halve(3, rows)
    assert halvings == [[3, 8 * 90 // 2]]
    assert room.cut([rows]) == [rows[:4], rows[4:]]
    room.halve(3, rows[1:3])
    assert room.cut([rows]) == [[one] for one in rows[:6]] + [rows[6:]]


def test_packed_rows_are_cut_by_their_sum():
    rows = [Example(tuple(range(length)), 1) for length in (90, 10, 9, 8)]
    halvings: list[list[int]] = []
    room = MemoryRoom(halvings, packing=True)
    room.halve(0, rows)
    assert halvings == [[0, 58]]
    assert room.cut([rows]) == [[rows[0]], [rows[1]], rows[2:]]


def test_one_sequence_that_does_not_fit_is_told_and_the_steps_before_it_are_kept(bench):
    settings = settings_for(method="full")
    steps = [steps_of(bench)[0], [[bench.examples.reasoning[0]]], steps_of(bench)[1]]
    with pytest.raises(MachineError) as told:
        trained(bench, settings, steps, "alone", most=0, from_pass=1)
    tokens = len(bench.examples.reasoning[0].input_ids)
    assert str(told.value).startswith(
        f"params.yaml: training.max_length: one sequence of {tokens} tokens does not fit"
    )
    whole, expected, _ = trained(bench, settings, steps, "whole")
    resumed, curves, memory = trained(bench, settings, steps, "alone", most=100)
    assert memory.rows == [1, 8]  # the first step was kept
    assert curves == expected
    for name, weight in trained_parameters(resumed).items():
        assert torch.equal(weight, trained_parameters(whole)[name])


def test_a_run_that_is_resumed_cuts_as_it_did_and_ends_with_the_same_bytes(bench, tmp_path):
    settings = settings_for(
        method="lora", checkpoint_steps=2, lora={"rank": 4, "alpha": 8, "dropout": 0.3}
    )
    steps = steps_of(bench, 6)
    model, curves, _ = trained(bench, settings, steps, "undisturbed", most=4, from_pass=1)

    class Stop:
        def log(self, step, metrics):
            if step == 4:
                raise SystemExit  # as abrupt as a kill: nothing is saved for it

    stopped = bench.model(settings)
    Ceiling(stopped, 4, from_pass=1)
    rest = bench.rest(settings, len(steps), "stopped")
    with pytest.raises(SystemExit):
        train(stopped, steps, device=bench.device, label="test", log=Stop(), **rest)
    resumed, resumed_curves, memory = trained(bench, settings, steps, "stopped", most=4)
    assert resumed_curves == curves
    assert set(memory.rows) == {4}  # no pass that did not fit was tried again
    for name, one in (("resumed", resumed), ("undisturbed", model)):
        save_trained(one, settings, tmp_path / name)
    (file,) = (tmp_path / "resumed").glob("*.safetensors")
    assert file.read_bytes() == (tmp_path / "undisturbed" / file.name).read_bytes()


def test_a_checkpoint_of_before_there_were_halvings_is_gone_on_from(bench):
    settings, steps = settings_for(method="full", checkpoint_steps=2), steps_of(bench)
    whole, expected, _ = trained(bench, settings, steps, "whole")
    model, rest = bench.model(settings), bench.rest(settings, len(steps), "older")
    train(model, steps[:2], device=bench.device, label="test", **rest)
    run_folder = rest["scratch"]
    optimizer = torch.optim.AdamW(model.parameters())
    state = load_checkpoint(run_folder, trained_parameters(model), optimizer)
    assert state.pop("halvings") == []
    save_checkpoint(run_folder, trained_parameters(model), optimizer, state)
    resumed, curves, _ = trained(bench, settings, steps, "older")
    assert curves == expected
    for name, weight in trained_parameters(resumed).items():
        assert torch.equal(weight, trained_parameters(whole)[name])


def test_the_record_tells_how_often_and_from_which_step(study, monkeypatch):
    from breakeven.train import trainer

    made = trainer.TrainingRun.__init__

    def with_ceiling(run, model, *more, **options):
        made(run, model, *more, **options)
        Ceiling(model, 1)

    stage.train_and_record(make_params(), "tiny", "reasoning", 0)
    record = read_record("train", "tiny", "reasoning", "0")
    assert record.metrics["micro_batch_halvings"] == 0
    monkeypatch.setattr(trainer.TrainingRun, "__init__", with_ceiling)
    stage.train_and_record(make_params(), "tiny", "ift", 0)
    record = read_record("train", "tiny", "ift", "0")
    halvings = record.details["micro_batch_halvings"]
    assert record.metrics["micro_batch_halvings"] == len(halvings) > 0
    assert all(step == 0 for step, _ in halvings)


def test_other_errors_are_not_taken_for_a_lack_of_memory(bench):
    settings = settings_for(method="full")
    model = bench.model(settings)

    def fail(*_):
        raise RuntimeError("shapes cannot be multiplied")

    model.get_input_embeddings().register_forward_pre_hook(fail)
    rest = bench.rest(settings, 1)
    with pytest.raises(RuntimeError, match="shapes"):
        train(model, steps_of(bench, 1), device=bench.device, label="test", **rest)


# Trains a small step and two large ones, these with so many bytes of address space more than the
# first left, 0 being without a limit, and tells how many bytes more than that they took.
CHILD = """
import json, re, resource, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from breakeven.costs.devices import describe_device
from breakeven.params.cells import TrainingSettings
from breakeven.rendering import Example
from breakeven.train.processes import make_accelerator
from breakeven.train.schedule import fit_schedule
from breakeven.train.trained_model import trainable_model, trained_parameters
from breakeven.train.trainer import train
from tests.train.tiny import settings_for

base, more = Path(sys.argv[1]), int(sys.argv[2])
settings = settings_for(method="full")
model = trainable_model(base, settings, device=torch.device("cpu"), seed=0)
def rows(count):
    return [Example(tuple((7 * row + at) % 60 for at in range(200)), 1) for row in range(count)]
rest = dict(settings=settings, accelerator=make_accelerator(settings), seed=0, label="test",
            device=describe_device("cpu"), scratch=Path.cwd())
def address_space(line):
    status = Path("/proc/self/status").read_text()
    return int(re.search(line + r":\\s+(\\d+) kB", status)[1]) * 1024
class Limit:
    def log(self, step, metrics):
        if step == 0:
            self.after_first = address_space("VmSize")
            if more:
                resource.setrlimit(resource.RLIMIT_AS, (self.after_first + more,) * 2)
# A small step first: libraries make their buffers.
steps = [[rows(2)], [rows(64)], [rows(64)]]
limit = Limit()
curves = train(model, steps, schedule=fit_schedule(settings.training.schedule, 3), log=limit,
               **rest)
sums = {name: float(one.detach().double().sum()) for name, one in trained_parameters(model).items()}
took = address_space("VmPeak") - limit.after_first
print(json.dumps([curves.loss, curves.halvings, sums, took]))
"""


def in_child(base, folder, more):
    folder.mkdir()
    return subprocess.run(
        [sys.executable, "-c", CHILD, str(base), str(more)],
        cwd=folder,
        text=True,
        capture_output=True,
        # The C library asks for room and gives it back as tensors come and go, and keeps none of
        # what was freed for later: else how much a step asks of the system is chance.
        env={
            **os.environ,
            "PYTHONPATH": ":".join(sys.path),
            "OMP_NUM_THREADS": "1",
            "MALLOC_ARENA_MAX": "1",
            "MALLOC_MMAP_THRESHOLD_": str(2**16),
        },
    )


@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited on Linux only")
def test_a_process_whose_memory_is_limited_takes_the_same_steps(base_files, tmp_path):
    free = in_child(base_files, tmp_path / "free", 0)
    assert free.returncode == 0, free.stderr
    other, none, expected, took = json.loads(free.stdout)
    # How much a step asks of the system, beside what the process holds already, differs with the
    # machine: half of what was taken here cannot be enough.
    limited = in_child(base_files, tmp_path / "limited", took // 2)
    assert limited.returncode == 0, limited.stderr
    loss, halvings, sums, _ = json.loads(limited.stdout)
    assert none == []
    assert halvings
    assert "memory has run out at step 1 with 64 sequences, 12,800 tokens" in limited.stderr
    assert loss == pytest.approx(other, rel=1e-5)
    assert sums == pytest.approx(expected, rel=1e-3, abs=1e-3)
