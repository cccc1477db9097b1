"""What a pass costs and may hold: on a CPU as ever, on a GPU by its kernels and its memory."""

import itertools
from types import SimpleNamespace

import pytest

from breakeven.costs.lora import Lora
from breakeven.costs.model_shapes import load_architecture
from breakeven.models.memory import training_memory
from breakeven.models.pass_plans import pass_plan
from breakeven.params.training import Training
from breakeven.train.batches import micro_batches
from breakeven.train.pass_sizes import gpu_pass_tokens, pass_sizes

SMALL = load_architecture("Qwen/Qwen2.5-0.5B")
LARGE = load_architecture("Qwen/Qwen2.5-7B")
H200_BYTES = 150_109_880_320
# Tokens of the step that was timed on an H200 in one pass, and in the five that a CPU has it in.
MIXED = [82, 97, 120, 169, 181, 203, 245, 262, 290, 310, 355, 381, 402, 431, 453]


def sizes_of(shape=SMALL, *, kind="cuda", have_bytes=H200_BYTES, dtype="bfloat16", **training):
    given = Training(max_length=512, **training)
    settings = SimpleNamespace(method=given.method, lora=given.lora, training=given)
    return pass_sizes(settings, shape, kind=kind, dtype=dtype, have_bytes=have_bytes)


def passes(sizes, lengths=MIXED):
    return [[lengths[at] for at in batch] for batch in micro_batches(lengths, sizes)]


@pytest.mark.parametrize("kind", ["cpu", "mps"])
def test_a_cpu_cuts_as_it_always_has_whatever_the_model(kind):
    for shape, given in itertools.product((SMALL, LARGE, "unknown"), (None, 1000)):
        sizes = sizes_of(shape, kind=kind, have_bytes=None, micro_batch_tokens=given)
        assert sizes == (given or 4096, 100, False, False)


def test_a_gpu_with_room_takes_a_step_of_mixed_lengths_in_one_pass():
    assert len(passes(sizes_of())) == 1
    assert len(passes(sizes_of(kind="cpu", have_bytes=None))) > 3


def test_packing_takes_a_step_that_is_a_little_over_in_one_pass():
    lengths = [*MIXED, 400]  # 4,381 tokens: steps are equal on average only
    assert sum(lengths) > 4096
    assert len(passes(sizes_of(packing=True), lengths)) == 1
    assert len(passes(sizes_of(packing=True, kind="cpu", have_bytes=None), lengths)) == 2


@pytest.mark.parametrize(
    ("given", "have_bytes"),
    [
        ({}, 12e9),  # no room for more
        ({}, None),  # several processes
        ({"launch": "profiles/accelerate/ddp-8.yaml"}, H200_BYTES),
        ({"micro_batch_tokens": 4096}, H200_BYTES),
    ],
)
def test_passes_stay_within_a_given_limit_and_within_memory(given, have_bytes):
    sizes = sizes_of(have_bytes=have_bytes, **given)
    assert sizes.limit == 4096
    found = passes(sizes)
    assert len(found) == 2
    assert all(len(batch) * max(batch) <= 4096 for batch in found)


def test_what_a_pass_may_hold_fits_by_the_plan_of_its_memory():
    given = Training(max_length=512)
    settings = SimpleNamespace(method=given.method, lora=given.lora, training=given)
    twice = pass_plan(settings, compute_bytes=2)
    need = training_memory(SMALL, twice).total
    wide = next(
        have
        for have in (need * share for share in (1.1, 1.5, 2.1))
        if sizes_of(have_bytes=have).limit > 4096
    )
    assert need < wide <= 2.1 * need
    assert sizes_of(have_bytes=wide).limit == 2 * 4096


def test_a_pass_costs_more_tokens_of_a_small_model_than_of_a_large_one():
    small, large = (
        gpu_pass_tokens(shape, "lora", Lora(32), dtype="bfloat16") for shape in (SMALL, LARGE)
    )
    # Measured on an H200 for the small one: 4,807 at least, its full steps being kernels only.
    assert small > 4807
    # 28 layers of 6 ms, 0.4 · 989.4 TFLOP/s, 4 · 6.53e9 FLOPs a token and the adapters' 6 · 80.7e6.
    assert large == pytest.approx(28 * 6e-3 * 0.4 * 989.4e12 / (4 * 6.53e9 + 6 * 80.7e6), rel=0.01)


def test_slower_numbers_make_a_pass_cheaper():
    costs = [sizes_of(dtype=dtype).pass_tokens for dtype in ("bfloat16", "float32")]
    assert costs[0] > 10 * costs[1] > 10 * 100


def test_a_model_of_unknown_shape_is_cut_into_few_passes():
    sizes = sizes_of("its architecture is not known")
    assert sizes == (4096, 4096, False, True)
    assert len(passes(sizes)) == 2
