"""Device time, memory and energy: measured, or absent with the reason."""

import subprocess
import sys
import threading
import time
import types
from pathlib import Path

import pytest

from breakeven.core.errors import InputError, MachineError
from breakeven.core.sealed import read_sealed, write_sealed
from breakeven.costs.amounts import Amount, absent
from breakeven.costs.ceiling import Ceiling, measured_ceiling, utilisation
from breakeven.costs.devices import (
    Device,
    DeviceUsage,
    combined_usage,
    describe_device,
    metered,
    record_fields,
)
from breakeven.costs.energy import RaplCounter, metered_energy

CPU = Device("a cpu", "cpu")
MEBIBYTE = 2**20


def package(powercap: Path, number: int, microjoules: int, size: int = 1_000_000) -> Path:
    zone = powercap / f"intel-rapl:{number}"
    zone.mkdir(parents=True)
    (zone / "energy_uj").write_text(f"{microjoules}\n")
    (zone / "max_energy_range_uj").write_text(f"{size}\n")
    return zone


def test_cpu_time_is_wall_time_and_no_gpu_hours():
    with metered(CPU) as meter:
        time.sleep(0.05)
    assert 0.05 <= meter.usage.device_seconds < 0.5
    assert meter.usage.gpu_hours == 0.0


def test_accelerator_seconds_are_gpu_hours(monkeypatch):
    import torch

    monkeypatch.setattr(torch.mps, "synchronize", lambda: None)
    with metered(Device("an mps", "mps")) as meter:
        time.sleep(0.01)
    assert meter.usage.gpu_hours == meter.usage.device_seconds / 3600 > 0
    assert meter.usage.peak_memory_bytes == absent("PyTorch keeps no peak of memory on mps")
    assert "mps" in meter.usage.energy_joules.reason


def test_usage_is_kept_when_the_block_fails():
    with pytest.raises(KeyError), metered(CPU) as meter:
        raise KeyError
    assert meter.usage.device_seconds > 0


def test_usage_is_unknown_inside_the_block():
    with metered(CPU) as meter, pytest.raises(RuntimeError, match="once the block"):
        _ = meter.usage


def test_resident_peak_keeps_memory_that_was_given_back():
    script = (
        "from breakeven.costs.devices import Device, metered\n"
        "with metered(Device('a cpu', 'cpu')) as before: pass\n"
        "with metered(Device('a cpu', 'cpu')) as after: block = b'1' * (200 * 2**20); del block\n"
        "print(int(after.usage.peak_memory_bytes.value - before.usage.peak_memory_bytes.value))\n"
    )
    ballast = b"1" * (300 * MEBIBYTE)  # must not be taken for the child's peak
    grown = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert len(ballast) > 0
    assert 150 * MEBIBYTE < int(grown.stdout) < 260 * MEBIBYTE


def test_energy_is_absent_without_a_counter(tmp_path):
    with metered_energy("cpu", powercap=tmp_path) as joules:
        assert joules() == absent(f"no RAPL counter under {tmp_path}")


def test_energy_is_absent_where_the_counter_is_not_readable(tmp_path):
    zone = package(tmp_path, 0, 10)
    (zone / "energy_uj").unlink()
    (zone / "energy_uj").mkdir()
    with metered_energy("cpu", powercap=tmp_path) as joules:
        assert joules().value is None
        assert "not readable" in joules().reason


def test_energy_sums_the_packages_and_leaves_out_their_parts(tmp_path):
    zones = [package(tmp_path, 0, 100_000), package(tmp_path, 1, 500_000)]
    part = tmp_path / "intel-rapl:0:0"
    part.mkdir()
    threads = threading.active_count()
    with metered_energy("cpu", powercap=tmp_path) as joules:
        (zones[0] / "energy_uj").write_text("400000")
        (zones[1] / "energy_uj").write_text("700000")
        assert joules() == Amount(0.5)
    assert threading.active_count() == threads


def test_energy_counter_may_wrap_around(tmp_path):
    zone = package(tmp_path, 0, 900_000, size=1_000_000)
    counter = RaplCounter([zone])
    (zone / "energy_uj").write_text("100000")
    assert counter.joules() == pytest.approx(0.2)
    (zone / "energy_uj").write_text("50000")
    assert counter.joules() == pytest.approx(1.15)


