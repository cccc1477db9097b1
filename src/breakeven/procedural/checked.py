"""Long traces: a first pass, checks of every step, passes anew, and now and then a slip found out.

What reasoning models write is mostly this: the steps themselves are a small part. Every trace is
exact: a step that is wrong stands in a first pass only, is named, and the pass begins anew.
"""

import random
from collections.abc import Callable, Mapping

from breakeven.procedural import addition, chain, hops, lookup, most_digit, odd_one_out, search
from breakeven.procedural.problem import Attempt, Problem

Attempts = Callable[[Problem, random.Random | None], Attempt]

# A pass through a problem; with a generator of random numbers, one that slips.
ATTEMPTS: Mapping[str, Attempts] = {
    "chain": chain.attempt,
    "addition": addition.attempt,
    "most-digit": most_digit.attempt,
    "hops": hops.attempt,
    "lookup": lookup.attempt,
    "odd-one-out": odd_one_out.attempt,
    "search": search.attempt,
}


def checked_steps(
    problem: Problem,
    *,
    checks: int,
    slips: float,
    named: Callable[[str], str] = str,
) -> str:
    """A trace with `checks` rounds of checking; a share of `slips` begins with a wrong pass.

    It ends by naming the answer. Every conclusion is `named`, with its letter where there are
    choices: a letter that came last of all was 150 tokens from the choices, and students of 0.1M
    parameters named none. The same problem has the same trace everywhere.
    """
    rng = random.Random(f"slips/{problem.content}")  # noqa: S311 - slips, not secrets
    attempt = ATTEMPTS[problem.kind]
    right = attempt(problem, None)
    lines = [f"{right.task}:"]
    if rng.random() < slips:
        wrong = attempt(problem, rng)
        lines += [f"{wrong.text} So {named(wrong.result)}.", _found_out(wrong, right), right.again]
    answer = named(problem.answer)
    lines.append(f"{right.text} So {answer}.")
    for _ in range(checks):
        lines.append(f"Look at the steps. {_confirmed(right.claims)}")
        lines.append(f"{right.again} {right.text} So {answer} is right.")
    return "\n".join([*lines, f"So {answer}."])


def _confirmed(claims: tuple[str, ...]) -> str:
    return " ".join(f"{claim} is right." for claim in claims)


def _found_out(wrong: Attempt, right: Attempt) -> str:
    """The steps up to the first that is wrong, and what it should have been."""
    pairs = list(zip(wrong.claims, right.claims, strict=True))
    at = next(place for place, (one, other) in enumerate(pairs) if one != other)
    sound = f"{_confirmed(right.claims[:at])} " if at else ""
    return f"Look at the steps. {sound}{right.claims[at]}, unlike {wrong.claims[at]}."
