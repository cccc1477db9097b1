"""This machine as a row of the table of devices."""

from breakeven.core.files import read_json, write_json
from breakeven.costs.devices import describe_device
from breakeven.costs.measured_hardware import measured_bandwidth, measured_hardware


def test_the_bandwidth_is_measured_once_and_kept(project):
    cpu = describe_device("cpu")
    # Between a very busy machine and the fastest server there is.
    assert 1e8 < measured_bandwidth(cpu, 1) < 1e13
    (kept,) = project.rglob("bandwidth.json")
    write_json(kept, {**read_json(kept), "bytes_per_second": 5.0})
    assert measured_bandwidth(cpu, 1) == 5.0


def test_this_machine_has_a_peak_and_a_bandwidth_and_no_price(project):
    found = measured_hardware(describe_device("cpu"), "float32", memory_bytes=8e9, threads=1)
    assert found.memory_bytes == 8e9
    assert found.peak("float32") > 1e7
    assert found.hourly_price.value is None
