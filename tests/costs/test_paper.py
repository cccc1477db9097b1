"""The published formulas give the published numbers, to the digit."""

import csv
from pathlib import Path

import numpy as np
import pytest

from breakeven.core.errors import InputError
from breakeven.costs import paper
from breakeven.costs.architecture import Architecture
from breakeven.costs.model_shapes import load_architecture

DATA = Path(__file__).parent / "data/golden_flops.csv"
GOLDEN = list(csv.DictReader(DATA.read_text(encoding="utf-8").splitlines()))
SMALL = Architecture(
    "small", hidden=4, layers=2, heads=2, kv_heads=1, head_dim=2, intermediate=8, vocab=10
)


def cached_pass(context: int) -> int:
    """One token with a cache, term by term as published, for SMALL."""
    attention = 6 * 4**2 + 2 * context * 4 + 3 * context * 2 + 2 * context * 4 + 2 * 4**2
    return 2 * 4 * 10 + attention * 2 + 4 * 4 * 8 * 2 + 2 * 4 * 10


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["student"])
def test_formulas_give_the_golden_values(row):
    shape = load_architecture(row["student"])
    assert paper.forward_flops(shape, 1000) == int(row["paper_forward_1000"])
    assert paper.prefill_flops(shape, 100) == int(row["paper_prefill_100"])
    assert paper.answer_flops(shape, 100, 1000) == int(row["paper_inference_100_1000"])


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["student"])
def test_bundled_shapes_are_those_of_the_golden_table(row):
    shape = load_architecture(row["student"])
    for column in ("hidden", "layers", "heads", "kv_heads", "intermediate", "vocab"):
        assert getattr(shape, column) == int(row[column])


def test_forward_of_a_small_shape_by_hand():
    # l=3, V=10, d=4, h=2, f=8, N=2: 240 + (288+72+54+72+96)·2 + 768 + 240
    assert paper.forward_flops(SMALL, 3) == 240 + 582 * 2 + 768 + 240


def test_closed_form_of_decoding_is_the_sum_over_tokens():
    assert paper.decode_flops(SMALL, 7, 5) == sum(cached_pass(7 + i) for i in range(1, 6))
    assert isinstance(paper.decode_flops(SMALL, 7, 5), int)


def test_arrays_give_what_single_numbers_give():
    prompts, news = np.array([1, 7, 100]), np.array([0, 5, 1000])
    together = paper.answer_flops(SMALL, prompts, news)
    alone = [paper.answer_flops(SMALL, int(p), int(g)) for p, g in zip(prompts, news, strict=True)]
    assert together.tolist() == alone


def test_experts_are_refused_because_the_formula_has_none():
    with pytest.raises(InputError, match=r"Qwen3-235B-A22B.*use exact"):
        paper.forward_flops(load_architecture("Qwen3-235B-A22B"), 10)
