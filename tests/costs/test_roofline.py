"""Times of answers, against numbers worked out by hand and against the sum of all steps."""

from dataclasses import replace

import pytest

from breakeven.core.errors import InputError
from breakeven.costs.architecture import Architecture
from breakeven.costs.hardware import Hardware, find_hardware
from breakeven.costs.model_shapes import load_architecture
from breakeven.costs.roofline import (
    Achieved,
    Serving,
    answer_times,
    largest_batch,
    pass_seconds,
    require_fit,
)
from breakeven.costs.serving_work import FORMATS, decode_work, prefill_work

TOY = Architecture("toy", 8, 2, 4, 2, 2, 16, 10, tied_embeddings=True, vector_parameters=48)
# A thousand bytes and a hundred thousand FLOPs a second, with round shares and no fixed time.
SLOW = Hardware("slow", 6400.0, 1000.0, {"bfloat16": 1e5}, "a test", price_per_hour=3600.0)
ROUND = Achieved(bandwidth_share=0.5, compute_share=0.25, layer_seconds=0.0)
SERVED = Serving(TOY, SLOW, achieved=ROUND, memory_share=1.0)


def test_a_step_of_one_sequence_waits_for_its_weights():
    # 2592 bytes of weights and new keys, 320 of the cache, at 500 bytes a second. Its 2464 FLOPs
    # would take a tenth of a second at 25,000 a second.
    seconds = pass_seconds(SERVED, decode_work(TOY, SERVED.numbers, batch=1, context=9))
    assert seconds == pytest.approx((2592 + 320) / 500)


def test_a_large_batch_waits_for_its_products_and_still_for_its_cache():
    # 100 · 2464 FLOPs take longer than 5760 bytes; the cache of 100 sequences longer than 64,000.
    seconds = pass_seconds(SERVED, decode_work(TOY, SERVED.numbers, batch=100, context=9))
    assert seconds == pytest.approx(max(246_400 / 25e3, 5760 / 500) + 32_000 / 500)
    quick = replace(SERVED, hardware=replace(SLOW, bandwidth_bytes_per_second=1e9))
    seconds = pass_seconds(quick, decode_work(TOY, SERVED.numbers, batch=100, context=9))
    assert seconds == pytest.approx((246_400 + 64_000) / 25e3)


def test_each_pass_and_each_of_its_layers_has_a_fixed_time():
    fixed = replace(SERVED, achieved=ROUND._replace(layer_seconds=3.0, pass_seconds=5.0))
    for new, passes in ((1, 1), (5, 5)):
        before, after = (
            answer_times(served, batch=1, prompt_tokens=5, new_tokens=new)
            for served in (SERVED, fixed)
        )
        assert after.seconds - before.seconds == pytest.approx(passes * (2 * 3.0 + 5.0))


def test_a_batch_begins_once_in_each_of_its_layers_if_any_step_follows_the_first_token():
    begun = replace(SERVED, achieved=ROUND._replace(batch_layer_seconds=3.0))
    for new, times in ((1, 0), (2, 1), (5, 1)):
        before, after = (
            answer_times(served, batch=7, prompt_tokens=5, new_tokens=new)
            for served in (SERVED, begun)
        )
        assert after.seconds - before.seconds == pytest.approx(times * 2 * 3.0)
        assert after.first_token_seconds == before.first_token_seconds


@pytest.mark.parametrize("batch", [1, 40, 3000])
@pytest.mark.parametrize("name", ["Qwen2.5-0.5B", "Qwen3-30B-A3B", "Gemma-3-1B"])
def test_the_closed_form_is_the_sum_of_all_steps(name, batch):
    served = Serving(load_architecture(name), find_hardware("H100"))
    shape, numbers = served.shape, served.numbers
    total = pass_seconds(served, prefill_work(shape, numbers, batch=batch, prompt_tokens=300))
    for step in range(999):
        work = decode_work(shape, numbers, batch=batch, context=300 + step)
        total += pass_seconds(served, work)
    found = answer_times(served, batch=batch, prompt_tokens=300, new_tokens=1000)
    assert found.seconds == pytest.approx(total, rel=1e-9)


def test_rates_of_a_device_follow_from_the_time():
    found = answer_times(replace(SERVED, devices=2), batch=6, prompt_tokens=5, new_tokens=4)
    assert found.tokens_per_second == pytest.approx(6 * 4 / found.seconds / 2)
    assert found.device_seconds == pytest.approx(2 * found.seconds / 6)


def test_one_new_token_comes_from_the_prompt_alone():
    found = answer_times(SERVED, batch=3, prompt_tokens=5, new_tokens=1)
    assert found.seconds == found.first_token_seconds


def test_two_devices_halve_weights_products_and_cache():
    two = replace(SERVED, devices=2)
    work = decode_work(TOY, SERVED.numbers, batch=1, context=9)
    assert pass_seconds(two, work) == pytest.approx(pass_seconds(SERVED, work) / 2)
    # Four devices share two heads of keys and values: their cache is no smaller than on two.
    four = replace(SERVED, devices=4)
    assert pass_seconds(four, work) == pytest.approx(2592 / 4 / 500 + 320 / 2 / 500)


def test_the_largest_batch_fills_the_memory_beside_the_weights():
    # 2560 bytes of weights; 10 positions in 2 layers keep 320 bytes, 10 logits 40:
    # (6400 − 2560) / 360 = 10.7.
    assert largest_batch(SERVED, 10) == 10
    assert largest_batch(replace(SERVED, memory_share=0.9), 10) == 8
    # On two devices, 1280 bytes of weights and 180 a sequence on each.
    assert largest_batch(replace(SERVED, devices=2), 10) == 28
    assert largest_batch(replace(SERVED, numbers=FORMATS["float32"]), 10) == 1
    assert largest_batch(SERVED, 200) == 0


def test_a_batch_that_does_not_fit_says_how_many_would():
    require_fit(SERVED, 10, 10)
    with pytest.raises(InputError, match=r"^--batch: value is 13; .*1 × slow holds at most 10"):
        require_fit(SERVED, 13, 10, "--batch")
    with pytest.raises(InputError, match="not one answer of 200 tokens of toy fits into 1 × slow"):
        require_fit(SERVED, 1, 200)


@pytest.mark.parametrize(
    "change",
    [
        {"devices": 0},
        {"memory_share": 0.0},
        {"achieved": ROUND._replace(bandwidth_share=1.5)},
        {"achieved": ROUND._replace(layer_seconds=-1.0)},
        {"achieved": ROUND._replace(pass_seconds=float("nan"))},
    ],
)
def test_impossible_settings_are_refused(change):
    with pytest.raises(ValueError, match="at least"):
        replace(SERVED, **change)


@pytest.mark.parametrize("counts", [(0, 5, 5), (1, 0, 5), (1, 5, 0), (1, float("nan"), 5)])
def test_impossible_counts_are_refused(counts):
    batch, prompt, new = counts
    with pytest.raises(ValueError, match="at least 1 each"):
        answer_times(SERVED, batch=batch, prompt_tokens=prompt, new_tokens=new)
