"""How long cells are expected to take, and which is longer."""

from copy import deepcopy
from pathlib import Path

import pytest
from tests.pipeline.repository import TINY

from breakeven.core.records import Record
from breakeven.params import Params
from breakeven.running.cell import Cell, read_cell
from breakeven.running.expected_seconds import ExpectedSeconds

SIZES = {"small": 30_000, "large": 500_000}


def train(student: str, arm: str) -> Cell:
    command = f"python stages/train.py --student {student} --arm {arm} --seed 0"
    return read_cell(f"train@{student}-{arm}-0", command)


@pytest.fixture
def params(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Params:
    """A study whose bases and pairs are there."""
    monkeypatch.chdir(tmp_path)
    tree = deepcopy(TINY)
    tree["students"] = dict.fromkeys(SIZES, tree["students"]["t30k"])
    for name, parameters in SIZES.items():
        Record("base", {"student": name}, metrics={"parameters": parameters}).write()
    tokens = {"prompt": 1000, "reasoning": 5000, "ift": 200}
    Record("pairs", {"corpus": "general"}, metrics={"kept": 50}, tokens=tokens).write()
    return Params.model_validate(tree)


def test_larger_students_and_longer_lessons_take_longer(params: Params) -> None:
    cells = [train(student, arm) for student in SIZES for arm in params.arms]
    expected = ExpectedSeconds(params, cells)
    seconds = {cell.name: expected.of(cell) for cell in cells}
    assert sorted(seconds, key=lambda name: seconds[name]) == [
        "train@small-ift-0",
        "train@small-reasoning-0",
        "train@large-ift-0",
        "train@large-reasoning-0",
    ]
    assert seconds["train@small-reasoning-0"] / seconds["train@small-ift-0"] == 6000 / 1200
    assert not any(map(expected.is_known, cells))


def test_an_answer_of_each_item_sample_and_trained_seed_is_expected(params: Params) -> None:
    tree = params.model_dump(exclude_unset=True)
    tree["seeds"] = [0, 1]
    tree["arms"]["base"] = {"method": "none"}
    (task, *others) = tree["tasks"]
    for name in others:
        del tree["tasks"][name]
    tree["answering"] |= {
        "max_new_tokens": 40,
        "decodings": {"greedy": {}, "eight": {"temperature": 1.0, "samples": 8}},
    }
    study = Params.model_validate(tree)
    cell = read_cell("answer@small", "python stages/answer.py --student small")
    expected = ExpectedSeconds(study, [cell])
    # Two trained arms with two seeds, and the untrained one once; greedy and eight samples.
    answers = 5 * (1 + 8)
    each = 2.0 * SIZES["small"] * 40 / 1e10
    assert expected.of(cell) == pytest.approx(each * answers * study.tasks[task].items)
    Record("tasks", {"task": task}, metrics={"items": 7}).write()
    assert expected.of(cell) == pytest.approx(each * answers * 7)


def test_what_is_not_there_yet_is_looked_for_again(params: Params) -> None:
    record = Path("records/base/small.json")
    text = record.read_text()
    record.unlink()
    cell = train("small", "ift")
    expected = ExpectedSeconds(params, [cell])
    assert expected.of(cell) == 0.0
    record.write_text(text)
    assert expected.of(cell) > 0.0


def test_what_has_ended_tells_of_the_others(params: Params) -> None:
    small, large = train("small", "ift"), train("large", "ift")
    expected = ExpectedSeconds(params, [small, large])
    expected.note(small, 3.0)
    assert expected.is_known(large)
    assert expected.of(large) == pytest.approx(3.0 * SIZES["large"] / SIZES["small"])


def test_a_record_tells_seconds_also_when_dvc_has_removed_it(params: Params) -> None:
    cell = train("small", "ift")
    record = Record("train", cell.options, device_seconds={"cpu": 12.5})
    record.write()
    expected = ExpectedSeconds(params, [cell])
    record.path.unlink()
    assert expected.of(cell) == 12.5
    assert expected.is_known(cell)
    expected.note(cell, 25.0)  # the machine is twice as slow today
    assert expected.of(cell) == 25.0


def test_processes_that_trained_together_took_their_time_at_once(params: Params) -> None:
    cell = train("small", "ift")
    Record("train", cell.options, device_seconds={"cuda": 80.0}, details={"processes": 8}).write()
    assert ExpectedSeconds(params, [cell]).of(cell) == 10.0


def test_an_untrained_arm_and_a_damaged_record_cost_nothing_and_end_nothing(
    params: Params,
) -> None:
    tree = params.model_dump(exclude_unset=True)
    tree["arms"]["base"] = {"method": "none"}
    cell = train("small", "base")
    file = Path("records/train/small/base/0.json")
    file.parent.mkdir(parents=True)
    file.write_text("{")
    assert ExpectedSeconds(Params.model_validate(tree), [cell]).of(cell) == 0.0
