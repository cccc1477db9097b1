"""Samples of the system: in the record with their times, beside the curves, and next to free."""

import contextlib
import sys
import time

import pytest
import torch
from tests.train.tiny import make_params

from breakeven.core.records import read_record
from breakeven.train import stage, system_samples
from breakeven.train.system_samples import SampledLog, read_samples, sampled

NAMES = {
    "system/process_cpu_percentage",
    "system/process_memory_megabytes",
    "system/cpu_utilization_percentage",
}
CPU = torch.device("cpu")


class Kept(list):
    """A log that keeps what it is told."""

    def log(self, step, metrics):
        self.append((step, dict(metrics)))


def train(kept):
    return stage.train_and_record(
        make_params(), "tiny", "ift", 0, open_log=lambda _key: contextlib.nullcontext(kept)
    )


def test_a_record_has_the_samples_with_their_times_and_so_has_who_watches(study, monkeypatch):
    monkeypatch.setattr(system_samples, "EVERY_SECONDS", 0.0)
    kept, before = Kept(), time.time_ns() // 1_000_000
    train(kept)
    after = time.time_ns() // 1_000_000
    series = read_record("train", "tiny", "ift", 0).series
    assert set(series) - {"loss", "learning_rate", "gradient_norm"} == NAMES
    for name in NAMES:
        assert [row[:2] for row in series[name]] == [[step, told[name]] for step, told in kept]
        times = [row[2] for row in series[name]]
        assert before <= times[0] <= times[-1] <= after
        assert times == sorted(times)
    assert series["system/process_memory_megabytes"][0][1] > 50


def test_a_training_that_is_shorter_than_a_sample_has_none(study):
    kept = Kept()
    train(kept)
    series = read_record("train", "tiny", "ift", 0).series
    assert set(series) == {"loss", "learning_rate", "gradient_norm"}
    assert not any(NAMES & set(told) for _, told in kept)


def test_without_a_log_or_psutil_nothing_is_sampled(tmp_path, monkeypatch):
    assert sampled(None, tmp_path, CPU) is None
    monkeypatch.setitem(sys.modules, "psutil", None)
    kept = Kept()
    assert sampled(kept, tmp_path, CPU) is kept


def test_steps_done_again_and_torn_lines_are_not_told_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(system_samples, "EVERY_SECONDS", 0.0)
    values = iter(range(10))
    for steps in ((0, 1, 2), (1, 2, 3)):  # the second resumes from a checkpoint of step 1
        log = SampledLog(Kept(), tmp_path, lambda: {"x": float(next(values))})
        for step in steps:
            log.log(step, {})
    with (tmp_path / "system.jsonl").open("ab") as handle:
        handle.write(b'\n{"step": 4, "time_ms"')
    found = read_samples(tmp_path)["system/x"]
    assert [row[:2] for row in found] == [[0, 0.0], [1, 1.0], [2, 2.0], [3, 5.0]]


def test_a_sample_costs_the_training_far_less_than_a_hundredth(tmp_path, monkeypatch):
    log = sampled(Kept(), tmp_path, CPU)
    seconds = system_samples.EVERY_SECONDS
    monkeypatch.setattr(system_samples, "EVERY_SECONDS", 0.0)
    log._sample_at = 0.0
    started, count = time.process_time(), 100
    for step in range(count):
        log.log(step, {"loss": 1.0})
    share = (time.process_time() - started) / count / seconds
    assert len(read_samples(tmp_path)) == len(NAMES)
    print(f"{100 * share:.4f}% of a processor")
    assert share < 0.001


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_is_sampled_by_the_names_of_mlflow(tmp_path, monkeypatch):
    monkeypatch.setattr(system_samples, "EVERY_SECONDS", 0.0)
    kept = Kept()
    sampled(kept, tmp_path, torch.device("cuda")).log(0, {})
    ((_, told),) = kept
    assert 0 <= told["system/gpu_0_utilization_percentage"] <= 100
    assert told["system/gpu_0_memory_usage_megabytes"] > 0
