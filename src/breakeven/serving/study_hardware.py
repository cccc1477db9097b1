"""The devices, speeds and token prices that a study states, beside those of the table."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from breakeven.core.errors import InputError
from breakeven.costs.hardware import Hardware, find_hardware, hardware_table
from breakeven.costs.query_costs import ServedOn
from breakeven.costs.roofline import Achieved
from breakeven.costs.serving_work import FORMATS
from breakeven.costs.token_prices import TokenPrices
from breakeven.params.pricing import DeviceRow, Pricing, ServedAnswering

TABLE_CURRENCY = "USD"
# One of the devices that studies are trained on, and a cheap one of those that serve.
USUAL_HARDWARE = ("H100", "L4")
_NEEDED = ("memory_gb", "bandwidth_gb_per_second", "peak_tflops")


def study_hardware(pricing: Pricing, name: str, key: str = "--device") -> Hardware:
    """A device by its name: the table's, with what the study states of it, or the study's own.

    Raises:
        InputError: no such device, or one that is not in the table and lacks a figure.
    """
    found = find_hardware(name, own_hardware(pricing), key)
    own = (pricing.hardware or {}).get(found.name.lower())
    if pricing.currency != TABLE_CURRENCY and (own is None or own.price_per_hour is None):
        # What the table says in dollars is no price in another currency.
        return replace(found, price_per_hour=None, price_date=None, price_source=None)
    return found


def own_hardware(pricing: Pricing) -> list[Hardware]:
    """The rows of `costs.hardware`, filled up from the table; raises InputError as above."""
    table = {row.name.lower(): row for row in hardware_table()}
    return [_row(name, row, table.get(name)) for name, row in (pricing.hardware or {}).items()]


def study_speed(pricing: Pricing) -> Achieved:
    """What serving is taken to reach, with the defaults where the study says nothing."""
    own = pricing.serving_speed.model_dump(exclude_none=True) if pricing.serving_speed else {}
    return Achieved()._replace(**own)


def served_places(pricing: Pricing) -> list[ServedOn]:
    """The devices that a study's answers are taken to be served on, in their order.

    Raises:
        InputError: a device that is not known, is named twice, or has no peak in the format.
    """
    names = pricing.served_on.hardware if pricing.served_on else None
    if names is None:
        names = list(pricing.hardware or USUAL_HARDWARE)
    return named_places(pricing, names, "params.yaml: costs.served_on.hardware")


def named_places(pricing: Pricing, names: Iterable[str], key: str) -> list[ServedOn]:
    """Devices by their names, in their order; raises InputError as `served_places`."""
    places: dict[str, ServedOn] = {}
    for name in names:
        place = served_place(pricing, name, key)
        if place.hardware.name in places:
            raise InputError(f"{key}: value is {name!r}, which is named twice; name it once")
        places[place.hardware.name] = place
    return list(places.values())


def offered_places(pricing: Pricing) -> list[ServedOn]:
    """Every device that a calculator can offer, those of `served_places` first.

    Of the others, those that have a peak in the format that students are served in; none where the
    study models nothing. Raises InputError as above.
    """
    asked = pricing.served_on or ServedAnswering()
    if asked.hardware == []:
        return []
    dtype = FORMATS[asked.number_format].dtype
    others = [
        row.name
        for row in (*own_hardware(pricing), *hardware_table())
        if dtype in row.peak_flops_per_second
    ]
    first = [place.hardware.name for place in served_places(pricing)]
    return [served_place(pricing, name) for name in dict.fromkeys([*first, *others])]


def served_place(pricing: Pricing, name: str, key: str = "--device") -> ServedOn:
    """One device by its name, served on as the study says; raises InputError as above."""
    asked = pricing.served_on or ServedAnswering()
    hardware = study_hardware(pricing, name, key)
    # Before anything is worked out: a format that the device has no peak for ends here.
    hardware.peak(FORMATS[asked.number_format].dtype)
    return ServedOn(
        hardware, study_speed(pricing), asked.number_format, asked.devices, asked.latency_seconds
    )


def priced_by_token(pricing: Pricing) -> dict[str, TokenPrices]:
    """The prices of every service that the study has a row of."""
    return {name: study_token_prices(pricing, name) for name in pricing.token_prices or {}}


def study_token_prices(pricing: Pricing, model: str) -> TokenPrices:
    """The prices of a service's tokens; none of them known where the study has no row."""
    key = f"costs.token_prices.{model}"
    row = (pricing.token_prices or {}).get(model)
    if row is None:
        return TokenPrices(None, None, key=key)
    return TokenPrices(row.input, row.output, row.cached_input, key)


def _row(name: str, row: DeviceRow, known: Hardware | None) -> Hardware:
    missing = [field for field in _NEEDED if getattr(row, field) is None]
    if known is None and missing:
        devices = ", ".join(one.name for one in hardware_table())
        raise InputError(
            f"params.yaml: costs.hardware.{name}: {missing[0]} is missing, and the table has no "
            f"device of that name; give {', '.join(missing)}, or use one of: {devices}"
        )
    stated: dict[str, Any] = {}
    if row.memory_gb is not None:
        stated["memory_bytes"] = row.memory_gb * 1e9
    if row.bandwidth_gb_per_second is not None:
        stated["bandwidth_bytes_per_second"] = row.bandwidth_gb_per_second * 1e9
    if row.peak_tflops is not None:
        peaks: Mapping[str, float] = {**(known.peak_flops_per_second if known else {})}
        own = {dtype: figure * 1e12 for dtype, figure in row.peak_tflops.items()}
        stated["peak_flops_per_second"] = {**peaks, **own}
    if row.price_per_hour is not None:
        # Day and page of the table's price say nothing of another one.
        stated["price_per_hour"] = row.price_per_hour
        stated["price_date"] = row.price_date
        stated["price_source"] = row.price_source
    stated["source"] = row.source or (known.source if known else "params.yaml")
    return replace(known, **stated) if known else Hardware(name=name, **stated)
