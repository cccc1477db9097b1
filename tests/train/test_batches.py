"""Steps and micro-batches: nothing dropped, nothing reordered by length, little padding."""

import hashlib
import itertools
import random

import pytest

from breakeven.train.batches import PassSizes, micro_batches, optimizer_steps
from breakeven.train.pair_selection import Sample


def phases_of(*phases):
    """Phases of samples numbered through, from lists of lengths."""
    numbers = itertools.count()
    return [[Sample(next(numbers), "ift") for _ in lengths] for lengths in phases]


def steps(*lengths, **given):
    return optimizer_steps(phases_of(*lengths), lengths, **{"batch_tokens": 100, **given})


def samples_of(step):
    return list(step.samples)


def passes_of(step, lengths, *, limit=100, pass_tokens=100, packing=False, searched=False):
    """Lengths of the samples of each pass of a step, where `lengths` are of all samples."""
    own = [lengths[sample.pair] for sample in step.samples]
    cut = micro_batches(own, PassSizes(limit, pass_tokens, packing, searched))
    assert sorted(itertools.chain(*cut)) == list(range(len(own)))  # none is dropped
    return [[own[at] for at in batch] for batch in cut]


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
    assert passes_of(step, [50, 10] * 10, limit=1000) == [[50] * 10, [10] * 10]


@pytest.mark.parametrize("pass_tokens", [5, 100, 2000])
@pytest.mark.parametrize("seed", range(5))
def test_micro_batches_cost_the_least_of_all_cuts(seed, pass_tokens):
    """Against every way to cut nine samples: padded tokens, and so many for each pass."""
    draw = random.Random(seed)
    lengths = sorted((draw.randint(5, 120) for _ in range(9)), reverse=True)

    def cost(cuts):
        bounds = itertools.pairwise([0, *cuts, len(lengths)])
        return sum((end - start) * lengths[start] + pass_tokens for start, end in bounds)

    places = range(1, len(lengths))
    ways = [cuts for n in range(len(lengths)) for cuts in itertools.combinations(places, n)]
    (step,) = steps(lengths, batch_tokens=10_000)
    passes = passes_of(step, lengths, limit=10_000, pass_tokens=pass_tokens)
    sizes = [len(batch) for batch in passes]
    assert cost(list(itertools.accumulate(sizes))[:-1]) == min(map(cost, ways))


@pytest.mark.parametrize("seed", range(5))
def test_searched_micro_batches_cost_the_least_of_all_cuts_within_the_limit(seed):
    """Dear passes: few, and of few ways to have them that with the least padding."""
    draw = random.Random(seed)
    lengths = sorted((draw.randint(5, 120) for _ in range(9)), reverse=True)
    limit = 250

    def cost(cuts):
        bounds = list(itertools.pairwise([0, *cuts, len(lengths)]))
        within = all((end - start) * lengths[start] <= limit for start, end in bounds)
        padded = sum((end - start) * lengths[start] for start, end in bounds)
        return padded + 4000 * len(bounds) if within else float("inf")

    places = range(1, len(lengths))
    ways = [cuts for n in range(len(lengths)) for cuts in itertools.combinations(places, n)]
    (step,) = steps(lengths, batch_tokens=10_000)
    passes = passes_of(step, lengths, limit=limit, pass_tokens=4000, searched=True)
    sizes = [len(batch) for batch in passes]
    assert cost(list(itertools.accumulate(sizes))[:-1]) == min(map(cost, ways)) < float("inf")


def test_one_long_sample_does_not_cut_the_short_ones_small():
    lengths = [90] + [10] * 20
    (step,) = steps(lengths, batch_sequences=21)
    found = passes_of(step, lengths, limit=100, pass_tokens=4000, searched=True)
    assert found == [[90], [10] * 10, [10] * 10]


@pytest.mark.parametrize("searched", [False, True])
def test_more_samples_than_places_to_cut_at_stay_within_the_limit(searched):
    lengths = random_lengths(500)
    (step,) = steps(lengths, batch_sequences=500)
    found = passes_of(step, lengths, limit=130, pass_tokens=4000, searched=searched)
    assert all(len(batch) * max(batch) <= 130 or len(batch) == 1 for batch in found)


def test_cuts_for_a_cpu_are_those_that_its_results_were_computed_with():
    """A digest of cuts as they were before they hung on the device: other ones round otherwise."""
    draw, digest = random.Random(0), hashlib.sha256()
    for longest, count, batch in ((60, 300, 1024), (512, 200, 4096), (40, 900, 8192), (9, 60, 40)):
        lengths = [min(draw.randint(3, longest), draw.randint(3, longest)) for _ in range(count)]
        for limit, packing in itertools.product((batch, batch // 3), (False, True)):
            sizes = PassSizes(limit, 100, packing)
            for step in steps(lengths, batch_tokens=batch):
                cut = micro_batches([lengths[sample.pair] for sample in step.samples], sizes)
                pairs = [[step.samples[at].pair for at in batch] for batch in cut]
                digest.update(repr(pairs).encode())
    assert digest.hexdigest() == "3cf53d1898ed1fcb5d12659e18ba0a735b03db1683fa3a566aac603f5e88fac0"


def test_little_padding_is_not_worth_a_pass():
    lengths = [50, 49, 48, 47]
    (step,) = steps(lengths, batch_tokens=1000)
    assert len(passes_of(step, lengths, limit=1000)) == 1


@pytest.mark.parametrize("searched", [False, True])
@pytest.mark.parametrize("limit", [400, 60, 200])
def test_micro_batches_stay_within_their_padded_tokens(limit, searched):
    lengths = random_lengths(100)
    for step in steps(lengths, batch_tokens=400):
        for batch in passes_of(step, lengths, limit=limit, searched=searched):
            assert len(batch) * max(batch) <= limit or len(batch) == 1


@pytest.mark.parametrize(("count", "sizes"), [(4, [4, 4, 2, 3]), (10, [10, 3]), (32, [10, 3])])
def test_steps_of_sequences_hold_exactly_so_many_and_the_last_of_a_phase_the_rest(count, sizes):
    found = steps(random_lengths(10), random_lengths(3), batch_sequences=count)
    assert [len(samples_of(step)) for step in found] == sizes
    pairs = [sorted(sample.pair for sample in samples_of(step)) for step in found]
    assert list(itertools.chain(*pairs)) == list(range(13))


def test_steps_of_sequences_are_cut_into_micro_batches_too():
    (step,) = steps([10] * 8, batch_sequences=8)
    assert [len(batch) for batch in passes_of(step, [10] * 8, limit=30)] == [3, 3, 2]


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
    (step,) = steps(lengths, batch_sequences=99)
    assert passes_of(step, lengths, packing=True) == packed


def test_steps_are_the_same_again():
    lengths = random_lengths(100)
    assert steps(lengths) == steps(lengths)
