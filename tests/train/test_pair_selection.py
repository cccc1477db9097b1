"""Which pairs an arm learns: same prompts for every style, exact nested shares, budgets."""

import itertools

import pytest

from breakeven.train.pair_selection import (
    Sample,
    SampleCosts,
    one_after_another,
    pass_cost,
    select,
)

PAIRS = 41
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def chosen(share, **given):
    return select(PAIRS, **{"share": share, "order": "mixed", "seed": 3, **given})


def pairs_of(samples, style=None):
    return [sample.pair for sample in samples if style in (None, sample.style)]


@pytest.mark.parametrize("given", [{}, {"epochs": 3}, {"seed": 4}])
def test_every_style_learns_the_same_prompts_in_the_same_order(given):
    orders = [pairs_of(chosen(share, **given).samples) for share in SHARES]
    assert all(order == orders[0] for order in orders)
    assert sorted(set(orders[0])) == list(range(PAIRS))


@pytest.mark.parametrize(
    ("share", "traced"), [(0.0, 0), (0.25, 10), (0.5, 20), (0.75, 31), (1.0, 41)]
)
def test_share_of_traces_is_exact(share, traced):
    assert len(pairs_of(chosen(share).samples, "reasoning")) == traced


def test_traces_of_a_smaller_share_are_among_those_of_a_larger():
    sets = [set(pairs_of(chosen(share).samples, "reasoning")) for share in SHARES]
    for smaller, larger in itertools.pairwise(sets):
        assert smaller < larger


def test_traces_are_not_tied_to_the_order_of_learning():
    """The draw that picks the traces is another than the one that shuffles: halves have both."""
    samples = chosen(0.5).samples
    first_half = pairs_of(samples[: PAIRS // 2], "reasoning")
    assert 5 <= len(first_half) <= 15


def test_each_pass_has_its_own_order_and_the_same_styles():
    first, second = chosen(0.5, epochs=2).phases
    assert pairs_of(first) != pairs_of(second)
    assert sorted(first) == sorted(second)


def test_seeds_choose_other_orders_and_other_traces():
    one, other = (set(pairs_of(chosen(0.5, seed=seed).samples, "reasoning")) for seed in (0, 1))
    assert one != other


@pytest.mark.parametrize("epochs", [1, 2])
def test_sequential_order_is_all_plain_then_all_traces(epochs):
    mixed, sequential = chosen(0.25, epochs=epochs), chosen(0.25, epochs=epochs, order="sequential")
    assert sorted(mixed.samples) == sorted(sequential.samples)
    styles = [sample.style for sample in sequential.samples]
    assert styles == ["ift"] * (31 * epochs) + ["reasoning"] * (10 * epochs)
    assert len(sequential.phases) == 2 * epochs


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_sequential_order_of_one_style_has_no_empty_phase(share):
    assert chosen(share, order="sequential").phases == chosen(share).phases


ONES = SampleCosts([1] * PAIRS, [1] * PAIRS)
TOKENS = SampleCosts([10] * PAIRS, [70] * PAIRS)


@pytest.mark.parametrize("samples", [1, 10, 41, 42, 100])
def test_budget_of_samples_is_met_exactly(samples):
    selection = chosen(0.5, budget=samples, costs=ONES)
    assert len(selection.samples) == samples
    assert selection.passes == samples / PAIRS
    assert selection.pairs == min(samples, PAIRS)


@pytest.mark.parametrize("samples", [10, 41])
def test_budgeted_styles_learn_the_same_prompts_at_the_exact_share(samples):
    arms = {share: chosen(share, budget=samples, costs=ONES).samples for share in SHARES}
    for share, learnt in arms.items():
        assert pairs_of(learnt) == pairs_of(arms[0.0])
        assert len(pairs_of(learnt, "reasoning")) == round(share * samples)


def test_budget_of_tokens_buys_more_passes_of_short_samples():
    plain = chosen(0.0, budget=1000, costs=TOKENS)
    traced = chosen(1.0, budget=1000, costs=TOKENS)
    assert len(plain.samples) == 100
    assert len(traced.samples) == 14


@pytest.mark.parametrize("budget", [80, 350, 1639, 1640, 1641, 4000])
@pytest.mark.parametrize("share", SHARES)
def test_budget_is_not_exceeded_and_the_next_sample_would_exceed_it(share, budget):
    samples = chosen(share, budget=budget, costs=TOKENS).samples
    spent = sum(map(TOKENS.of, samples))
    assert spent <= budget < spent + 70


def test_budget_below_one_sample_is_refused():
    with pytest.raises(ValueError, match="69 does not pay for the first sample, which takes 70"):
        chosen(1.0, budget=69, costs=TOKENS)


def test_selection_is_the_same_on_every_machine():
    """Golden order from Python 3.11.7: should a later `shuffle` differ, old cells would too."""
    assert select(4, share=0.5, order="mixed", seed=0).samples == (
        Sample(1, "reasoning"),
        Sample(0, "ift"),
        Sample(2, "ift"),
        Sample(3, "reasoning"),
    )


def test_one_corpus_follows_another_and_pairs_are_numbered_through():
    both = [select(pairs, share=0.5, order="sequential", seed=3) for pairs in (4, 6)]
    joined = one_after_another(both, [4, 6])
    assert [[one.style for one in phase] for phase in joined.phases] == [
        ["ift"] * 2,
        ["reasoning"] * 2,
        ["ift"] * 3,
        ["reasoning"] * 3,
    ]
    assert sorted(pairs_of(joined.samples[:4])) == [0, 1, 2, 3]
    assert pairs_of(joined.samples[4:]) == [4 + pair for pair in pairs_of(both[1].samples)]
    assert (joined.pairs, joined.passes) == (10, 1.0)


def test_cost_of_a_pass_counts_each_pair_in_its_style():
    assert pass_cost(8, share=0.25, seed=0, costs=SampleCosts([1] * 8, [10] * 8)) == 6 * 1 + 2 * 10
