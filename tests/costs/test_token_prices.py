"""Money of tokens, by their prices."""

from dataclasses import replace

import pytest

from breakeven.costs.amounts import Amount, absent
from breakeven.costs.bill import NO_COST, absent_cost
from breakeven.costs.token_prices import TokenPrices

PRICES = TokenPrices(input=2.0, output=8.0, cached_input=0.5)


def test_input_cached_input_and_output_have_prices_of_their_own():
    money = PRICES.money(prompt_tokens=1_000_000, new_tokens=250_000, cached_tokens=400_000)
    assert money.value == pytest.approx(0.6 * 2.0 + 0.4 * 0.5 + 0.25 * 8.0)


def test_cached_tokens_without_a_price_cost_as_others_and_may_be_free():
    plain, free = PRICES._replace(cached_input=None), PRICES._replace(cached_input=0.0)
    assert plain.money(1000, 0, 1000).value == pytest.approx(2e-3)
    assert free.money(1000, 0, 1000).value == 0


def test_a_price_of_zero_or_none_is_no_money_and_says_which():
    unknown = TokenPrices(input=2.0, output=None, key="costs.token_prices.judge")
    assert unknown.money(10, 5).reason == "costs.token_prices.judge.output is not set"
    assert unknown.money(10, 0).value == pytest.approx(2e-5)
    zero = TokenPrices(input=0.0, output=8.0)
    assert zero.money(10, 5).reason == "costs.token_prices.input is 0: nobody pays"


@pytest.mark.parametrize("counts", [(-1, 5, 0), (5, -1, 0), (5, 5, 6), (5, 5, -1)])
def test_impossible_counts_are_refused(counts):
    with pytest.raises(ValueError, match="use counts of at least 0"):
        PRICES.money(*counts)


@pytest.mark.parametrize(
    ("cached", "money"),
    [
        (Amount(4e5), 0.6 * 2.0 + 0.4 * 0.5 + 0.25 * 8.0),
        (Amount(0.0), 2.0 + 0.25 * 8.0),
        (absent("nobody counted"), 2.0 + 0.25 * 8.0),  # an upper bound
        (Amount(1e6 + 1e-9), 0.5 + 0.25 * 8.0),  # a share that was rounded up
    ],
)
def test_cached_tokens_of_a_cost_have_their_price_where_they_are_known(cached, money):
    known = {"read_tokens": Amount(1e6), "new_tokens": Amount(2.5e5), "cached_tokens": cached}
    cost = replace(absent_cost("not metered"), **known)
    assert PRICES.of(cost).value == pytest.approx(money)
    twice = PRICES.of(cost + cost)
    assert twice.value == pytest.approx(2 * money)
    assert PRICES.of(cost.times(0.25)).value == pytest.approx(money / 4)
    if cached.value:
        assert PRICES.of(cost + NO_COST) == PRICES.of(cost)
