"""The calculator of the report page: its data, and its agreement with the command line."""

import base64
import itertools
import json

import numpy as np
import pytest
from tests.decide import simulated
from tests.decide.calculator_page import JS_SIDE, needs_browser, python_side, same, write_page
from tests.decide.packed import packed_again, rows_of, unpacked
from tests.decide.studies import STUDIES, options_of

from breakeven.core.errors import InputError
from breakeven.decide.calculator import CORE, calculator_of, embedded_json, resource
from breakeven.decide.certainty import STEPS
from breakeven.decide.columns import in_columns
from breakeven.decide.decide_command import DecisionData, decision_of
from breakeven.decide.family_options import family_options
from breakeven.decide.options import DecisionRequest
from breakeven.findings.scored_results import scored_results

DRAWS = 200


@pytest.fixture(scope="module")
def source():
    return DecisionData(simulated.results(), simulated.bills(), 3.6, "EUR", DRAWS, 1)


def section_of(source):
    return calculator_of(
        scored_results(source.results),
        source.bills,
        price_per_device_hour=source.price_per_device_hour,
        currency=source.currency,
        draws=source.draws,
        seed=source.seed,
    )


def test_the_data_holds_the_resamples_that_the_command_reads(source):
    data = unpacked(section_of(source).json)
    for family in simulated.FAMILIES:
        choices = family_options(scored_results(source.results), family, draws=DRAWS, seed=1)
        assert np.array_equal(data["families"][family]["draws"], choices.draws)
        assert [o["accuracy"] for o in rows_of(data["families"][family]["options"])] == [
            option.accuracy for option in choices.options
        ]


def test_packed_data_take_less_room_than_the_same_in_base64(source):
    text = section_of(source).json
    data = unpacked(text)
    for family in data["families"].values():
        family["draws"] = base64.b64encode(family["draws"].tobytes()).decode()
    assert len(text) < 0.8 * len(embedded_json(data))


@needs_browser
@pytest.mark.browser
def test_a_browser_that_cannot_unpack_is_told(source, browser, tmp_path):
    page = browser.new_page()
    page.add_init_script("delete globalThis.DecompressionStream")
    page.goto(write_page(section_of(source), tmp_path))
    page.wait_for_selector("#decide-problem:not(:empty)")
    assert "those from 2023 on can" in page.inner_text("#decide-problem")
    page.close()


def test_embedded_json_cannot_end_its_script_and_reads_back():
    hostile = {"</script><img src=x onerror=alert(1)>": "<!--<script>\u2028&\u2029"}
    text = embedded_json(hostile)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == hostile


def test_the_parts_do_not_end_their_own_script_and_name_no_address(source):
    section = section_of(source)
    assert "</script" not in section.script.lower()
    assert "innerHTML" not in section.script
    for part in (section.html, section.script.replace("http://www.w3.org/2000/svg", "")):
        assert "http:" not in part
        assert "https:" not in part


GRID = [
    DecisionRequest(queries, unit, budget, price, limit, value, teacher, teacher)
    for queries, unit, budget, price, limit, value, teacher in itertools.product(
        (0.0, 1e4, 1e6, 3.3e8),
        ("flops", "device_seconds", "money", "joules"),
        (None, 20.0, 1e5, 1e14),
        (0.0, 3.6),
        (None, 0.03),
        (None, 1e-4),
        (False, True),
    )
    # A price of zero is no price: costs are counted in another unit then, without a value.
    if price or (value is None and unit != "money")
    if value is None or unit == "money"
    if not (teacher and limit)
]


def agree(in_browser, options, draws):
    choices = set()
    for request, found in zip(GRID, in_browser, strict=True):
        expected = python_side(options, request, draws)
        numbers = list(zip(expected.pop("numbers"), found.pop("numbers"), strict=True))
        factors = expected.pop("factor"), found.pop("factor")
        assert found == expected, request
        assert same(*factors), request
        assert all(same(*pair) for pair in numbers), (request, numbers)
        choices.add(expected["choice"])
    assert len(choices) > 2, "the grid must make a difference"


@needs_browser
@pytest.mark.browser
@pytest.mark.parametrize("family", simulated.FAMILIES)
def test_the_page_computes_what_the_command_computes(source, open_page, tmp_path, family):
    page = open_page(write_page(section_of(source), tmp_path))
    choices = family_options(
        scored_results(source.results), family, bills=source.bills, draws=DRAWS, seed=1
    )
    agree(
        page.evaluate(JS_SIDE, [family, [vars(request) for request in GRID]]),
        choices.options,
        choices.draws,
    )


