"""Steps and micro-batches: nothing dropped, nothing reordered by length, little padding."""

import itertools
import random

import pytest

from breakeven.train.batches import optimizer_steps
from breakeven.train.pair_selection import Sample


def phases_of(*phases):
    """Phases of samples numbered through, from lists of lengths."""
    numbers = itertools.count()
    return [[Sample(next(numbers), "ift") for _ in lengths] for lengths in phases]


def steps(*lengths, **given):
    return optimizer_steps(phases_of(*lengths), lengths, **{"batch_tokens": 100, **given})


def samples_of(step):
    return list(itertools.chain(*step.micro_batches))


def random_lengths(count, longest=60):
    draw = random.Random(1)
    return [draw.randint(5, longest) for _ in range(count)]


@pytest.mark.parametrize("lengths", [[10], [100], [300], random_lengths(200), [5, 400, 5, 5]])
def test_no_sample_is_dropped_and_steps_keep_the_order(lengths):
    pairs = [sorted(sample.pair for sample in samples_of(step)) for step in steps(lengths)]
    assert list(itertools.chain(*pairs)) == list(range(len(lengths)))


def test_steps_have_about_equal_tokens_and_none_is_a_runt():
    lengths = random_lengths(200)
    sizes = [sum(lengths[sample.pair] for sample in samples_of(step)) for step in steps(lengths)]
    assert len(sizes) == -(-sum(lengths) // 100)
    assert max(sizes) < 100 + 60
    assert min(sizes) > 100 - 60


def test_tokens_one_over_a_step_make_two_even_steps():
    assert [len(samples_of(step)) for step in steps([10] * 11)] == [6, 5]


def test_sample_longer_than_a_step_is_a_step_and_the_rest_is_cut_as_before():
    sizes = [len(samples_of(step)) for step in steps([10] * 10 + [400] + [10] * 20)]
    assert sum(sizes) == 31
    assert 1 not in sizes[-2:]


def test_no_step_reaches_over_the_end_of_a_phase():
    pairs = [
        sorted(sample.pair for sample in samples_of(step)) for step in steps([30] * 2, [30] * 2)
    ]
    assert pairs == [[0, 1], [2, 3]]


def test_micro_batches_hold_similar_lengths():
    (step,) = steps([50, 10] * 10, batch_tokens=1000)
    lengths = [[(50, 10)[sample.pair % 2] for sample in batch] for batch in step.micro_batches]
    assert lengths == [[50] * 10, [10] * 10]


@pytest.mark.parametrize("seed", range(5))
def test_micro_batches_cost_the_least_of_all_cuts(seed):
    """Against every way to cut nine samples: padded tokens, and 100 for each pass."""
    draw = random.Random(seed)
    lengths = sorted((draw.randint(5, 120) for _ in range(9)), reverse=True)

    def cost(cuts):
        bounds = itertools.pairwise([0, *cuts, len(lengths)])
        return sum((end - start) * lengths[start] + 100 for start, end in bounds)

    places = range(1, len(lengths))
    ways = [cuts for n in range(len(lengths)) for cuts in itertools.combinations(places, n)]
    (step,) = steps(lengths, batch_tokens=10_000)
    sizes = [len(batch) for batch in step.micro_batches]
    assert cost(list(itertools.accumulate(sizes))[:-1]) == min(map(cost, ways))


def test_little_padding_is_not_worth_a_pass():
    (step,) = steps([50, 49, 48, 47], batch_tokens=1000)
    assert len(step.micro_batches) == 1


@pytest.mark.parametrize("limit", [None, 60, 200])
def test_micro_batches_stay_within_their_padded_tokens(limit):
    lengths = random_lengths(100)
    for step in steps(lengths, batch_tokens=400, micro_batch_tokens=limit):
        for batch in step.micro_batches:
            padded = len(batch) * max(lengths[sample.pair] for sample in batch)
            assert padded <= (limit or 400) or len(batch) == 1


@pytest.mark.parametrize(("count", "sizes"), [(4, [4, 4, 2, 3]), (10, [10, 3]), (32, [10, 3])])
def test_steps_of_sequences_hold_exactly_so_many_and_the_last_of_a_phase_the_rest(count, sizes):
    found = steps(random_lengths(10), random_lengths(3), batch_sequences=count)
    assert [len(samples_of(step)) for step in found] == sizes
    pairs = [sorted(sample.pair for sample in samples_of(step)) for step in found]
    assert list(itertools.chain(*pairs)) == list(range(13))


def test_steps_of_sequences_are_cut_into_micro_batches_too():
    found = steps([10] * 8, batch_sequences=8, micro_batch_tokens=30)
    assert [[len(batch) for batch in step.micro_batches] for step in found] == [[3, 3, 2]]


@pytest.mark.parametrize(
    ("lengths", "packed"),
    [
        ([50, 30, 20, 60, 40], [[60], [50, 20], [40, 30]]),
        ([10] * 10, [[10] * 10]),
        ([10] * 11, [[10] * 6, [10] * 5]),
        ([60, 60, 60], [[60], [60], [60]]),
        ([130, 10], [[130], [10]]),
        ([130] + [10] * 9, [[130], [10] * 9]),
        ([99, 2], [[99], [2]]),
    ],
)
def test_packed_micro_batches_are_few_and_equally_full(lengths, packed):
    (step,) = steps(lengths, batch_sequences=99, packing=True)
    assert [[lengths[one.pair] for one in batch] for batch in step.micro_batches] == packed


def test_steps_are_the_same_again():
    lengths = random_lengths(100)
    assert steps(lengths) == steps(lengths)
