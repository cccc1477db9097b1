"""`breakeven decide`: the decision as one JSON object, or as a few lines to read."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from breakeven.core.errors import InputError, did_you_mean
from breakeven.core.layout import items_path
from breakeven.costs.architecture import Architecture
from breakeven.costs.token_prices import TokenPrices
from breakeven.decide.by_law import LawRequest, law_answer
from breakeven.decide.choice import Decision, decide
from breakeven.decide.decision_text import decision_json
from breakeven.decide.family_options import Bills, family_options
from breakeven.decide.options import (
    UNITS,
    DecisionRequest,
    Option,
    Unit,
    check_request,
    not_served,
    priced,
)
from breakeven.decide.serving import ServedStudy, served_study
from breakeven.findings.scored_results import scored_results
from breakeven.params.pricing import Pricing
from breakeven.results.cell_results import Results
from breakeven.results.served import shapes_by_name, with_served
from breakeven.serving.study_hardware import TABLE_CURRENCY, priced_by_token, served_place

OPTIONS = {
    "queries": "--queries",
    "budget": "--budget",
    "price_per_device_hour": "--price-per-device-hour",
    "max_seconds_per_answer": "--max-device-seconds",
    "value_per_correct": "--value-per-correct",
    "unit": "--unit",
    "device": "--device",
    "max_latency_seconds": "--max-latency-seconds",
    "batch": "--batch",
}
_COUNTED: dict[Unit, str] = {
    "device_seconds": "device-seconds",
    "flops": "FLOPs",
    "joules": "joules",
}


class OnDevice(NamedTuple):
    """Where options are served: a device by name, and how many answers at once, None for all."""

    name: str
    batch: int | None = None


class DecisionData(NamedTuple):
    """Where a decision's numbers come from, and how its resamples are drawn.

    `shapes` are the students' architectures and `pricing` the study's devices, for options that are
    served on a named one; `services` what is paid by the token.
    """

    results: Results
    bills: Bills
    price_per_device_hour: float | None = None
    currency: str = ""
    draws: int = 2000
    seed: int = 0
    shapes: Mapping[str, Architecture | str] = {}
    services: Mapping[str, TokenPrices] = {}
    pricing: Pricing = Pricing()


def decide_command(
    family: str,
    queries: float,
    *,
    budget: float | None = None,
    price_per_device_hour: float | None = None,
    max_seconds_per_answer: float | None = None,
    value_per_correct: float | None = None,
    unit: str | None = None,
    with_teacher: bool = True,
    with_judging: bool = False,
    with_tuning: bool = False,
    results_file: Path | None = None,
    params_file: Path = Path("params.yaml"),
    costs_file: Path | None = None,
    law: LawRequest | None = None,
    device: OnDevice | None = None,
    max_latency_seconds: float | None = None,
) -> dict[str, Any]:
    """Decide on the study of the current folder, or on a table of results.

    The teacher is counted where its cost is known of both styles, unless `with_teacher` is false.
    `law` asks the law of the gain too, for a size, depth and token ratio that nobody measured.

    `unit` is flops, device-seconds, money or joules: what costs and the budget are counted in.
    Without it, money where there is a price or a budget, else device-seconds where all options have
    them, else FLOPs. The price is that of params.yaml unless given, on a `device` the device's own.
    There all seconds are modelled, and `max_latency_seconds` is what one person waits. Raises
    InputError on an unknown family, unit or device, on negative numbers, and where no option fits.
    A price of zero is no price: money is absent, and costs are counted in another unit.
    """
    source = _source(results_file, params_file, costs_file)
    place = None if device is None else served_place(source.pricing, device.name)
    price = price_per_device_hour
    if price is None:
        price = source.price_per_device_hour
        if place is not None:
            price = place.hardware.hourly_price.value
            # A table has no currency of its own; the price is that of the devices' table.
            source = source._replace(currency=source.currency or TABLE_CURRENCY)
    request = DecisionRequest(
        queries=queries,
        unit="money",
        budget=budget,
        price_per_device_hour=price,
        max_seconds_per_answer=max_seconds_per_answer,
        value_per_correct=value_per_correct,
        with_teacher=with_teacher,
        with_judging=with_judging,
        with_tuning=with_tuning,
        device=None if place is None else place.hardware.name,
        max_latency_seconds=max_latency_seconds,
        batch=None if device is None else device.batch,
    )
    check_request(replace(request, unit="flops", value_per_correct=None), OPTIONS)
    served = None
    if place is not None:
        served = served_study(
            source.results,
            source.shapes,
            place,
            batch=request.batch,
            latency_seconds=max_latency_seconds,
        )
    decision = decision_of(source, family, request, unit, served)
    if law is None:
        return decision
    scored = scored_results(source.results)
    asked = law_answer(scored, family, law, draws=source.draws, seed=source.seed)
    return {**decision, "law": asked}


def decision_of(
    source: DecisionData,
    family: str,
    request: DecisionRequest,
    unit: str | None = None,
    served: ServedStudy | None = None,
) -> dict[str, Any]:
    """The decision on given results as JSON; `unit` None chooses one (see `decide_command`)."""
    choices = family_options(
        scored_results(source.results),
        family,
        bills=source.bills,
        served=served,
        services=source.services,
        draws=source.draws,
        seed=source.seed,
    )
    if not choices.options:
        raise InputError(
            f"decide: --family: value is {family!r}, which has no option: its arms are controls; "
            "choose another family"
        )
    # The unit is settled once the options are known: without a price it is what all of them have.
    asked = replace(request, unit=_unit(unit, request, choices.options))
    check_request(asked, OPTIONS, choices.options)
    decision = decide(choices.options, asked, choices.draws)
    if decision.choice is None:
        raise InputError(f"decide: no option fits: {_with_hint(decision)}")
    return decision_json(decision, source.results, family, source.currency, choices.resampled)


def _source(results_file: Path | None, params_file: Path, costs_file: Path | None) -> DecisionData:
    if results_file is not None:
        return _imported(results_file, costs_file)
    from breakeven.params import load_params
    from breakeven.study.collect import collect

    params = load_params(params_file)
    if not items_path().is_file():
        raise InputError(
            f"{items_path()}: no such file; run `dvc repro score` first, or give a table with "
            "--results"
        )
    results, summary = collect(params)
    return DecisionData(
        results,
        summary.bills,
        summary.price_per_device_hour,
        summary.currency,
        summary.settings.draws,
        summary.settings.seed,
        summary.shapes,
        summary.services,
        params.costs,
    )


def _imported(results_file: Path, costs_file: Path | None) -> DecisionData:
    """A table has no bills: what a teacher or a judge took is not in it."""
    from breakeven.importing.read_results import import_results
    from breakeven.params import load_params

    found = import_results(results_file)
    shapes = shapes_by_name(found.students())
    if costs_file is None:
        return DecisionData(found, {}, shapes=shapes)
    pricing = load_params(costs_file).costs
    found = with_served(found, shapes, (), priced_by_token(pricing))
    return DecisionData(
        found, {}, pricing.price_per_device_hour, pricing.currency, shapes=shapes, pricing=pricing
    )


def _unit(word: str | None, request: DecisionRequest, options: tuple[Option, ...]) -> Unit:
    if word is not None:
        for unit in UNITS:
            if word in (unit, unit.replace("_", "-")):
                return unit
        names = [unit.replace("_", "-") for unit in UNITS]
        raise InputError(f"decide: --unit: value is {word!r}; {did_you_mean(word, names)}")
    asked = request.budget is not None or request.value_per_correct is not None
    by_token = all(option.by_token for option in options)
    if asked or by_token or priced(request.price_per_device_hour):
        return "money"
    # Seconds are measured and FLOPs are computed, so seconds come first.
    return "device_seconds" if timed(options) else "flops"


def timed(options: tuple[Option, ...]) -> bool:
    """Whether device-seconds of training and answering are known of every option."""
    return all(
        option.bill.training.device_seconds.value is not None
        and option.bill.per_answer.device_seconds.value is not None
        for option in options
    )


def _with_hint(decision: Decision) -> str:
    reason, rows = decision.reason or "", decision.rows
    unserved = all(not_served(row.option, decision.request) for row in rows)
    if unserved or any(row.cost.value is not None for row in rows):
        return reason
    # Seconds come first, as they do where no unit is asked for.
    for unit, words in _COUNTED.items():
        if any(row.costs[unit].value is not None for row in rows):
            return f"{reason}; --unit {unit.replace('_', '-')} counts {words} instead"
    return reason
