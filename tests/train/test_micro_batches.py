"""Micro-batches among processes: each sample once, as many passes each, little waiting."""

import itertools

import pytest

from breakeven.rendering import Example
from breakeven.train.micro_batches import forward_passes


def batches_of(*lengths):
    """Micro-batches of examples, from lists of lengths; every example is another one."""
    numbers = itertools.count()
    return [[Example((next(numbers),) * length, 1) for length in batch] for batch in lengths]


def dealt(batches, processes):
    return [forward_passes(batches, process=one, processes=processes) for one in range(processes)]


def lengths_of(passes):
    return [[len(one.input_ids) for one in each.examples] for each in passes if each.contributes]


CASES = [
    [[9] * 4, [5] * 4],
    [[9] * 4],
    [[9]],
    [[9], [8], [7]],
    [[9, 8, 7, 6, 5], [4, 3], [2]],
]


@pytest.mark.parametrize("processes", [1, 2, 3, 8])
@pytest.mark.parametrize("lengths", CASES)
def test_every_sample_counts_once_and_every_process_makes_as_many_passes(lengths, processes):
    batches = batches_of(*lengths)
    found = dealt(batches, processes)
    counted = [one for own in found for each in own if each.contributes for one in each.examples]
    assert sorted(counted) == sorted(one for batch in batches for one in batch)
    assert len({len(own) for own in found}) == 1
    assert all(each.examples for own in found for each in own)


def test_one_process_takes_the_micro_batches_as_they_are():
    batches = batches_of([3], [9, 8])
    assert [each.examples for each in dealt(batches, 1)[0]] == batches


def test_a_micro_batch_is_halved_where_a_process_would_be_idle():
    first, second = dealt(batches_of([9] * 4, [5] * 4, [2] * 2), 2)
    assert lengths_of(first) == [[5] * 4, [9] * 2]
    assert lengths_of(second) == [[9] * 2, [2] * 2]


def test_a_process_without_a_sample_keeps_step_with_the_shortest():
    first, second = dealt(batches_of([9], [4], [7]), 2)
    assert lengths_of(first) == [[9], [4]]
    assert lengths_of(second) == [[7]]
    assert (len(second[1].examples[0].input_ids), second[1].contributes) == (4, False)
