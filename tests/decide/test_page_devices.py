"""The calculator of the page on devices: the numbers of the command, for batches and waits."""

import random
from dataclasses import replace

import numpy as np
import pytest
from tests.decide import simulated
from tests.decide.calculator_page import JS_SIDE, needs_browser, python_side, same, write_page
from tests.decide.packed import unpacked
from tests.decide.test_served import PLACE, SHAPES, results_with_tokens

from breakeven.costs.hardware import find_hardware
from breakeven.costs.roofline import Achieved
from breakeven.decide.calculator import calculator_of
from breakeven.decide.family_options import family_options
from breakeven.decide.options import DecisionRequest
from breakeven.decide.page_devices import Devices
from breakeven.decide.serving import served_study
from breakeven.findings.scored_results import scored_results
from breakeven.results.served import lengths_by_cell

DRAWS = 50
FAMILY = "math-open"
# A device that holds little, so that batches bind, and two of the table, one of several together
# with all that a calibration fits.
FITTED = Achieved(0.94, 0.96, 119e-6, 2e-3, 170.0, 4.8e-3)
PLACES = [
    PLACE,
    PLACE._replace(hardware=find_hardware("H100")),
    PLACE._replace(hardware=find_hardware("L4"), devices=2, achieved=FITTED),
]


@pytest.fixture(scope="module")
def results():
    """Prompts of several lengths; the largest student is of a family that nobody knows."""
    found = results_with_tokens()
    rng = np.random.default_rng(3)
    prompts = rng.integers(5, 60, len(found.items))
    return replace(found, items=found.items.assign(prompt_tokens=prompts))


SHAPES_KNOWN = SHAPES | {"l": "its architecture is not known"}


def section_of(results):
    return calculator_of(
        scored_results(results),
        simulated.bills(),
        price_per_device_hour=3.6,
        currency="USD",
        draws=DRAWS,
        devices=Devices(PLACES, SHAPES_KNOWN, lengths_by_cell(results.items)),
    )


def requests(count: int) -> list[DecisionRequest]:
    """Requests with and without a batch, a limit on the wait, a budget and a value."""
    rng = random.Random(11)
    found = []
    for _ in range(count):
        place = rng.choice(PLACES)
        money = rng.random() < 0.6
        queries = 10 ** rng.uniform(0, 7)
        found.append(
            DecisionRequest(
                queries=queries,
                unit="money" if money else rng.choice(["device_seconds", "flops", "joules"]),
                budget=rng.choice([None, queries * 10 ** rng.uniform(-7, -2)]),
                price_per_device_hour=rng.choice([3600.0, 2.5]) if money else None,
                max_seconds_per_answer=rng.choice([None, 10 ** rng.uniform(-5, -2)]),
                value_per_correct=rng.choice([None, 10 ** rng.uniform(-6, -2)]) if money else None,
                with_tuning=rng.random() < 0.2,
                with_judging=rng.random() < 0.5,
                device=place.hardware.name,
                max_latency_seconds=rng.choice([None, 10 ** rng.uniform(-3.5, -1)]),
                batch=rng.choice([None, None, 1, 8, 400]),
            )
        )
    return found


@needs_browser
@pytest.mark.browser
def test_the_page_computes_on_a_device_what_the_command_computes(results, open_page, tmp_path):
    page = open_page(write_page(section_of(results), tmp_path))
    asked = requests(60)
    scored, bills = scored_results(results), simulated.bills()
    found = page.evaluate(JS_SIDE, [FAMILY, [vars(request) for request in asked]])
    by_name = {place.hardware.name: place for place in PLACES}
    measured = family_options(scored, FAMILY, bills=bills, draws=DRAWS)
    choices, batches = set(), set()
    for request, one in zip(asked, found, strict=True):
        served = served_study(
            results,
            SHAPES_KNOWN,
            by_name[request.device],
            batch=request.batch,
            latency_seconds=request.max_latency_seconds,
        )
        choice = family_options(scored, FAMILY, bills=bills, served=served, draws=1)
        expected = python_side(choice.options, request, measured.draws)
        numbers = zip(expected.pop("numbers"), one.pop("numbers"), strict=True)
        assert all(same(*pair) for pair in numbers), request
        assert same(expected.pop("factor"), one.pop("factor")), request
        assert one == expected, request
        choices.add(expected["choice"])
        batches |= {option.batch for option in choice.options}
    assert len(choices) > 3
    assert None in choices
    assert None in batches
    assert len(batches) > 10


# Chooses a device and types what is asked of it, as a person would.
CHOOSE = """([device, texts]) => {
  const put = (name, text, event) => {
    const field = document.getElementById(`decide-${name}`);
    field.value = text;
    field.dispatchEvent(new Event(event));
  };
  put("device", device, "change");
  for (const [name, text] of Object.entries(texts)) put(name, text, "input");
  const text = (name) => document.getElementById(`decide-${name}`).textContent;
  return [text("answer"), text("problem"), document.getElementById("decide-price").value];
}"""


@needs_browser
@pytest.mark.browser
def test_a_device_is_chosen_with_its_price_its_batch_and_a_wait(results, open_page, tmp_path):
    page = open_page(write_page(section_of(results), tmp_path))
    assert page.is_disabled("#decide-batch")
    text, problem, price = page.evaluate(CHOOSE, ["H100", {"batch": "8"}])
    assert not problem
    assert price == "3.99"
    assert "Modelled on H100 with 8 answers at once (as given), one person waits" in text
    assert "nothing was measured there" in text
    text, _, _ = page.evaluate(CHOOSE, ["H100", {"batch": "1"}])
    assert "with 1 answer at once (as given)" in text
    text, _, _ = page.evaluate(CHOOSE, ["H100", {"batch": ""}])
    assert "answers at once (the most that fit)" in text
    assert "than servers run" in text
    text, _, _ = page.evaluate(CHOOSE, ["H100", {"wait": "1e-9"}])
    assert "Nothing is quick enough on H100" in text
    page.select_option("#decide-unit", "flops")
    text, problem, _ = page.evaluate(CHOOSE, ["H100", {"batch": "999999999", "wait": ""}])
    assert not problem
    assert "No option is served on H100 with 999,999,999 answers at once: its memory hold" in text
    assert text.endswith("all but 4 are served.")
    page.select_option("#decide-unit", "money")
    for name, bad in (("batch", "1.5"), ("batch", "0"), ("wait", "0"), ("wait", "soon")):
        _, problem, _ = page.evaluate(CHOOSE, ["H100", {"batch": "", "wait": "", name: bad}])
        assert problem, (name, bad)
    # Back on the machine of the study, what a device was asked is not asked.
    text, problem, price = page.evaluate(CHOOSE, ["", {}])
    assert not problem
    assert price == "3.6"
    assert "Modelled" not in text


def test_a_page_without_tokens_or_architectures_offers_no_device() -> None:
    results = simulated.results()
    devices = Devices(PLACES, SHAPES, lengths_by_cell(results.items))
    data = unpacked(calculator_of(scored_results(results), draws=DRAWS, devices=devices).json)
    assert data["devices"] == []
    assert data["served"] == {}