@needs_browser
@pytest.mark.browser
@pytest.mark.parametrize("study", STUDIES)
def test_ties_and_gaps_come_out_alike_too(source, open_page, tmp_path, study):
    from breakeven.decide.calculator import _family
    from breakeven.decide.family_options import FamilyOptions

    options = options_of(STUDIES[study])
    rng = np.random.default_rng(0)
    draws = rng.integers(0, 4, size=(50, len(options))).astype("<u2")
    section = section_of(source)
    data = unpacked(section.json)
    hand = _family(FamilyOptions(tuple(options), draws, None))
    data["families"] = {"hand": {**hand, "draws": draws}}
    page = open_page(write_page(section._replace(json=packed_again(data)), tmp_path))
    found = page.evaluate(JS_SIDE, ["hand", [vars(request) for request in GRID]])
    agree(found, options, draws)


# What a decision is, in a thread that has no document.
APART = """async ([script, text, request]) => {
  const answer = `onmessage = async ({ data: [text, request] }) => {
    const page = await breakevenDecideData(text);
    const { draws } = page.families["math-open"];
    const options = breakevenDecide.optionsOf(page, "math-open", request);
    const found = breakevenDecide.decide(options, request, draws);
    postMessage([typeof document, found.choice.option.name, found.probability]);
  };`;
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(script + answer)}`);
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve(message);
    worker.postMessage([text, request]);
  });
}"""


@needs_browser
@pytest.mark.browser
def test_the_arithmetic_of_the_page_needs_no_page(source, browser):
    request = DecisionRequest(1e6, "money", None, 3.6)
    core = "".join(map(resource, CORE))
    page = browser.new_page()
    found = page.evaluate(APART, [core, section_of(source).json, vars(request)])
    page.close()
    result = decision_of(source, "math-open", request, "money")
    assert found == ["undefined", result["choice"]["name"], result["probability"]]


# Types all numbers at once, as a person would one after another.
TYPE = """(texts) => {
  for (const [name, text] of Object.entries(texts)) {
    const field = document.getElementById(`decide-${name}`);
    field.value = text;
    field.dispatchEvent(new Event("input"));
  }
  const answer = document.getElementById("decide-answer");
  return [answer.dataset.choice, answer.textContent];
}"""


@needs_browser
@pytest.mark.browser
def test_what_is_typed_into_the_page_gets_the_command_lines_choice(source, open_page, tmp_path):
    page = open_page(write_page(section_of(source), tmp_path))
    shown = set()
    for queries, price, budget, limit in itertools.product(
        ("1e3", "1000000"), ("0.5", "36"), ("", "40", "4000"), ("", "0.02")
    ):
        texts = {"queries": queries, "price": price, "budget": budget, "seconds": limit}
        choice, text = page.evaluate(TYPE, texts)
        request = DecisionRequest(
            float(queries),
            "money",
            float(budget) if budget else None,
            float(price),
            float(limit) if limit else None,
        )
        try:
            result = decision_of(source, "math-open", request, "money")
        except InputError:
            assert choice == "", request
            assert "Nothing" in text
            continue
        assert choice == result["choice"]["name"], request
        assert f"{100 * result['choice']['accuracy']:.1f}% right" in text
        assert f"{100 * result['probability']:.1f}% of resamples" in text
        shown.add(choice)
    assert len(shown) > 2


@needs_browser
@pytest.mark.browser
def test_sliders_move_the_choice_by_keyboard(source, open_page, tmp_path):
    page = open_page(write_page(section_of(source), tmp_path))
    assert page.input_value("#decide-budget") == ""  # what nobody gave does not bind
    page.focus("#decide-budget-slide")
    seen = []
    page.keyboard.press("Home")
    seen.append(page.get_attribute("#decide-answer", "data-choice"))
    for _ in range(10):
        page.keyboard.press("PageUp")
        seen.append(page.get_attribute("#decide-answer", "data-choice"))
    assert len(set(seen)) > 2
    # At its end the slider means no limit, and the most accurate option wins.
    assert page.input_value("#decide-budget") == ""
    assert page.get_attribute("#decide-budget-slide", "aria-valuetext") == "no limit"
    chart = page.inner_html("#decide-chart")
    page.focus("#decide-price-slide")
    page.keyboard.press("End")
    assert page.input_value("#decide-price") == "1000"
    assert page.inner_html("#decide-chart") != chart


