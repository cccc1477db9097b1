"""What records do not know is absent in bills, with the record's reason, and never zero."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from breakeven.core.records import Record
from breakeven.params import Params, load_params
from breakeven.params.cells import Cell
from breakeven.study.collect_costs import cell_bill, cell_costs, teacher_cost, utilisation_of
from breakeven.study.collect_facts import _training_words

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


def test_joules_of_a_student_are_those_of_its_cells_by_device_seconds(
    tabletop: Params, project: Path
) -> None:
    # The counter told 60 J of 4 device-seconds, of which this cell's tasks held 2 + 1.
    answers = answered(line(1e6, 2.0), line(1e6, 1.0) | {"task": "y"})
    answers = replace(answers, metrics={"energy_joules": 60.0})
    training = replace(trained(1e-3), metrics={"energy_joules": 500.0})
    bill = cell_bill(tabletop, CELL, training, answers)
    assert bill is not None
    assert bill.answering.energy_joules.value == 45.0
    assert bill.training.energy_joules.value == 500.0
    costs = cell_costs(tabletop, CELL, training, {"t30k": answers})
    assert costs.train_energy_joules == 500.0
    assert costs.answer_energy_joules == {"x": 3.0, "y": 1.5}


def test_joules_that_nobody_metered_are_absent_with_the_reason_of_the_record(
    tabletop: Params, project: Path
) -> None:
    why = "no RAPL counter under /sys/class/powercap"
    answers = answered(line(1e6), absent={"energy_joules": why})
    training = replace(trained(1e-3), absent={"energy_joules": why})
    bill = cell_bill(tabletop, CELL, training, answers)
    assert bill is not None
    assert bill.answering.energy_joules.reason == bill.training.energy_joules.reason == why
    assert cell_costs(tabletop, CELL, training, {"t30k": answers}).answer_energy_joules == {}
    # Joules are known, but not how much of the time was this cell's.
    untimed = replace(answered(line(1e6, None)), metrics={"energy_joules": 60.0})
    bill = cell_bill(tabletop, CELL, training, untimed)
    assert bill is not None
    assert bill.answering.energy_joules.reason == (
        "device-seconds of answering are not recorded by cell"
    )


@pytest.mark.parametrize("metered", [True, False])
def test_a_teacher_that_was_metered_tells_its_joules(
    tabletop: Params, project: Path, metered: bool
) -> None:
    source = next(iter(tabletop.sources))
    for style, joules in (("ift", 10.0), ("reasoning", 70.0)):
        known = metered or style == "ift"
        Record(
            "distill",
            {"source": source, "style": style},
            metrics={"energy_joules": joules if known else None},
            absent={} if known else {"energy_joules": "an endpoint elsewhere"},
        ).write()
    cost = teacher_cost(tabletop)
    assert cost is not None
    assert cost.energy_joules.value == (80.0 if metered else None)
    assert cost.energy_joules.reason == (None if metered else "teacher: an endpoint elsewhere")


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
