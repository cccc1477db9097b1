"""What the published answers on math-open cost in FLOPs, seconds and money on an H100.

Lengths: the published FLOPs a query, solved by the paper's own formula for the new tokens after a
prompt of 250. An estimate by one bound for a whole step, and without a fixed time of a layer, had
given: at equal size 7-10x in FLOPs and 31-45x in money at a full batch; the 0.5B reasoning student
against the 7B plain one 0.85x in FLOPs, 0.74x in seconds at batch 1, 2.9x in money at batch 64,
8.5x at a full batch. Here each is worked out by that estimate's own means, then by ours.
"""

import numpy as np
import pytest
from scipy.optimize import brentq

from breakeven.costs.exact import answer_flops
from breakeven.costs.hardware import find_hardware
from breakeven.costs.model_shapes import load_architecture
from breakeven.costs.paper import answer_flops as paper_answer_flops
from breakeven.costs.query_costs import operating_points
from breakeven.costs.roofline import Achieved, Serving, answer_times, largest_batch
from breakeven.costs.serving_work import decode_work, prefill_work
from breakeven.results.published_tables import published_power_laws

SIZES = (0.5, 1.5, 3.0, 7.0, 14.0)
PROMPT = 250
H100 = find_hardware("H100")


def shape_of(size):
    return load_architecture(f"Qwen2.5-{size:g}B")


def lengths():
    """New tokens of an answer by size and style, from the published power laws."""
    found = {}
    for (family, style), law in published_power_laws().items():
        for size in SIZES if family == "math-open" else ():

            def excess(new, size=size, law=law):
                return float(paper_answer_flops(shape_of(size), PROMPT, new)) - law.at(size)

            found[size, style] = brentq(excess, 1, 1e6)
    return found


NEW = lengths()


def serving(size, layer_seconds=0.0):
    return Serving(shape_of(size), H100, achieved=Achieved(layer_seconds=layer_seconds))


def full_batch(size, style):
    return largest_batch(serving(size), PROMPT + NEW[size, style])


def by_one_bound(size, style, batch):
    """Seconds of an answer where a whole step takes the longer of all its bytes and all its FLOPs.

    Every step by itself, for with one bound the longer may change as the context grows.
    """
    served, new = serving(size), NEW[size, style]
    bandwidth = H100.bandwidth_bytes_per_second * 0.8
    peak = H100.peak("bfloat16") * 0.6
    shape, numbers = served.shape, served.numbers
    first = prefill_work(shape, numbers, batch=batch, prompt_tokens=PROMPT)
    total = max(
        (first.linear_bytes + first.attention_bytes) / bandwidth,
        (first.linear_flops + first.attention_flops) / peak,
    )
    one = decode_work(shape, numbers, batch=batch, context=PROMPT)
    context = PROMPT + 1 + np.arange(int(new) - 1)
    grown = context / (PROMPT + 1)
    moved = one.linear_bytes + one.attention_bytes * grown
    multiplied = one.linear_flops + one.attention_flops * grown
    return total + float(np.maximum(moved / bandwidth, multiplied / peak).sum())


def ratio(of, small=0.5, large=7.0):
    """The small student that thinks over the large one that does not."""
    return of(small, "reasoning") / of(large, "ift")


def flops(size, style):
    return float(answer_flops(shape_of(size), PROMPT, NEW[size, style]))


def money(layer_seconds):
    def of(size, style):
        point = operating_points(
            serving(size, layer_seconds), prompt_tokens=PROMPT, new_tokens=NEW[size, style]
        )[-1]
        return point.money.value

    return of


def seconds(batch, layer_seconds):
    def of(size, style):
        times = answer_times(
            serving(size, layer_seconds),
            batch=batch,
            prompt_tokens=PROMPT,
            new_tokens=NEW[size, style],
        )
        return times.seconds

    return of


def test_at_equal_size_thinking_takes_seven_to_ten_times_the_flops():
    found = [flops(size, "reasoning") / flops(size, "ift") for size in SIZES]
    assert min(found) == pytest.approx(7.1, abs=0.1)
    assert max(found) == pytest.approx(10.2, abs=0.1)


def test_at_equal_size_and_a_full_batch_it_takes_far_more_money_than_flops():
    def one_bound(size, style):
        batch = full_batch(size, style)
        return by_one_bound(size, style, batch) / batch

    estimate = [one_bound(size, "reasoning") / one_bound(size, "ift") for size in SIZES]
    # 31-45x had been said: so it is from 1.5B on, and 50x at 0.5B.
    assert estimate == pytest.approx([50.5, 46.2, 39.2, 35.4, 41.8], rel=0.02)
    ours = [money(0.0)(size, "reasoning") / money(0.0)(size, "ift") for size in SIZES]
    # Less: at a full batch a plain answer waits for its products and then for its cache, which one
    # bound lets overlap. At 14B both wait for the weights, as few answers fit.
    assert ours == pytest.approx([38.3, 33.0, 26.4, 24.9, 42.0], rel=0.02)
    for size, cost in zip(SIZES, ours, strict=True):
        assert cost > 3 * flops(size, "reasoning") / flops(size, "ift")


def test_a_small_student_that_thinks_against_a_large_one_that_does_not():
    # 0.85x had been said. By the paper's own formula it is 1.00, which is 14% too dear at 0.5B and
    # 9% too cheap at 7B: docs/costs.md.
    assert ratio(flops) == pytest.approx(0.82, abs=0.01)
    assert ratio(lambda size, style: by_one_bound(size, style, 1)) == pytest.approx(0.74, abs=0.01)
    assert ratio(seconds(1, 0.0)) == pytest.approx(0.74, abs=0.01)
    assert ratio(lambda size, style: by_one_bound(size, style, 64)) == pytest.approx(2.8, abs=0.1)
    assert ratio(seconds(64, 0.0)) == pytest.approx(2.8, abs=0.1)
    full = ratio(
        lambda size, style: (
            by_one_bound(size, style, full_batch(size, style)) / full_batch(size, style)
        )
    )
    # 8.5x had been said: between 7.7 and the 9.4 that it is where no prompt is read.
    assert full == pytest.approx(7.7, abs=0.1)
    assert ratio(money(0.0)) == pytest.approx(5.6, abs=0.1)


def test_the_fixed_time_of_a_layer_turns_the_ranking_at_batch_one():
    """In FLOPs the small one is cheaper; nobody who waits for it would say so."""
    fixed = Achieved().layer_seconds
    assert ratio(flops) < 1 < ratio(seconds(1, fixed))
    assert ratio(seconds(1, fixed)) == pytest.approx(3.7, abs=0.1)
    assert ratio(seconds(64, fixed)) == pytest.approx(4.7, abs=0.1)
    assert ratio(money(fixed)) == pytest.approx(6.1, abs=0.1)
    # Measured speeds say the same: tokens over the tokens a second that Qwen published for these
    # two sizes (an A100 at batch 1).
    measured = {0.5: 311.55, 7.0: 84.28}
    assert ratio(lambda size, style: NEW[size, style] / measured[size]) > 2.5
