"""Device-seconds that survive a kill."""

import pytest

from breakeven.costs.amounts import Amount, absent
from breakeven.costs.devices import Device, Usage
from breakeven.training.held import Held, add_held, all_held

CPU = Device("a cpu", "cpu")


def held(seconds, peak, tokens):
    return Held(Usage(CPU, seconds, 0.0, Amount(peak), absent("no counter")), tokens)


def test_parts_add_up(tmp_path):
    add_held(tmp_path, held(1.5, 10.0, 100))
    add_held(tmp_path, held(2.0, 30.0, 200))
    total = all_held(tmp_path)
    assert total.usage.device_seconds == pytest.approx(3.5)
    assert total.usage.peak_memory_bytes == Amount(30.0)
    assert total.usage.energy_joules == absent("no counter")
    assert total.tokens == 300


def test_line_that_a_kill_cut_short_spoils_no_other(tmp_path):
    add_held(tmp_path, held(1.5, 10.0, 100))
    with (tmp_path / "usage.jsonl").open("a") as file:
        file.write('\n{"usage": {"device": {"na')
    add_held(tmp_path, held(2.0, 30.0, 200))
    assert all_held(tmp_path).tokens == 300
