"""Which decodings of a study limit the trace, and which of them are one series of budgets."""

from collections.abc import Mapping

from breakeven.findings.decodings import ThinkingBudget
from breakeven.params import Decoding

# Whom a decoding asks, how its traces are ended and what is asked then.
_OF_BUDGETS = {"arms", "thinking", "thinking_tokens", "ask"}


def thinking_budgets(decodings: Mapping[str, Decoding]) -> tuple[ThinkingBudget, ...]:
    """The first decoding and those with a budget that are otherwise like it, by budget upwards.

    Thinking that is off is a budget of 0. Empty where there are fewer than two budgets. Of two with
    as many tokens the first counts.
    """
    first, *others = decodings
    rest = decodings[first].model_dump(exclude=_OF_BUDGETS)
    found: dict[int, str] = {}
    for name in others:
        row = decodings[name]
        tokens = 0 if row.thinking == "off" else row.thinking_tokens
        if tokens is not None and row.model_dump(exclude=_OF_BUDGETS) == rest:
            found.setdefault(tokens, name)
    if len(found) < 2 or decodings[first].thinking_tokens is not None:
        return ()
    budgets = (ThinkingBudget(found[tokens], tokens) for tokens in sorted(found))
    return (*budgets, ThinkingBudget(first, None))


def cutting_decodings(decodings: Mapping[str, Decoding]) -> frozenset[str]:
    """Those that leave a trace out or close it at a limit: its length is not the student's own."""
    return frozenset(
        name
        for name, row in decodings.items()
        if row.thinking == "off" or row.thinking_tokens is not None
    )
