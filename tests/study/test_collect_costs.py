"""What records do not know is absent in bills, with the record's reason, and never zero."""

from pathlib import Path
from typing import Any

import pytest

from breakeven.core.records import Record
from breakeven.params import Params, load_params
from breakeven.params.cells import Cell
from breakeven.study.collect import _training_words
from breakeven.study.collect_costs import cell_bill, utilisation_of

WHY = "the architecture is not known, so its FLOPs are not counted"
ROOT = Path(__file__).parents[2]
CELL = Cell("t30k", "ift", 0)


@pytest.fixture(scope="module")
def tabletop() -> Params:
    return load_params(ROOT / "tests/study.yaml")


def line(flops: float | None, seconds: float | None = 2.0) -> dict[str, Any]:
    return {
        "arm": "ift",
        "seed": 0,
        "decoding": "greedy",
        "task": "x",
        "answers": 10,
        "prompt_tokens": 100,
        "thinking_tokens": 0,
        "answer_tokens": 20,
        "inference_flops": flops,
        "device_seconds": seconds,
    }


def answered(*lines: dict[str, Any], absent: dict[str, str] | None = None) -> Record:
    return Record(
        "answer",
        {"student": "t30k"},
        device_seconds={"cpu": 4.0},
        details={"cells": list(lines), "ceiling": {"flops_per_second": 1e9}},
        absent=absent or {},
    )


def trained(rate: float | None, flops: float | None = 1e9) -> Record:
    absent = {} if flops is not None else {"flops.train": WHY}
    parameters = {"method": "lora"} | ({} if rate is None else {"learning_rate": rate})
    record = Record("train", {"student": "t30k"}, parameters=parameters, absent=absent)
    record.flops["train"] = flops
    return record


def test_unknown_flops_are_absent_with_the_reason_of_their_record(
    tabletop: Params, project: Path
) -> None:
    answers = answered(line(None), line(1e6), absent={"flops.inference": WHY})
    bill = cell_bill(tabletop, CELL, trained(1e-3, None), answers)
    assert bill is not None
    for amount in (bill.answering.flops, bill.training.flops):
        assert amount.value is None
        assert amount.reason == WHY
    assert bill.answering.new_tokens.value == 40
    assert utilisation_of(tabletop, CELL, trained(1e-3), answers).answering is None


@pytest.mark.parametrize(
    ("lines", "share"),
    [
        ([line(1e9)], 0.5),
        ([line(0.0)], 0.0),
        ([line(1e9), line(1e9, None)], None),
        ([line(1e9, 0.0)], None),
    ],
)
def test_the_share_of_a_rate_takes_zero_as_a_value_and_none_as_unknown(
    tabletop: Params, project: Path, lines: list[dict[str, Any]], share: float | None
) -> None:
    assert utilisation_of(tabletop, CELL, trained(1e-3), answered(*lines)).answering == share


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ([1e-3, 1e-3], "lora, learning rate 0.001"),
        ([1e-3, 5e-4], "lora, learning rates 0.0005 and 0.001"),
        ([1e-3, 5e-4, 2e-3], "learning rates 0.0005 to 0.002, by cell in the table of training"),
        ([None], "lora"),
    ],
)
def test_the_learning_rates_told_are_those_of_the_cells(
    rates: list[float | None], words: str
) -> None:
    assert _training_words([trained(rate) for rate in rates]).endswith(words)