def test_nvml_energy_is_the_difference_of_its_counter_in_millijoules(monkeypatch):
    import torch

    readings, asked = iter([1_000, 6_500]), []
    nvml = types.SimpleNamespace(
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByUUID=asked.append,
        nvmlDeviceGetTotalEnergyConsumption=lambda handle: next(readings),
        NVMLError=OSError,
    )
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    properties = types.SimpleNamespace(uuid="1234")
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: properties)
    with metered_energy("cuda", 3) as joules:
        assert joules() == Amount(5.5)
    assert asked == ["GPU-1234"]


def test_nvml_without_a_counter_gives_the_reason(monkeypatch):
    def refuse():
        raise OSError("Not Supported")

    nvml = types.SimpleNamespace(nvmlInit=refuse, NVMLError=OSError)
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    with metered_energy("cuda") as joules:
        assert "Not Supported" in joules().reason


def test_runs_before_and_after_a_resume_add_up_and_keep_the_larger_peak():
    first = DeviceUsage(CPU, 10.0, 0.0, Amount(500.0), Amount(7.0))
    second = DeviceUsage(CPU, 5.0, 0.0, Amount(300.0), absent("no counter"))
    assert combined_usage([first, second]) == DeviceUsage(
        CPU, 15.0, 0.0, Amount(500.0), absent("no counter")
    )


def test_usages_of_different_devices_do_not_add_up():
    usage = DeviceUsage(CPU, 10.0, 0.0, Amount(500.0), Amount(7.0))
    other = DeviceUsage(Device("a gpu", "cuda"), 10.0, 0.1, Amount(500.0), Amount(7.0))
    with pytest.raises(ValueError, match="one kind"):
        combined_usage([usage, other])


def test_record_names_what_was_not_measured():
    fields = record_fields(DeviceUsage(CPU, 10.0, 0.0, Amount(500.0), absent("no counter")))
    assert fields == {
        "device": "a cpu",
        "device_seconds": {"cpu": 10.0},
        "gpu_hours": 0.0,
        "metrics": {"peak_memory_bytes": 500.0, "energy_joules": None},
        "absent": {"energy_joules": "no counter"},
    }


@pytest.mark.parametrize(
    ("where", "error", "message"),
    [
        ("gpu", InputError, "device: value is 'gpu'; use cpu"),
        ("cuda:x", InputError, "value is 'cuda:x'"),
        ("cuda:99", MachineError, "cuda:99 is not here"),
    ],
)
def test_unknown_and_missing_devices_are_told_apart(where, error, message):
    with pytest.raises(error, match=message):
        describe_device(where)


def test_ceiling_is_measured_once_a_device_and_dtype(project, monkeypatch):
    monkeypatch.setattr("breakeven.costs.ceiling._LARGEST_MATRIX", 256)
    ceiling = measured_ceiling(CPU)
    assert ceiling.matrix_size == 256
    # Any machine that runs this multiplies between 10 MFLOP/s and 100 TFLOP/s.
    assert 1e7 < ceiling.flops_per_second < 1e14
    (kept,) = (project / ".work/ceilings").glob("*/ceiling.json")
    write_sealed(kept, {**read_sealed(kept), "flops_per_second": 5.0})
    assert measured_ceiling(CPU).flops_per_second == 5.0
    assert measured_ceiling(Device("another cpu", "cpu")).flops_per_second > 1e7


def test_ceiling_of_an_unknown_dtype_is_refused(project):
    with pytest.raises(InputError, match="dtype: value is 'float33'"):
        measured_ceiling(CPU, "float33")


def test_utilisation_is_the_share_of_the_ceiling():
    ceiling = Ceiling("a cpu", "float32", 1, flops_per_second=100.0, matrix_size=256)
    assert utilisation(Amount(500.0), 10.0, ceiling) == Amount(0.5)
    assert utilisation(Amount(500.0), 0.0, ceiling) == absent("no device time was measured")
    assert utilisation(absent("no FLOPs"), 10.0, ceiling) == absent("no FLOPs")
