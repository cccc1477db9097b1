"""The card of a corpus tells what its completions took, and of what is not known why."""

from pathlib import Path
from typing import Any

from tests.exporting.conftest import exported_study, tree

from breakeven.core.records import Record
from breakeven.exporting.pairs import export_pairs
from breakeven.exporting.teacher_bill import teacher_bill
from breakeven.params import Params

SOLVER = "the solver computes; it is no model that has FLOPs"


def study(teacher: dict[str, Any] | None = None, **costs: Any) -> Params:
    """The study of the other tests, whose corpus has one source."""
    found = {**tree(), "costs": costs}
    found["corpora"] = {"general": {**found["corpora"]["general"], "sources": ["chain"]}}
    return Params.model_validate(found | ({"teacher": teacher} if teacher else {}))


def write_record(style: str, seconds: float, **fields: Any) -> None:
    Record(
        "distill",
        {"source": "chain", "style": style},
        tokens={"prompt": 1500, "completion": 4000},
        device_seconds={"cuda": seconds},
        **fields,
    ).write()


def row(lines: list[str], style: str) -> list[str]:
    found = next(line for line in lines[1].splitlines() if line.startswith(f"| `{style}`"))
    return [one.strip() for one in found.strip("|").split("|")][1:]


def test_tokens_flops_seconds_and_money_are_told_by_style(project: Path) -> None:
    write_record("ift", 90.0, flops={"teacher": 2e12})
    write_record("reasoning", 1800.0, flops={"teacher": 5e13})
    lines = teacher_bill(study(price_per_device_hour=4.0, currency="EUR"), "general")
    assert "money, EUR" in lines[1]
    assert row(lines, "ift") == ["1,500", "4,000", "2.000e+12", "90", "0.1"]
    assert row(lines, "reasoning") == ["1,500", "4,000", "5.000e+13", "1,800", "2"]
    assert len(lines) == 2  # nothing is missing


def test_what_is_not_known_is_a_dash_with_its_reason_once(project: Path) -> None:
    for style in ("ift", "reasoning"):
        write_record(style, 2.0, flops={"teacher": None}, absent={"flops.teacher": SOLVER})
    lines = teacher_bill(study(), "general")
    assert row(lines, "reasoning")[2:] == ["–", "2", "–"]
    assert lines[2:] == [
        f"Not known: FLOPs: teacher: {SOLVER}.",
        "Not known: money, USD: costs.price_per_device_hour is not set.",
    ]


def test_what_is_not_known_of_one_style_names_it(project: Path) -> None:
    write_record("ift", 2.0, flops={"teacher": 1e9})
    lines = teacher_bill(study(price_per_device_hour=1.0), "general")
    assert row(lines, "reasoning") == ["–"] * 5
    reason = "teacher: distill@chain-reasoning has no record"
    assert f"Not known: device-seconds of `reasoning`: {reason}." in lines


def test_tokens_of_a_service_are_paid_at_their_price(project: Path) -> None:
    for style in ("ift", "reasoning"):
        write_record(style, 0.0)
    said = {
        style: {"trace": trace, "max_new_tokens": 100}
        for style, trace in (("ift", "none"), ("reasoning", "think-tags"))
    }
    address = "https://api.example.org/v1"
    teacher = {"kind": "openai", "base_urls": [address], "model": "large", "styles": said}
    params = study(teacher, token_prices={"large": {"input": 2.0, "output": 10.0}})
    assert row(teacher_bill(params, "general"), "ift")[-1] == "0.043"


def test_an_exported_card_has_it(ran: Path) -> None:
    export_pairs(exported_study(), "general", Path("out"))
    card = Path("out/README.md").read_text(encoding="utf-8")
    assert "What the teacher took" in card
    assert f"Not known: FLOPs: teacher: {SOLVER}." in card
