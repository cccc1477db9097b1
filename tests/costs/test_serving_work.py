"""Bytes and FLOPs of serving, against numbers worked out by hand."""

import random
from dataclasses import replace

import pytest

from breakeven.costs.architecture import Architecture
from breakeven.costs.exact import answer_flops, decode_flops, prefill_flops
from breakeven.costs.model_shapes import load_architecture
from breakeven.costs.serving_work import (
    FORMATS,
    cache_bytes,
    decode_work,
    distinct_experts,
    prefill_work,
    stored_bytes,
)

HALF = FORMATS["bfloat16"]
# Per layer: q 8·8, k and v 8·4 each, o 8·8, gate, up and down 8·16 each = 576. Two layers 1152,
# lm_head 8·10 = 80.
TOY = Architecture("toy", 8, 2, 4, 2, 2, 16, 10, tied_embeddings=True, vector_parameters=48)
# Four experts of width 6 in each layer, two a token; router 8·4. Without the dense block a layer
# has 192 + 32 and 144 an expert.
MIXED = replace(TOY, experts=4, active_experts=2, expert_intermediate=6, moe_layers=2)


def test_a_step_reads_weights_once_and_what_each_sequence_sees():
    work = decode_work(TOY, HALF, batch=3, context=9)
    # (1152 + 80 + 48) · 2 bytes; each sequence writes 2 · 2 heads · 2 · 2 bytes in 2 layers.
    assert work.linear_bytes == 1280 * 2 + 3 * 16 * 2
    assert work.linear_flops == 3 * 2 * 1232
    # Ten positions with its own: 16 bytes and 4 · 8 FLOPs each, in 2 layers.
    assert work.attention_bytes == 3 * 2 * 10 * 16
    assert work.attention_flops == 3 * 2 * 10 * 32


def test_steps_add_up():
    one = [decode_work(TOY, HALF, batch=3, context=9 + step) for step in range(5)]
    together = decode_work(TOY, HALF, batch=3, context=9, steps=5)
    assert together == pytest.approx(tuple(map(sum, zip(*one, strict=True))))


def test_a_window_bounds_what_is_seen_and_kept():
    shape = replace(TOY, window=4, window_layers=1)
    # One layer sees 10 positions, the other 4.
    assert decode_work(shape, HALF, batch=1, context=9).attention_bytes == 14 * 16
    assert cache_bytes(shape, HALF, 10) == 14 * 16
    assert cache_bytes(TOY, HALF, 10) == 20 * 16


def test_reading_prompts_passes_each_token_through_the_layers_and_one_through_the_head():
    work = prefill_work(TOY, HALF, batch=3, prompt_tokens=5)
    assert work.linear_bytes == 1280 * 2 + 15 * 16 * 2
    assert work.linear_flops == 2 * (15 * 1152 + 3 * 80)
    assert work.attention_bytes == 3 * 2 * 5 * 16
    assert work.linear_flops + work.attention_flops == 3 * prefill_flops(TOY, 5)


@pytest.mark.parametrize("name", ["Qwen2.5-7B", "Qwen3-30B-A3B", "Gemma-3-4B"])
def test_flops_are_those_of_the_exact_formula(name):
    shape = load_architecture(name)
    first = prefill_work(shape, HALF, batch=2, prompt_tokens=700)
    rest = decode_work(shape, HALF, batch=2, context=700, steps=899)
    flops = sum(part.linear_flops + part.attention_flops for part in (first, rest))
    assert flops == pytest.approx(2 * answer_flops(shape, 700, 900), rel=1e-12)
    assert rest.linear_flops + rest.attention_flops == pytest.approx(
        2 * decode_flops(shape, 700, 899), rel=1e-12
    )


def test_tied_embeddings_are_stored_once_and_the_look_up_is_never_read():
    untied = replace(TOY, tied_embeddings=False)
    assert stored_bytes(TOY, HALF) == 2 * 1280
    assert stored_bytes(untied, HALF) == 2 * (1280 + 80)
    one, other = (decode_work(shape, HALF, batch=1, context=1) for shape in (TOY, untied))
    assert one == other


def test_quantised_weights_leave_head_and_cache_alone():
    work = decode_work(TOY, FORMATS["int4"], batch=1, context=9)
    assert work.linear_bytes == 1152 * (0.5 + 2.5 / 128) + 128 * 2 + 16 * 2
    assert work.attention_bytes == decode_work(TOY, HALF, batch=1, context=9).attention_bytes
    assert FORMATS["int4"].dtype == "bfloat16"


def test_a_token_alone_reads_its_own_experts_and_a_large_batch_all():
    dense = replace(TOY, moe_layers=2)
    alone = decode_work(MIXED, HALF, batch=1, context=1)
    crowd = decode_work(MIXED, HALF, batch=1000, context=1)
    outside = MIXED.body_parameters - 2 * 2 * 144 + 80 + 48
    assert alone.linear_bytes == 2 * (outside + 2 * 2 * 144) + 32
    assert crowd.linear_bytes == pytest.approx(2 * (outside + 2 * 4 * 144) + 32_000)
    assert stored_bytes(MIXED, HALF) == 2 * (outside + 2 * 4 * 144)
    # Two tokens: 4 · (1 − 1/4) = 3 of 4 experts.
    pair = decode_work(MIXED, HALF, batch=2, context=1)
    assert pair.linear_bytes == 2 * (outside + 2 * 3 * 144) + 64
    assert decode_work(dense, HALF, batch=9, context=1).linear_bytes < pair.linear_bytes


def test_the_expected_number_of_experts_is_that_of_a_simulation():
    rng = random.Random(0)
    experts, active, tokens, draws = 128, 8, 20, 400
    seen = 0
    for _ in range(draws):
        seen += len({one for _ in range(tokens) for one in rng.sample(range(experts), active)})
    assert seen / draws == pytest.approx(distinct_experts(experts, active, tokens), rel=0.02)
    assert distinct_experts(0, 0, 5) == 0
