"""What text costs where tokens are paid for: endpoints that teach, judges, imported results.

TokenPrices(input=0.5, output=1.5).money(prompt_tokens=800, new_tokens=200)
"""

from typing import NamedTuple

from breakeven.costs.amounts import Amount, absent
from breakeven.costs.bill import Cost
from breakeven.costs.prices import known_price

_MILLION = 1e6


class TokenPrices(NamedTuple):
    """Prices of a million tokens, in one currency.

    `cached_input` is of prompt tokens that the service has read before; where it has no price of
    its own, they cost as much as others. `key` is where the prices stand, for the reason of a money
    that is absent.
    """

    input: float | None
    output: float | None
    cached_input: float | None = None
    key: str = "costs.token_prices"

    def money(self, prompt_tokens: float, new_tokens: float, cached_tokens: float = 0.0) -> Amount:
        """What a prompt and its answer cost; absent where a price that it needs is none or zero.

        `cached_tokens` of the `prompt_tokens` were read before. Raises ValueError on negative
        counts, and on more cached tokens than the prompt has.
        """
        if not (0 <= cached_tokens <= prompt_tokens and new_tokens >= 0):
            raise ValueError(
                f"prompt {prompt_tokens}, of which cached {cached_tokens}, and new {new_tokens}: "
                "use counts of at least 0, and no more cached than the prompt has"
            )
        text = known_price(self.input, f"{self.key}.input")
        # Services that read again for nothing say so: this zero is a price.
        cached = text if self.cached_input is None else Amount(self.cached_input)
        parts = (
            (text, prompt_tokens - cached_tokens),
            (cached, cached_tokens),
            (known_price(self.output, f"{self.key}.output"), new_tokens),
        )
        total = Amount(0.0)
        for price, tokens in parts:
            # What was not asked for needs no price.
            if tokens:
                total += price.times(tokens / _MILLION)
        return total

    def money_of(self, prompt_tokens: float, new_tokens: float, cached: float | None) -> Amount:
        """The same of sums or means, where it may not be known how many were cached.

        Then all are read anew: an upper bound, where that costs more.
        """
        # Shares of both that add up to all of a prompt are rounded apart.
        known = 0.0 if cached is None else min(cached, prompt_tokens)
        return self.money(prompt_tokens, new_tokens, known)

    def of(self, cost: Cost) -> Amount:
        """What the tokens of a cost are worth at these prices; absent where they are not known."""
        read, new, cached = cost.read_tokens, cost.new_tokens, cost.cached_tokens.value
        if read.value is None or new.value is None:
            return absent(str((read + new).reason))
        return self.money_of(read.value, new.value, cached)
