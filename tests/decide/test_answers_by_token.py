"""Students whose answers are paid by the token: imported ones have no device."""

from dataclasses import replace

import pytest
from tests.decide.calculator_page import JS_SIDE, needs_browser, python_side, same, write_page
from tests.decide.packed import unpacked
from tests.priced_study import priced_study

from breakeven.core.errors import InputError
from breakeven.costs.token_prices import TokenPrices
from breakeven.decide.calculator import calculator_of
from breakeven.decide.decide_command import OnDevice, decide_command
from breakeven.decide.decision_text import decision_lines
from breakeven.decide.family_options import family_options
from breakeven.decide.options import DecisionRequest
from breakeven.findings.scored_results import scored_results
from breakeven.importing.read_results import import_results
from breakeven.params.pricing import Pricing
from breakeven.report.outside_results import imported
from breakeven.report.view import view_of
from breakeven.report.write import _calculator
from breakeven.results.served import shapes_by_name, with_served

FAMILY = "math-open"
HEADER = (
    "student,size_b,style,family,accuracy,prompt_tokens,thinking_tokens,answer_tokens,"
    "train_device_seconds,device_seconds\n"
)
ROWS = """api,7,ift,math-open,0.60,200,0,100,0,
api,7,reasoning,math-open,0.80,200,1800,200,0,
api,7,base,math-open,0.50,200,0,50,,
own,1,ift,math-open,0.40,200,0,100,1000,0.01
own,1,reasoning,math-open,0.70,200,1000,100,2000,0.1
other,3,ift,math-open,0.90,200,0,100,0,
"""
# A million tokens of each.
PRICES = {"api": {"input": 0.5, "output": 2.0}}


@pytest.fixture
def table(project):
    priced_study(project, PRICES)
    path = project / "results.csv"
    path.write_text(HEADER + ROWS)
    return path


def decided(table, **options):
    costs = table.parent / "priced.yaml"
    return decide_command(FAMILY, 1e6, results_file=table, costs_file=costs, **options)


def rows(result):
    return {row["name"]: row for row in result["options"]}


def test_an_imported_student_without_a_device_costs_its_tokens(table):
    found = decided(table, price_per_device_hour=3.6)
    money = {name: row["lifetime_cost"]["money"] for name, row in rows(found).items()}
    # 200 read and 100, 2,000 or 50 written, of a million queries; own ones by the hour.
    assert money == {
        "api ift": pytest.approx(100 + 200),
        "api reasoning": pytest.approx(100 + 4000),
        "api base": pytest.approx(100 + 100),
        "own ift": pytest.approx((1000 + 1e4) / 1000),
        "own reasoning": pytest.approx((2000 + 1e5) / 1000),
        "other ift": None,
    }
    assert rows(found)["api ift"]["ownership"]["answering"] == pytest.approx(300)
    assert rows(found)["api ift"]["answers_by_token"] is True
    assert found["choice"]["name"] == "api reasoning"
    assert found["request"]["currency"] == "EUR"
    assert "answers paid by the token" in decision_lines(found)[1]
    # Neither a device nor a price: no money, and said so.
    other = rows(found)["other ift"]
    assert other["why_not"].startswith("its cost is not known")
    assert "device-seconds of an answer not known" in other["absent"]["money"]


