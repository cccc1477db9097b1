"""Exact FLOPs: closed forms against sums, hand-checked numbers, and how they relate."""

from dataclasses import replace

import numpy as np
import pytest

from breakeven.costs import exact, paper
from breakeven.costs.architecture import Architecture
from breakeven.costs.lora import Lora, lora_parameters
from breakeven.costs.model_shapes import load_architecture

SMALL = Architecture(
    "small", hidden=4, layers=2, heads=2, kv_heads=1, head_dim=2, intermediate=8, vocab=10
)
WINDOWED = replace(SMALL, layers=6, window=5, window_layers=4)
SPARSE = replace(SMALL, experts=4, active_experts=2, expert_intermediate=3, moe_layers=1)
SHAPES = [SMALL, WINDOWED, SPARSE, load_architecture("Gemma-3-270M")]
by_name = pytest.mark.parametrize("shape", SHAPES, ids=["small", "windowed", "sparse", "gemma"])


def one_pass(shape, context):
    """One token that sees `context` positions, itself included: weights, then attention."""
    full = shape.layers - shape.window_layers
    seen = full * context + shape.window_layers * min(context, shape.window or context)
    return 2 * shape.active_parameters + 4 * shape.heads * shape.head_dim * seen


def test_forward_of_a_small_shape_by_hand():
    # A layer: q 4·4, k and v 4·2 each, o 4·4, three of 4·8 = 144. lm_head 4·10.
    # Three tokens see 1 + 2 + 3 positions, 4·4 FLOPs each, in two layers.
    assert exact.forward_flops(SMALL, 3) == 2 * 3 * (2 * 144 + 40) + 16 * 6 * 2


@by_name
def test_forward_is_the_sum_of_its_tokens(shape):
    assert exact.forward_flops(shape, 700) == sum(one_pass(shape, c) for c in range(1, 701))


@by_name
def test_closed_form_of_decoding_is_the_sum_over_tokens(shape):
    brute_force = sum(one_pass(shape, 300 + i) for i in range(1, 401))
    assert exact.decode_flops(shape, 300, 400) == brute_force


@by_name
def test_prefill_passes_lm_head_once(shape):
    saved = 2 * shape.hidden * shape.vocab * 699
    assert exact.prefill_flops(shape, 700) == exact.forward_flops(shape, 700) - saved


@by_name
def test_answer_feeds_every_new_token_but_the_last(shape):
    brute_force = exact.prefill_flops(shape, 300) + sum(one_pass(shape, 300 + i) for i in (1, 2))
    assert exact.answer_flops(shape, 300, 3) == brute_force
    assert exact.answer_flops(shape, 300, 1) == exact.prefill_flops(shape, 300)
    assert exact.answer_flops(shape, 300, 0) == exact.prefill_flops(shape, 300)


@by_name
def test_arrays_give_what_single_numbers_give(shape):
    prompts, news = np.array([1, 7, 600]), np.array([0, 5, 900])
    together = exact.answer_flops(shape, prompts, news)
    alone = [exact.answer_flops(shape, int(p), int(g)) for p, g in zip(prompts, news, strict=True)]
    assert together.tolist() == alone


def test_whole_numbers_stay_whole_and_exact_where_float64_would_not():
    flops = exact.answer_flops(load_architecture("Qwen2.5-14B"), 10**6 + 1, 10**7 + 1)
    assert isinstance(flops, int)
    assert flops > 2**53


def test_adapter_that_is_kept_apart_adds_its_products_to_every_token():
    lora = Lora(rank=3)
    adapter = lora_parameters(SMALL, lora)
    merged, apart = exact.answer_flops(SMALL, 7, 5), exact.answer_flops(SMALL, 7, 5, lora)
    assert apart - merged == 2 * adapter * (7 + 4)


def test_full_training_is_three_times_the_forward():
    expected = 3 * (exact.forward_flops(SMALL, 3) + exact.forward_flops(SMALL, 8))
    assert exact.train_flops(SMALL, [3, 8]) == expected


