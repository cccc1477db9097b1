"""A teacher or a judge that is paid by the token: money by its prices, on any device."""

from dataclasses import replace

import numpy as np
import pytest
from tests.decide import simulated
from tests.decide.calculator_page import JS_SIDE, needs_browser, python_side, same, write_page
from tests.decide.test_served import on_device, results_with_tokens
from tests.priced_study import priced_study

from breakeven.costs.amounts import Amount, absent
from breakeven.costs.bill import NO_COST
from breakeven.costs.token_prices import TokenPrices
from breakeven.decide.calculator import calculator_of
from breakeven.decide.choice import decide
from breakeven.decide.family_options import family_options
from breakeven.decide.options import DecisionRequest, cost_of
from breakeven.findings.scored_results import scored_results
from breakeven.params import load_params
from breakeven.study.services import paid_services

FAMILY = "math-open"
PRICES = TokenPrices(input=0.5, output=2.0, key="costs.token_prices.org/teacher")
# A million tokens read and three written: 0.5 + 6.
WRITTEN = replace(
    cost_of(absent("a closed service"), absent("run elsewhere")),
    read_tokens=Amount(1e6),
    new_tokens=Amount(3e6),
)
REQUEST = DecisionRequest(1e6, price_per_device_hour=3.6)


def bills():
    return {
        key: replace(bill, teacher=NO_COST if key[1] == "base" else WRITTEN)
        for key, bill in simulated.bills().items()
    }


def options(services, served=None):
    scored = scored_results(results_with_tokens())
    found = family_options(scored, FAMILY, bills=bills(), services=services, served=served, draws=1)
    return {one.name: one for one in found.options}


def money_of(option, **changes):
    (row,) = decide([option], replace(REQUEST, **changes)).rows
    return row


def test_a_teacher_paid_by_the_token_is_money_and_no_device_seconds():
    option = options({"teacher": PRICES})["m reasoning"]
    without, counted = money_of(option, with_teacher=False), money_of(option)
    assert counted.costs["money"].value == pytest.approx(without.costs["money"].value + 6.5)
    assert counted.costs["device_seconds"] == without.costs["device_seconds"]
    assert without.owned.items["teacher"].value == pytest.approx(6.5)
    # Without a price of its tokens it is not known, and what nobody taught pays nothing.
    unpriced = options({})["m reasoning"]
    assert decide([unpriced], REQUEST).request.teacher_left_out["money"] == "run elsewhere"
    assert money_of(unpriced).costs["money"] == without.costs["money"]
    assert options({"teacher": PRICES})["m base"].paid["teacher"].value == 0.0
    nothing = options({"teacher": PRICES._replace(output=0.0)})["m reasoning"]
    assert (
        nothing.paid["teacher"].reason == "costs.token_prices.org/teacher.output is 0: nobody pays"
    )


def test_it_is_so_on_a_device_and_before_the_first_query():
    results = results_with_tokens()
    served = options({"teacher": PRICES}, on_device(results))["m reasoning"]
    assert served.paid["teacher"].value == pytest.approx(6.5)
    dear = options({"teacher": PRICES})["m reasoning"]
    row = money_of(dear, queries=0.0)
    assert row.costs["money"].value == pytest.approx(
        6.5 + dear.bill.training.device_seconds.value * 3.6 / 3600
    )


@needs_browser
@pytest.mark.browser
def test_the_page_counts_it_as_the_command_does(open_page, tmp_path):
    scored = scored_results(results_with_tokens())
    section = calculator_of(scored, bills(), services={"teacher": PRICES}, draws=50)
    page = open_page(write_page(section, tmp_path))
    choices = family_options(scored, FAMILY, bills=bills(), services={"teacher": PRICES}, draws=50)
    asked = [
        replace(REQUEST, queries=10**power, with_teacher=teacher, unit=unit)
        for power in (0, 3, 6)
        for teacher in (False, True)
        for unit in ("money", "device_seconds")
    ]
    found = page.evaluate(JS_SIDE, [FAMILY, [vars(request) for request in asked]])
    for request, one in zip(asked, found, strict=True):
        expected = python_side(choices.options, request, np.asarray(choices.draws))
        numbers = zip(expected.pop("numbers"), one.pop("numbers"), strict=True)
        assert all(same(*pair) for pair in numbers), request
        assert same(expected.pop("factor"), one.pop("factor"))
        assert one == expected, request


def test_prices_are_those_of_the_endpoint_and_of_one_judge(project):
    params = load_params_of(project)
    assert paid_services(params) == {
        "teacher": TokenPrices(0.5, 2.0, None, "costs.token_prices.org/teacher"),
        "judging": TokenPrices(0.1, 0.4, None, "costs.token_prices.org/judge"),
    }


def test_a_jury_of_several_prices_is_not_priced(project):
    jury = {
        name: {"model": f"org/{model}", "base_url": "http://127.0.0.1:1/v1"}
        for name, model in (("one", "judge"), ("two", "other"), ("three", "third"))
    }
    assert set(paid_services(load_params_of(project, jury))) == {"teacher"}


def load_params_of(folder, judges=None):
    """A study with an endpoint that teaches, one judge unless others are given, priced tokens."""
    teacher = {
        "kind": "openai",
        "model": "org/teacher",
        "base_urls": ["http://127.0.0.1:1/v1"],
        "styles": {
            "ift": {"trace": "none", "max_new_tokens": 8},
            "reasoning": {"trace": "think-tags", "max_new_tokens": 8},
        },
    }
    judge = {"one": {"model": "org/judge", "base_url": "http://127.0.0.1:1/v1"}}
    prices = {
        "org/teacher": {"input": 0.5, "output": 2.0},
        "org/judge": {"input": 0.1, "output": 0.4},
    }
    return load_params(
        priced_study(folder, prices, teacher=teacher, grading={"judges": judges or judge})
    )
