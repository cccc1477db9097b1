"""Devices, speeds and token prices as params.yaml states them."""

import pytest
from pydantic import ValidationError

from breakeven.core.errors import InputError
from breakeven.costs.hardware import find_hardware
from breakeven.costs.roofline import Achieved
from breakeven.params.pricing import Pricing
from breakeven.serving.study_hardware import (
    served_places,
    study_hardware,
    study_speed,
    study_token_prices,
)


def pricing(**costs):
    return Pricing.model_validate(costs)


def test_a_stated_price_leaves_the_rest_of_the_tables_row():
    row = {"price_per_hour": 2.1, "price_date": "2026-11-26", "price_source": "our contract"}
    found, table = study_hardware(pricing(hardware={"h100": row}), "H100"), find_hardware("H100")
    assert found.price_per_hour == 2.1
    assert (found.price_date, found.price_source) == ("2026-11-26", "our contract")
    assert found.bandwidth_bytes_per_second == table.bandwidth_bytes_per_second
    assert found.name == "H100"
    # Of another price, day and page are not known.
    alone = study_hardware(pricing(hardware={"h100": {"price_per_hour": 2.1}}), "h100")
    assert alone.price_date is alone.price_source is None


def test_a_device_of_the_studys_own_needs_all_its_figures():
    own = {"memory_gb": 96, "bandwidth_gb_per_second": 4000, "peak_tflops": {"bfloat16": 148}}
    found = study_hardware(pricing(hardware={"h20": own}), "H20")
    assert (found.memory_bytes, found.peak("bfloat16")) == (96e9, 148e12)
    assert found.hourly_price.reason == "costs.hardware.h20.price_per_hour is not set"
    del own["peak_tflops"]
    with pytest.raises(InputError, match=r"costs.hardware.h20: peak_tflops is missing, and the ta"):
        study_hardware(pricing(hardware={"h20": own}), "H100")


def test_a_peak_in_one_more_format_is_added_to_the_tables():
    row = {"peak_tflops": {"float8": 600}}
    found = study_hardware(pricing(hardware={"a100": row}), "A100")
    assert (found.peak("float8"), found.peak("bfloat16")) == (600e12, 312e12)


def test_dollars_of_the_table_are_no_price_in_another_currency():
    assert study_hardware(pricing(), "H100").price_per_hour is not None
    euros = pricing(currency="EUR")
    assert study_hardware(euros, "H100").hourly_price.value is None
    stated = pricing(currency="EUR", hardware={"h100": {"price_per_hour": 3.0}})
    assert study_hardware(stated, "H100").price_per_hour == 3.0


def test_a_price_of_zero_is_kept_and_is_no_money():
    found = study_hardware(pricing(hardware={"l4": {"price_per_hour": 0.0}}), "L4")
    assert found.hourly_price.reason == "costs.hardware.L4.price_per_hour is 0: nobody pays"


def test_a_stated_speed_leaves_the_other_defaults():
    assert study_speed(pricing()) == Achieved()
    found = study_speed(pricing(serving_speed={"layer_seconds": 0.0}))
    assert found == Achieved()._replace(layer_seconds=0.0)


def test_token_prices_go_by_the_model():
    costs = pricing(token_prices={"org/judge-70b": {"input": 0.5, "output": 1.5}})
    assert study_token_prices(costs, "org/judge-70b").money(1e6, 1e6).value == pytest.approx(2.0)
    missing = study_token_prices(costs, "other").money(10, 10)
    assert missing.reason is not None
    assert missing.reason.startswith("costs.token_prices.other.input is not set")


@pytest.mark.parametrize(
    "costs",
    [
        {"hardware": {"h100": {"price_per_hour": -1.0}}},
        {"hardware": {"h100": {"price_date": "last week"}}},
        {"hardware": {"h100": {"peak_tflops": {"int8": 5.0}}}},
        {"hardware": {"h100": {"memory_gb": 0}}},
        {"serving_speed": {"bandwidth_share": 1.2}},
        {"serving_speed": {"compute_share": 0.0}},
        {"serving_speed": {"bandwidth_share": 1e-300}},
        {"serving_speed": {"layer_seconds": 1e308}},
        {"hardware": {"h100": {"memory_gb": 1e308}}},
        {"hardware": {"h100": {"bandwidth_gb_per_second": 1e-300}}},
        {"token_prices": {"judge": {"input": -0.1}}},
        {"token_prices": {"judge": {"inputs": 1.0}}},
    ],
)
def test_impossible_values_are_refused(costs):
    with pytest.raises(ValidationError):
        pricing(**costs)


def test_answers_are_served_on_the_devices_that_a_study_names():
    assert [place.hardware.name for place in served_places(pricing())] == ["H100", "L4"]
    own = pricing(hardware={"a100": {"price_per_hour": 1.5}})
    assert [place.hardware.price_per_hour for place in served_places(own)] == [1.5]
    (asked,) = served_places(pricing(served_on={"hardware": ["b200"], "latency_seconds": 2}))
    assert (asked.hardware.name, asked.latency_seconds, asked.devices) == ("B200", 2.0, 1)
    assert served_places(pricing(served_on={"hardware": []})) == []


@pytest.mark.parametrize(
    ("served_on", "message"),
    [
        ({"hardware": ["H10"]}, r"costs\.served_on\.hardware: value is 'H10'; .*H100"),
        ({"hardware": ["L4", "l4"]}, "which is named twice"),
        ({"hardware": ["A10G"], "number_format": "float8"}, "no peak is known for float8"),
    ],
)
def test_devices_that_cannot_serve_are_refused(served_on, message):
    with pytest.raises(InputError, match=message):
        served_places(pricing(served_on=served_on))