@needs_browser
@pytest.mark.browser
def test_every_control_has_a_label_and_bad_numbers_are_told(source, open_page, tmp_path):
    page = open_page(write_page(section_of(source), tmp_path))
    unlabelled = page.evaluate(
        """() => [...document.querySelectorAll("#decide-calculator :is(input, select)")]
          .filter((one) => !one.labels.length && !one.getAttribute("aria-label"))
          .map((one) => one.id)"""
    )
    assert unlabelled == []
    for text in ("", "-1", "many", "3,6", "Infinity"):
        page.fill("#decide-queries", text)
        assert "For queries give a number" in page.inner_text("#decide-problem")
        assert page.get_attribute("#decide-queries", "aria-invalid") == "true"
        assert page.inner_text("#decide-answer") == ""
    page.fill("#decide-queries", "1e6")
    answer = page.inner_text("#decide-answer")
    for text in ("1,000,000", "1M", "1000 k", "0.001b", "1000000."):  # as on the command line
        page.fill("#decide-queries", text)
        assert page.inner_text("#decide-problem") == ""
        assert page.inner_text("#decide-answer") == answer
    page.fill("#decide-queries", "10")
    assert page.inner_text("#decide-problem") == ""
    assert page.inner_text("#decide-answer") != answer
    page.fill("#decide-price", "")
    assert "Give a price" in page.inner_text("#decide-problem")
    page.fill("#decide-price", "0")
    assert "Give a price of a device-hour above zero" in page.inner_text("#decide-problem")
    page.select_option("#decide-unit", "device_seconds")
    assert page.inner_text("#decide-problem") == ""
    assert "With everything counted" not in page.inner_text("#decide-answer")
    page.fill("#decide-price", "3.6")
    assert "With everything counted: " in page.inner_text("#decide-answer")


@needs_browser
@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_a_phone(source, open_page, tmp_path, scheme):
    page = open_page(write_page(section_of(source), tmp_path), width=390, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#decide-chart svg text").count() > 5


@needs_browser
@pytest.mark.browser
def test_names_are_text_whatever_they_hold(source, open_page, tmp_path):
    hostile = "</script><img src=x onerror=document.title='run'>"
    section = section_of(source)
    data = unpacked(section.json)
    data["families"] = {hostile: data["families"]["math-open"]}
    data["currency"] = data["notes"] = [hostile]
    data["currency"] = hostile
    options = rows_of(data["families"][hostile]["options"])
    data["families"][hostile]["options"] = in_columns(
        [{**option, "name": option["name"] + hostile} for option in options]
    )
    page = open_page(write_page(section._replace(json=packed_again(data)), tmp_path))
    assert page.title() == "t"
    assert page.locator("#decide-calculator img").count() == 0
    assert hostile in page.inner_text("#decide-answer")


@needs_browser
@pytest.mark.browser
def test_points_of_the_chart_tell_name_cost_and_interval(source, open_page, tmp_path):
    page = open_page(write_page(section_of(source), tmp_path))
    page.select_option("#decide-family", "general-mc")
    page.fill("#decide-queries", "1e5")
    options, draws, _ = family_options(
        scored_results(source.results), "general-mc", bills=source.bills, draws=DRAWS, seed=1
    )[:3]
    circles = page.locator("#decide-chart circle")
    told = [title.split("\n") for title in circles.locator("title").all_text_contents()]
    assert len(told) == circles.count()
    result = decision_of(source, "general-mc", DecisionRequest(1e5, "money", None, 3.6), "money")
    costs = {row["name"]: row["lifetime_cost"]["money"] for row in result["options"]}
    at_asked = {lines[0]: lines[1:] for lines in told if lines[0] in costs}
    assert len(at_asked) > 2
    for place, option in enumerate(options):
        if option.name not in at_asked:
            continue
        cost, right = at_asked[option.name]
        low, high = np.quantile(draws[:, place] / STEPS, [0.025, 0.975])
        assert cost.endswith(" EUR at 100,000 queries")
        assert float(cost.split()[0].replace(",", "")) == pytest.approx(
            costs[option.name], rel=1e-3
        )
        assert right == (
            f"{100 * option.accuracy:.1f}% right, "
            f"{100 * low:.1f}% to {100 * high:.1f}% in 95% of resamples"
        )
    meetings = {lines[0]: lines[1:] for lines in told if " and " in lines[0]}
    found = {f"{one['first']} and {one['second']}": one for one in result["break_evens"]}
    assert meetings.keys() <= found.keys()
    at, cheaper = meetings["s base and s ift"]
    assert at.startswith("cost the same at 17,000 queries: ")
    assert cheaper == "s base is cheaper below, s ift above"
