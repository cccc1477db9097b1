"""The table of devices: figures with their sources, names in any case, prices or their absence."""

from datetime import date

import pytest

from breakeven.core.errors import InputError
from breakeven.costs.hardware import Hardware, find_hardware, hardware_table
from breakeven.costs.prices import known_price

OWN = Hardware("H100", 94e9, 3.9e12, {"bfloat16": 835e12}, "H100 NVL data sheet", 2.5)


def test_every_row_has_a_source_and_a_price_has_its_day_and_page():
    rows = hardware_table()
    assert {row.name for row in rows} == {
        *("H100", "H200", "A100", "L40S", "L4", "RTX-4090", "A10G", "B200", "MI300X")
    }
    for row in rows:
        assert row.source
        assert row.peak("bfloat16") > 1e13
        # Between the slowest GDDR6 card and what HBM3e gives.
        assert 1e11 < row.bandwidth_bytes_per_second < 1e13
        if row.price_per_hour is None:
            assert row.price_date is row.price_source is None
        else:
            assert date.fromisoformat(str(row.price_date)) > date(2026, 1, 1)
            assert row.price_source


def test_a_device_is_found_in_any_case_and_a_studys_own_row_before_the_tables():
    assert find_hardware("rtx-4090").memory_bytes == 24e9
    assert find_hardware("h100").bandwidth_bytes_per_second == 3.35e12
    assert find_hardware("h100", [OWN]) is OWN


def test_an_unknown_device_names_the_nearest():
    with pytest.raises(InputError, match=r"^--device: value is 'H10O'; did you mean 'H100'\?"):
        find_hardware("H10O")


def test_a_format_without_a_peak_names_those_that_have_one():
    with pytest.raises(InputError, match="A100: no peak is known for float8; use float32, bfloat"):
        find_hardware("A100").peak("float8")


def test_a_price_of_zero_or_none_is_no_money():
    assert known_price(None, "key").reason == "key is not set"
    assert known_price(0.0, "key").reason == "key is 0: nobody pays"
    assert known_price(2.5, "key").value == 2.5
    assert find_hardware("A10G").hourly_price.reason == (
        "costs.hardware.A10G.price_per_hour is not set"
    )