@pytest.mark.parametrize("method", ["lora", "qlora"])
def test_frozen_weights_cost_four_a_token_and_the_adapter_six(method):
    lora = Lora(rank=2, targets=("q_proj", "v_proj"))
    # q: 2·(4 + 4), v: 2·(4 + 2), two layers; attention forward 16 a pair and layer, 6 pairs.
    adapter, attention = 2 * (16 + 12), 16 * 6 * 2
    expected = 3 * (4 * SMALL.active_parameters + 6 * adapter) + 3 * attention
    assert exact.train_flops(SMALL, [3], method, lora) == expected


def test_positions_without_a_label_save_lm_head_forward_and_backward():
    saved = exact.train_flops(SMALL, [10, 20]) - exact.train_flops(
        SMALL, [10, 20], logits_positions=[4, 0]
    )
    assert saved == 6 * SMALL.head_parameters * (6 + 20)


def test_packing_sequences_costs_less_than_one_long_sequence():
    together, packed = exact.train_flops(SMALL, [30]), exact.train_flops(SMALL, [10, 20])
    # The 10 × 20 pairs across the border are not attended: 16 FLOPs a pair, two layers, times 3.
    assert together - packed == 3 * 16 * 2 * 200


def test_checkpointing_repeats_the_layers_and_not_lm_head():
    extra = exact.checkpointing_flops(SMALL, [3, 8])
    assert extra == sum(exact.forward_flops(SMALL, t, 0) for t in (3, 8))


@by_name
def test_cost_grows_with_prompt_and_with_answer(shape):
    lengths = np.arange(1, 200)
    assert (np.diff(exact.answer_flops(shape, lengths, 0 * lengths + 9)) > 0).all()
    assert (np.diff(exact.answer_flops(shape, 0 * lengths + 9, lengths)) > 0).all()


def test_bigger_students_cost_more():
    sizes = [load_architecture(f"Qwen2.5-{size}B") for size in ("0.5", "1.5", "3", "7", "14")]
    costs = [exact.answer_flops(shape, 100, 1000) for shape in sizes]
    assert costs == sorted(costs)


def test_a_window_as_long_as_the_text_changes_nothing():
    assert exact.forward_flops(replace(WINDOWED, window=50), 50) == exact.forward_flops(
        replace(WINDOWED, window=None, window_layers=0), 50
    )


@pytest.mark.parametrize("student", ["Qwen2.5-0.5B", "Qwen2.5-7B"])
def test_published_formula_differs_from_the_exact_one_by_its_known_terms(student):
    """Look-up, absent grouped queries, two matrices for three, softmax, no causal mask."""
    shape, tokens = load_architecture(student), 1000
    d, kv_width = shape.hidden, shape.kv_heads * shape.head_dim
    look_up = 2 * d * shape.vocab * tokens
    ungrouped = shape.layers * 2 * 2 * d * (d - kv_width) * tokens
    third_matrix = shape.layers * 2 * d * shape.intermediate * tokens
    softmax = shape.layers * 3 * shape.heads * tokens**2
    masked = shape.layers * 4 * d * (tokens**2 - tokens * (tokens + 1) // 2)
    difference = look_up + ungrouped - third_matrix + softmax + masked
    gap = paper.forward_flops(shape, tokens) - exact.forward_flops(shape, tokens)
    assert gap == difference


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: exact.forward_flops(SMALL, -1), "tokens: value is -1"),
        (lambda: exact.decode_flops(SMALL, np.array([3, -2]), np.array([1, 1])), "prompt_tokens"),
        (lambda: exact.answer_flops(SMALL, 3, float("nan")), "new_tokens: value is nan"),
        (lambda: exact.train_flops(SMALL, [3, float("nan")]), "tokens_per_sequence"),
        (lambda: exact.train_flops(SMALL, [3], "dora"), "method: value is 'dora'"),
        (lambda: exact.train_flops(SMALL, [3], "lora"), "lora: value is None"),
        (lambda: exact.train_flops(SMALL, [3], "full", Lora(4)), "with method 'full'"),
        (lambda: exact.train_flops(SMALL, [3], logits_positions=[4]), "at most its tokens"),
        (lambda: exact.train_flops(SMALL, [3, 5], logits_positions=[3]), "one count a sequence"),
    ],
)
def test_impossible_counts_are_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
