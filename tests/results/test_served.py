"""Modelled money and seconds of cells, from the lengths that their answers had."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from breakeven.costs.hardware import find_hardware
from breakeven.costs.model_shapes import load_architecture
from breakeven.costs.query_costs import ServedOn
from breakeven.costs.roofline import ASSUMED, Serving, answer_times
from breakeven.costs.token_prices import TokenPrices
from breakeven.results.axes import FULL, ONE_WAITING, TOKENS
from breakeven.results.from_items import ArmFacts, StudyFacts, results_from_items
from breakeven.results.served import lengths_by_cell, with_served
from breakeven.results.votes import with_votes

FACTS = StudyFacts("study", {"s1": 5e8}, {"ift": ArmFacts("ift", "general", 0.0)})
SHAPE = load_architecture("Qwen2.5-0.5B")
H100 = ServedOn(find_hardware("H100"), ASSUMED, latency_seconds=2.0)
L4 = ServedOn(find_hardware("L4"), ASSUMED, latency_seconds=2.0)


def measured(make_rows, **tokens):
    columns = {"prompt_tokens": 250.0, "thinking_tokens": 100.0, "answer_tokens": 28.0, **tokens}
    return results_from_items(make_rows("ift", "sums", {"a": [1], "b": [0]}, **columns), FACTS)


def point(cell, hardware, name):
    return next(one for one in cell.served if (one.hardware, one.point) == (hardware, name))


def test_every_cell_has_its_seconds_and_money_on_every_device(make_rows):
    results = with_served(measured(make_rows), {"s1": SHAPE}, [H100, L4])
    (cell,) = results.cells
    served = Serving(SHAPE, H100.hardware)
    alone = answer_times(served, batch=1, prompt_tokens=250, new_tokens=128)
    assert point(cell, "H100", ONE_WAITING).seconds == pytest.approx(alone.seconds)
    assert point(cell, "H100", ONE_WAITING).money == pytest.approx(3.99 / 3600 * alone.seconds)
    assert point(cell, "L4", FULL).money < point(cell, "L4", ONE_WAITING).money
    assert cell.device_seconds is None  # nothing was measured, and nothing modelled stands there
    name = "modelled money a query, H100, full throughput"
    assert cell.number(name) == point(cell, "H100", FULL).money
    assert [axis.name for axis in results.axes][2] == name
    assert [axis.hardware for axis in results.judged_axes] == ["H100", "H100"]


def test_lengths_weigh_as_accuracies_do(make_rows):
    long = make_rows("ift", "long", {"a": [1]}, prompt_tokens=10.0, answer_tokens=900.0)
    short = make_rows("ift", "short", {"a": [1, 0], "b": [1]}, prompt_tokens=10.0)
    short = short.assign(answer_tokens=[30.0, 50.0, 80.0])
    rows = pd.concat([long, short])
    (found,) = lengths_by_cell(rows).values()
    assert found.weights.sum() == pytest.approx(1.0)
    # Half of it the one long answer, half the two short items, the first with two samples.
    assert found.new == pytest.approx(0.5 * 900 + 0.25 * 40 + 0.25 * 80)
    assert found.new == pytest.approx(results_from_items(rows, FACTS).cells[0].output_tokens)


def test_means_serve_where_answers_are_not_known_one_by_one(make_rows):
    known = measured(make_rows)
    (by_item,) = with_served(known, {"s1": SHAPE}, [H100]).cells
    (by_mean,) = with_served(replace(known, items=None), {"s1": SHAPE}, [H100]).cells
    # Alike answers: the mean tells all of them.
    for one, other in zip(by_item.served, by_mean.served, strict=True):
        assert one.seconds == pytest.approx(other.seconds)


def test_what_is_not_known_is_absent_with_its_reason(make_rows):
    unknown = with_served(measured(make_rows), {"s1": "family mamba is not known"}, [H100])
    assert unknown.axes == ()
    assert unknown.cells[0].number("modelled money a query, H100, full throughput") is None
    absent = "modelled money and seconds on H100: absent for 1 of 1 cells (s1), "
    assert unknown.notes[-1] == f"{absent}family mamba is not known"
    silent = with_served(measured(make_rows, prompt_tokens=np.nan), {"s1": SHAPE}, [H100])
    assert "its tokens of prompt and answer are not known" in " ".join(silent.notes)
    free = H100._replace(hardware=replace(H100.hardware, price_per_hour=None))
    unpriced = with_served(measured(make_rows), {"s1": SHAPE}, [free])
    assert {axis.quantity for axis in unpriced.axes} == {"seconds"}
    assert "costs.hardware.H100.price_per_hour is not set" in " ".join(unpriced.notes)


def test_a_reason_is_told_once_however_many_cells_it_holds_for(make_rows):
    """Each has its own tokens and seconds: the published cells had 13 notes on one latency."""
    families = {"a": 28.0, "b": 3000.0, "c": 9000.0}
    rows = pd.concat(
        make_rows("ift", task, {"a": [1]}, prompt_tokens=250.0, answer_tokens=tokens).assign(
            family=task
        )
        for task, tokens in families.items()
    )
    known = results_from_items(rows, FACTS)
    results = with_served(known, {"s1": SHAPE}, [H100])
    _, shorter, longer = (point(cell, "H100", ONE_WAITING).seconds for cell in results.cells)
    late = "modelled money and seconds on H100, within 2 s: absent for 2 of 3 cells (s1), "
    assert f"{late}one answer alone takes {shorter:.3g} to {longer:.3g} s" in results.notes
    assert len({point(cell, "H100", "within 2 s").reason for cell in results.cells}) == 3
    tiny = H100._replace(hardware=replace(H100.hardware, memory_bytes=1e9))
    (note,) = set(with_served(known, {"s1": SHAPE}, [tiny]).notes) - set(known.notes)
    assert note == (
        "modelled money and seconds on H100: absent for 3 of 3 cells (s1), "
        "not one answer fits into its memory"
    )


def test_a_student_without_a_device_is_paid_by_the_token(make_rows):
    prices = {"s1": TokenPrices(0.5, 2.0)}
    results = with_served(measured(make_rows), {}, [], prices)
    assert results.cells[0].number(results.axes[0].name) == pytest.approx(
        (250 * 0.5 + 128 * 2.0) / 1e6
    )
    assert results.judged_axes == results.axes


def test_prices_of_tokens_are_judged_beside_the_first_device(make_rows):
    known, prices = measured(make_rows), {"s1": TokenPrices(0.5, 2.0)}
    results = with_served(known, {"s1": SHAPE}, [H100, L4], prices)
    assert [(axis.hardware, axis.quantity) for axis in results.judged_axes] == [
        ("H100", "seconds"),
        ("H100", "money"),
        (TOKENS, "money"),
    ]
    keys = [axis.key for axis in results.judged_axes]
    assert len(set(keys)) == 3


def test_a_vote_pays_for_all_its_samples_and_its_wait_is_not_modelled(make_rows):
    rows = make_rows(
        "ift", "sums", {"a": [1, 1], "b": [0, 1]}, prompt_tokens=250.0, answer_tokens=28.0
    )
    rows = rows.assign(vote=[1.0, 1.0, 2.0, 1.0], parsed=True)
    results = with_votes(with_served(results_from_items(rows, FACTS), {"s1": SHAPE}, [H100]))
    (cell,) = results.cells
    pair = next(one for one in results.votes.cells if one.of_samples.samples == 2)
    assert point(pair, "H100", FULL).money == pytest.approx(2 * point(cell, "H100", FULL).money)
    assert point(pair, "H100", ONE_WAITING).seconds is None
