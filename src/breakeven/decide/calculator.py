"""The calculator as a part of the report page: a fragment, its packed data, its script."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from breakeven.core.packed import packed
from breakeven.costs.amounts import Amount
from breakeven.costs.bill import Cost
from breakeven.decide.columns import in_columns
from breakeven.decide.family_options import (
    Bills,
    FamilyOptions,
    Services,
    family_options,
    option_groups,
)
from breakeven.decide.options import Option
from breakeven.decide.page_devices import Devices, PageDevices
from breakeven.findings.scored_results import ScoredResults

# In the order that they run in. The core reads no page: it is what tests compare with Python.
CORE = ("unpacked.js", "columns.js", "served.js", "decide_core.js")
_VIEW = ("decide_words.js", "decide_chart.js", "decide_view.js")

# What HTML or JavaScript could take for its own; all are legal inside JSON strings when escaped.
_ESCAPES = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}


class Calculator(NamedTuple):
    """`html` holds no data; `json` goes into `<script type="application/json" id="decide-data">`.

    `script` runs after both. None of the three holds an unescaped `</script>` of its own data.
    """

    html: str
    json: str
    script: str


def calculator_of(
    scored: ScoredResults,
    bills: Bills | None = None,
    *,
    price_per_device_hour: float | None = None,
    currency: str = "",
    draws: int = 2000,
    seed: int = 0,
    devices: Devices | None = None,
    services: Services | None = None,
) -> Calculator:
    """The calculator over all families that have an option, with the resamples that back it.

    With the same draws and seed it decides as `decide_command` does, on each of `devices` too.
    """
    results = scored.results
    offered = PageDevices(devices or Devices((), {}), bills or {})
    offering = {
        family: choices
        for family in results.families()
        if (
            choices := family_options(
                scored, family, bills=bills, services=services, draws=draws, seed=seed
            )
        ).options
    }
    for family in offering:
        offered.add(family, option_groups(results, family))
    data = {
        "study": results.study,
        "price_per_device_hour": price_per_device_hour,
        "currency": currency,
        "families": {family: _family(choices) for family, choices in offering.items()},
        **offered.data(),
        "notes": [note for note in results.notes if "derived" in note],
    }
    script = "".join(map(resource, (*CORE, *_VIEW)))
    resamples = {family: choices.draws for family, choices in offering.items()}
    return Calculator(resource("decide.html"), packed_data(data, resamples), script)


def packed_data(data: Any, draws: Mapping[str, NDArray[np.uint16] | None]) -> str:  # noqa: ANN401
    """The calculator's data and each family's resamples, as `columns.js` unpacks them."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    resamples = {
        family: None if own is None else packed(_planes(own)) for family, own in draws.items()
    }
    return embedded_json({"data": packed(text.encode("ascii")), "draws": resamples})


def _planes(draws: NDArray[np.uint16]) -> bytes:
    """Option after option, first the lower byte of every number, then the upper one.

    An option's upper bytes are nearly alike, which is all that can be saved on resamples.
    """
    by_option = draws.T
    return b"".join(part.astype(np.uint8).tobytes() for part in (by_option & 255, by_option >> 8))


def embedded_json(data: Any) -> str:  # noqa: ANN401 - any JSON value
    """JSON that is safe inside a script element, whatever its strings hold."""
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    for character, escape in _ESCAPES.items():
        text = text.replace(character, escape)
    return text


def _family(choices: FamilyOptions) -> dict[str, Any]:
    return {
        "options": in_columns([_option(option) for option in choices.options]),
        "draws_reason": choices.reason,
        "resampled": choices.resampled,
    }


def _option(option: Option) -> dict[str, Any]:
    bill = option.bill
    return {
        "name": option.name,
        "style": option.style,
        "accuracy": option.accuracy,
        "training": _cost(bill.training),
        "answer": _cost(bill.per_answer),
        "teacher": _cost(bill.teacher),
        "tuning": _cost(bill.tuning),
        "judging": _cost(bill.judging),
        "paid": {item: _amount(money) for item, money in option.paid.items()},
    }


def _cost(cost: Cost) -> dict[str, Any]:
    return {
        "flops": _amount(cost.flops),
        "device_seconds": _amount(cost.device_seconds),
        "joules": _amount(cost.energy_joules),
    }


def _amount(amount: Amount) -> dict[str, Any]:
    return {"value": amount.value, "reason": amount.reason}


def resource(name: str) -> str:
    """The text of a file that lies beside this module."""
    return files("breakeven.decide").joinpath(name).read_text(encoding="utf-8")
