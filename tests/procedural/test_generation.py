"""Generation: distinct, seeded, and parted into train and test by content."""

import pytest
from tests.hash_seeds import printed_under_two_hash_seeds

from breakeven.core.errors import InputError
from breakeven.core.sides import partition_of, side_of
from breakeven.procedural import ALL_KINDS, KINDS, generate
from breakeven.procedural.generation import depth_range


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_train_and_test_share_no_content_whatever_the_seeds(kind):
    train = {
        p.content
        for seed in (0, 1)
        for p in generate(kind, count=400, seed=seed, partition="train")
    }
    test = {
        p.content for seed in (0, 1) for p in generate(kind, count=400, seed=seed, partition="test")
    }
    assert not train & test
    assert all(partition_of(content) == "test" for content in test)


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_contents_and_questions_are_distinct(kind):
    problems = generate(kind, count=400, seed=0, partition="test")
    assert len({p.content for p in problems}) == 400
    assert len({p.question for p in problems}) == 400


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_a_seed_gives_the_same_problems_again_and_another_seed_others(kind):
    first = generate(kind, count=50, seed=3, partition="train")
    assert generate(kind, count=50, seed=3, partition="train") == first
    assert generate(kind, count=50, seed=4, partition="train") != first


def test_a_longer_list_starts_with_the_shorter_one():
    assert generate("hops", count=40, seed=0, partition="test")[:10] == generate(
        "hops", count=10, seed=0, partition="test"
    )


def test_another_process_with_another_hash_seed_gives_the_same_problems():
    code = (
        "from breakeven.procedural import ALL_KINDS, generate\n"
        "print([generate(k, count=5, seed=0, partition='test') for k in ALL_KINDS])"
    )
    assert len(printed_under_two_hash_seeds(code)) == 1


def test_the_partition_of_a_content_does_not_change_between_releases():
    # SHA-256 of the content, first eight bytes, modulo five: 0 is test.
    assert partition_of("chain 1 + 2 - 3") == "test"
    assert partition_of("addition 13 53") == "train"
    assert generate("chain", count=1, seed=0, partition="test")[0].content == "chain 5 - 5 + 2"


def test_the_tune_side_is_an_eighth_of_what_is_drawn_for_training_and_none_of_the_tests():
    for kind in ALL_KINDS:
        drawn = generate(kind, count=800, seed=0, partition="train")
        sides = [side_of(problem.content) for problem in drawn]
        assert set(sides) == {"train", "tune"}
        assert 60 <= sides.count("tune") <= 140
        tests = generate(kind, count=200, seed=0, partition="test")
        assert {side_of(problem.content) for problem in tests} == {"test"}
    # Does not change between releases either: what was tuned on would be learnt.
    assert [side_of(f"chain {digit} + 2 - 3") for digit in range(8)] == [
        *("tune", "test", "train", "train", "test", "test", "tune", "train")
    ]


@pytest.mark.parametrize("kind", [kind for kind in ALL_KINDS if depth_range(kind) != [None]])
def test_depths_come_in_equal_shares_within_the_range_asked_for(kind):
    low = depth_range(kind)[0]
    problems = generate(kind, count=20, seed=0, partition="train", min_depth=low, max_depth=low + 1)
    depths = [p.depth for p in problems]
    assert depths.count(low) == depths.count(low + 1) == 10
    assert depth_range(kind, low, low + 1) == [low, low + 1]


def test_mathematics_and_general_each_have_kinds_with_and_without_depth():
    for kinds in (KINDS[:3], KINDS[3:]):
        assert {depth_range(kind) == [None] for kind in kinds} == {True, False}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "chains"}, "kind: value is 'chains'"),
        ({"kind": "lookup", "min_depth": 2}, "lookup has no serial depth"),
        ({"kind": "chain", "max_depth": 40}, "use a range within 2 to"),
        ({"kind": "hops", "min_depth": 4, "max_depth": 2}, "use a range within 2 to"),
    ],
)
def test_what_a_kind_does_not_have_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        generate(**{"count": 1, "seed": 0, "partition": "test", **arguments})


def test_a_space_that_is_too_small_is_refused_with_what_to_do():
    with pytest.raises(InputError, match=r"addition: count: value is 2000; .* use a smaller count"):
        generate("addition", count=2000, seed=0, partition="test", max_depth=2)