def test_what_a_service_had_cached_is_paid_at_its_own_price(table):
    cached = table.read_text().replace(
        "device_seconds\n", "device_seconds,cached_prompt_tokens\n", 1
    )
    for row, tokens in (("api,7,ift", "150"), ("api,7,reasoning", "0"), ("api,7,base", "")):
        line = next(one for one in cached.splitlines() if one.startswith(row))
        cached = cached.replace(line, f"{line},{tokens}")
    cached = "\n".join(
        line if line.startswith(("student", "api")) else f"{line}," for line in cached.splitlines()
    )
    table.write_text(cached + "\n")
    prices = {"api": {"input": 0.5, "cached_input": 0.1, "output": 2.0}}
    priced_study(table.parent, prices)
    found = decided(table, price_per_device_hour=3.6)
    money = {name: row["lifetime_cost"]["money"] for name, row in rows(found).items()}
    assert money["api ift"] == pytest.approx(50 * 0.5 + 150 * 0.1 + 200)
    assert money["api reasoning"] == pytest.approx(100 + 4000)
    assert money["api base"] == pytest.approx(100 + 100)
    notes = imported(table, (), (), Pricing(token_prices=prices))[0].notes
    assert sum("cached is not known of 1 of 3 cells (api)" in note for note in notes) == 1


def test_money_by_the_token_needs_no_price_of_hours(table):
    found = decided(table, unit="money", budget=1000.0)
    assert found["choice"]["name"] == "api ift"
    (pair,) = [
        one
        for one in found["break_evens"]
        if {one["first"], one["second"]} == {"api base", "api ift"}
    ]
    assert pair["absent"]["money"] == "api base is cheaper at any number of queries"
    with pytest.raises(InputError, match="unit: is in money, and there is no price"):
        decide_command(FAMILY, 1e6, results_file=table, unit="money")


def test_the_page_of_an_import_has_the_price_of_hours_that_the_command_has(table):
    pricing = Pricing(price_per_device_hour=3.6, currency="EUR", token_prices=PRICES)
    data = unpacked(_calculator(view_of(*imported(table, (), (), pricing))).json)
    assert (data["price_per_device_hour"], data["currency"]) == (3.6, "EUR")


def test_a_device_in_two_spellings_is_refused_and_not_two_devices(table):
    with pytest.raises(InputError, match="--hardware: value is 'h100', which is named twice"):
        imported(table, (), ("H100", "h100"), Pricing())


def test_a_price_of_zero_is_no_price(table):
    priced_study(table.parent, {"api": {"input": 0.5, "output": 0.0}})
    row = rows(decided(table, price_per_device_hour=3.6))["api ift"]
    assert row["absent"]["money"] == "costs.token_prices.api.output is 0: nobody pays"


def test_a_service_is_a_choice_beside_a_device_that_cannot_serve_it(table):
    found = decided(table, device=OnDevice("H100"), price_per_device_hour=3.6)
    assert found["choice"]["name"] == "api reasoning"
    assert found["choice"]["batch"] is None
    assert "answered by a service, not on H100" in decision_lines(found)[1]
    # Whose architecture nobody knows is not served there, whatever it costs.
    assert not rows(found)["own reasoning"]["fits"]


def priced(table):
    results = import_results(table)
    shapes = shapes_by_name(results.students())
    return with_served(results, shapes, (), {"api": TokenPrices(0.5, 2.0)})


@needs_browser
@pytest.mark.browser
def test_the_page_counts_tokens_as_the_command_does(open_page, tmp_path, table):
    scored = scored_results(priced(table))
    page = open_page(write_page(calculator_of(scored), tmp_path))
    options = family_options(scored, FAMILY).options
    plain = DecisionRequest(1e6)
    asked = [
        replace(plain, queries=queries, budget=budget, price_per_device_hour=price, unit=unit)
        for queries in (0.0, 1e3, 1e6)
        for budget in (None, 150.0)
        for price in (None, 3.6)
        for unit in ("money", "device_seconds")
    ]
    found = page.evaluate(JS_SIDE, [FAMILY, [vars(request) for request in asked]])
    for request, one in zip(asked, found, strict=True):
        expected = python_side(options, request, None)
        numbers = zip(expected.pop("numbers"), one.pop("numbers"), strict=True)
        assert all(same(*pair) for pair in numbers), request
        assert same(expected.pop("factor"), one.pop("factor"))
        assert one == expected, request
    # The page opens in money: every option that it offers by default has some.
    assert page.locator("#decide-unit").input_value() in ("money", "flops")
