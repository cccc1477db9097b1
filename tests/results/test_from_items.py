import pandas as pd
import pytest

from breakeven.core.errors import InputError
from breakeven.results.from_items import ArmFacts, CellCosts, StudyFacts, results_from_items

ARMS = {"ift": ArmFacts("ift", "general", 0.0), "base": ArmFacts("base", None, None)}


def test_costs_of_a_cell_are_joined_by_student_arm_and_seed(make_rows):
    items = make_rows("ift", "sums", {"a": [1], "b": [0]}, inference_flops=30.0, parsed=True)
    costs = {
        ("s1", "ift", 0): CellCosts(train_flops=5e9, answer_device_seconds={"sums": 0.25}),
        ("s1", "ift", 1): CellCosts(train_flops=1.0),
    }
    facts = StudyFacts("study", {"s1": 2e6}, ARMS, costs, chance={"sums": 0.25})
    (cell,) = results_from_items(items, facts).cells
    assert (cell.accuracy, cell.items, cell.size_parameters) == (0.5, 2, 2e6)
    assert (cell.train_flops, cell.inference_flops, cell.device_seconds) == (5e9, 30.0, 0.25)
    assert (cell.chance, cell.unparsed_share, cell.truncated_share) == (0.25, 0.0, None)


def test_what_the_records_lack_is_absent_with_a_note(make_rows):
    found = results_from_items(
        make_rows("ift", "sums", {"a": [1]}), StudyFacts("study", {"s1": 2e6}, ARMS)
    )
    assert found.cells[0].train_flops is None
    assert "training FLOPs are absent: no cell has any" in found.notes


def test_a_base_arm_is_not_missed_for_training_costs(make_rows):
    found = results_from_items(
        make_rows("base", "sums", {"a": [1]}), StudyFacts("study", {"s1": 2e6}, ARMS)
    )
    assert not any("training" in note for note in found.notes)


def test_chance_is_absent_as_soon_as_one_task_has_none(make_rows):
    items = pd.concat([make_rows("ift", "sums", {"a": [1]}), make_rows("ift", "open", {"a": [1]})])
    facts = StudyFacts("study", {"s1": 2e6}, ARMS, chance={"sums": 0.25, "open": None})
    assert results_from_items(items, facts).cells[0].chance is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda items: items.drop(columns="family"), "column family is missing"),
        (lambda items: items.iloc[:0], "has no rows"),
        (lambda items: pd.concat([items, items]), "item=a, sample=0 occurs twice"),
        (lambda items: items.assign(arm="itf"), "arm: itf is not known; use one of base, ift"),
        (lambda items: items.assign(student="s9"), "student: s9 is not known; use one of s1"),
    ],
)
def test_rows_that_cannot_be_read_are_refused(make_rows, change, message):
    items = change(make_rows("ift", "sums", {"a": [1], "b": [0]}))
    with pytest.raises(InputError, match=r"scores/items\.parquet") as caught:
        results_from_items(items, StudyFacts("study", {"s1": 2e6}, ARMS))
    assert message in str(caught.value)
