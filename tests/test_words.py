"""Numbers are written alike everywhere: no signed zero, a minus that is one, no lost zero."""

import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from breakeven.words import (
    STYLE_COLOURS,
    fixed,
    p_word,
    percent,
    percent_interval,
    points,
    points_interval,
    span,
    times,
    unsigned_points,
    whole,
)

SOURCE = Path(__file__).parents[1] / "src/breakeven"


@pytest.mark.parametrize(
    ("write", "value", "text"),
    [
        (points, -0.0004, "0.0"),
        (points, 0.0004, "0.0"),
        (points, -0.0, "0.0"),
        (points, -0.0006, "−0.1"),
        (points, 0.0006, "+0.1"),
        (points, 0.345, "+34.5"),
        (points, None, "–"),
        (percent, -0.0004, "0.0%"),
        (percent, -0.031, "−3.1%"),
        (percent, 0.0, "0.0%"),
        (percent, None, "–"),
        (unsigned_points, 0.345, "34.5"),
        (unsigned_points, None, "–"),
        (whole, 0, "0"),
        (whole, 29_568, "29,568"),
        (whole, None, "–"),
        (p_word, 0.0, "<0.001"),
        (p_word, 0.0312, "0.031"),
        (p_word, 0.25, "0.25"),
        (p_word, 1.0, "1.00"),
        (p_word, None, "–"),
    ],
)
def test_a_number_is_written_with_its_sign_and_zero_without(
    write: Callable[[float | None], str], value: float | None, text: str
) -> None:
    assert write(value) == text


def test_an_end_of_an_interval_that_is_zero_is_an_end() -> None:
    assert percent_interval(0.0, 0.0, 0.046) == "0.0% (0.0 to 4.6)"
    assert points_interval(0.03, 0.0, 0.06) == "+3.0 (0.0 to +6.0)"
    assert points_interval(0.03, None, 0.06) == "+3.0"
    assert fixed(-0.4, 0, signed=True) == "0"


@pytest.mark.parametrize("folder", ["report", "findings", "decide"])
def test_no_module_writes_percents_or_signs_by_itself(folder: str) -> None:
    own = re.compile(r"\{[^{}]*:\+[^{}]*f\}|\{100 \* [^{}]*:[^{}]*f\}|\{[^{}]*:[^{}]*%\}")
    modules = sorted((SOURCE / folder).rglob("*.py"))
    assert modules
    found = [
        f"{path.name}: {match.group()}"
        for path in modules
        for match in own.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("factor", "text"), [(8.0, "8"), (16.9, "17"), (2.54, "2.5"), (1.02, "1.02"), (0.71, "0.71")]
)
def test_a_factor_above_one_does_not_read_as_one(factor: float, text: str) -> None:
    assert times(factor) == text


def test_a_range_without_width_is_one_number() -> None:
    assert span("8", "8") == "8"
    assert span("−1.0", "+2.0") == "−1.0 to +2.0"


def test_the_page_has_a_colour_of_every_style_on_light_and_on_dark_ground() -> None:
    sheet = files("breakeven.report").joinpath("templates/page.css").read_text(encoding="utf-8")
    assert {style: sheet.count(f"--style-{style}: #") for style in STYLE_COLOURS} == dict.fromkeys(
        STYLE_COLOURS, 2
    )
