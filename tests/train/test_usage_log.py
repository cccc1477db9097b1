"""Device-seconds that survive a kill."""

import pytest

from breakeven.costs.amounts import Amount, absent
from breakeven.costs.devices import Device, DeviceUsage
from breakeven.train.usage_log import ProcessUsage, append_usage, read_run_usage

CPU = Device("a cpu", "cpu")
GPU = Device("a gpu", "cuda")
UNCOUNTED = absent("no counter")


def used(seconds, peak, tokens, device=CPU, energy=UNCOUNTED, *, counts=True):
    hours = 0.0 if device.kind == "cpu" else seconds / 3600
    return ProcessUsage(DeviceUsage(device, seconds, hours, Amount(peak), energy), tokens, counts)


def test_parts_add_up(tmp_path):
    append_usage(tmp_path, used(1.5, 10.0, 100))
    append_usage(tmp_path, used(2.0, 30.0, 200))
    total = read_run_usage(tmp_path)
    assert total.usage.device_seconds == pytest.approx(3.5)
    assert total.usage.peak_memory_bytes == Amount(30.0)
    assert total.usage.energy_joules == absent("no counter")
    assert total.tokens == 300


def test_line_that_a_kill_cut_short_spoils_no_other(tmp_path):
    append_usage(tmp_path, used(1.5, 10.0, 100))
    with (tmp_path / "usage.jsonl").open("a") as file:
        file.write('\n{"usage": {"device": {"na')
    append_usage(tmp_path, used(2.0, 30.0, 200))
    assert read_run_usage(tmp_path).tokens == 300


@pytest.mark.parametrize(
    ("device", "counts", "energy"), [(GPU, False, 70.0), (CPU, False, 40.0), (CPU, True, 70.0)]
)
def test_processes_hold_a_device_each_for_the_same_time_on_the_clock(
    tmp_path, device, counts, energy
):
    """Energy of a CPU is the whole machine's: one process of each counts it."""
    append_usage(tmp_path, used(36.0, 10.0, 100, device, Amount(40.0)))
    append_usage(tmp_path, used(36.0, 30.0, 200, device, Amount(30.0), counts=counts), process=1)
    total = read_run_usage(tmp_path)
    assert total.usage.device_seconds == pytest.approx(72.0)
    assert total.usage.gpu_hours == pytest.approx(0.02 if device is GPU else 0.0)
    assert total.usage.peak_memory_bytes == Amount(30.0)
    assert total.usage.energy_joules == Amount(energy)
    assert total.tokens == 300
    assert total.seconds == pytest.approx(36.0)
