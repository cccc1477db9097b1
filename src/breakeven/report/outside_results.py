"""What a report needs of results that no study here has made: published ones and anyone's own."""

from dataclasses import replace
from pathlib import Path

from breakeven.importing.read_results import import_results
from breakeven.params.pricing import Pricing
from breakeven.results.cell_results import Results
from breakeven.results.replay import published_lengths, published_shapes, replay_results
from breakeven.results.served import shapes_by_name, with_served
from breakeven.serving.study_hardware import (
    named_places,
    offered_places,
    priced_by_token,
    served_place,
)
from breakeven.study.summary import StudySummary, summary_without_records


def replayed(hardware: str | None) -> tuple[Results, StudySummary]:
    """The published numbers; with a device named, also what their answers would cost there.

    Raises:
        InputError: The device is not known.
    """
    place = None if hardware is None else served_place(Pricing(), hardware, "--hardware")
    results = replay_results(place)
    shapes = published_shapes(results)
    summary = replace(
        summary_without_records(),
        served_on=() if place is None else (place,),
        offered=tuple(offered_places(Pricing())),
        shapes=shapes,
        lengths=published_lengths(results, shapes),
    )
    return results, summary


def imported(
    path: Path, families: tuple[str, ...], hardware: tuple[str, ...], pricing: Pricing
) -> tuple[Results, StudySummary]:
    """Anyone's results; those of known models also at the devices named and at token prices.

    Raises:
        InputError: A device is not known or is named twice, or the file cannot be read as results.
    """
    places = named_places(pricing, hardware, "--hardware")
    prices = priced_by_token(pricing)
    results = import_results(path, families=families)
    shapes = shapes_by_name(results.students())
    if places or prices:
        results = with_served(results, shapes, places, prices)
    summary = replace(
        summary_without_records(),
        served_on=tuple(places),
        offered=tuple(offered_places(pricing)),
        shapes=shapes,
        price_per_device_hour=pricing.price_per_device_hour,
        currency=pricing.currency,
    )
    return results, summary
