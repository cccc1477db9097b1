"""Distinct problems of a kind, from a seed, on one side of the train/test line."""

import random
from collections.abc import Callable
from typing import NamedTuple

from breakeven.core.errors import InputError
from breakeven.core.sides import Partition, Side, partition_of, side_of
from breakeven.procedural import addition, chain, hops, lookup, most_digit, odd_one_out, search
from breakeven.procedural.problem import Problem


class _Kind(NamedTuple):
    """How one problem is drawn, and which depths there are (None: nothing in it is serial)."""

    draw: Callable[[random.Random, int | None], Problem]
    depths: tuple[int, int] | None


# Mathematics first, each half from what is serial to what is not.
_KNOWN_TO_BASES = {
    "chain": _Kind(chain.draw, chain.DEPTHS),
    "addition": _Kind(addition.draw, addition.DEPTHS),
    "most-digit": _Kind(most_digit.draw, most_digit.DEPTHS),
    "hops": _Kind(hops.draw, hops.DEPTHS),
    "lookup": _Kind(lookup.draw, lookup.DEPTHS),
    "odd-one-out": _Kind(odd_one_out.draw, odd_one_out.DEPTHS),
}
# The kinds that the tokenizer and the text of the tabletop bases are made of. A later kind is not
# among them: one more would be other bases.
KINDS = tuple(_KNOWN_TO_BASES)
_KINDS = {**_KNOWN_TO_BASES, "search": _Kind(search.draw, search.DEPTHS)}
ALL_KINDS = tuple(_KINDS)

# Draws in a row without a new content before a space counts as used up. While a tenth of the
# wanted side is still free, a run of misses this long has odds of exp(-200).
PATIENCE = 10_000


def generate(
    kind: str,
    *,
    count: int,
    seed: int,
    partition: Partition,
    min_depth: int | None = None,
    max_depth: int | None = None,
) -> list[Problem]:
    """`count` problems with distinct contents, depths in equal shares.

    The content's hash decides the partition, so "train" and "test" share no content whatever the
    seeds and formats. The same arguments give the same problems in every process.

    Raises:
        InputError: unknown kind, depths the kind does not have, or fewer contents than `count`.
    """
    depths = depth_range(kind, min_depth, max_depth)
    # Formats are not in the seed: both formats of a task ask the same problems.
    rng = random.Random(f"{kind}/{partition}/{seed}")  # noqa: S311 - problems, not secrets
    seen: set[str] = set()
    problems = []
    for number in range(count):
        # Depths in turn, so that a prefix of the list has them in equal shares too.
        problem = _fresh(kind, depths[number % len(depths)], rng, partition, seen)
        if problem is None:
            raise _too_few(kind, count, partition, depths[number % len(depths)], number)
        seen.add(problem.content)
        problems.append(problem)
    return problems


def depth_range(
    kind: str, min_depth: int | None = None, max_depth: int | None = None
) -> list[int] | list[None]:
    """The depths asked for, by default all that the kind has; [None] for a kind without depth.

    Raises:
        InputError: unknown kind or depths outside what the kind has.
    """
    if kind not in _KINDS:
        raise InputError(f"kind: value is {kind!r}; use one of {', '.join(ALL_KINDS)}")
    allowed = _KINDS[kind].depths
    if allowed is None:
        if min_depth is not None or max_depth is not None:
            raise InputError(
                f"{kind}: min_depth, max_depth: value is {min_depth}, {max_depth}; "
                f"{kind} has no serial depth, leave both out"
            )
        return [None]
    low = allowed[0] if min_depth is None else min_depth
    high = allowed[1] if max_depth is None else max_depth
    if not allowed[0] <= low <= high <= allowed[1]:
        raise InputError(
            f"{kind}: min_depth, max_depth: value is {low}, {high}; "
            f"use a range within {allowed[0]} to {allowed[1]}"
        )
    return list(range(low, high + 1))


def draw_train(
    kind: str, rng: random.Random, sides: tuple[Side, ...] = ("train", "tune")
) -> Problem:
    """One problem of the train partition at a random depth; contents may repeat across calls.

    `sides` leaves out those that rates are chosen on.
    """
    depth = rng.choice(depth_range(kind))
    while True:
        problem = _KINDS[kind].draw(rng, depth)
        if side_of(problem.content) in sides:
            return problem


def _fresh(
    kind: str, depth: int | None, rng: random.Random, partition: Partition, seen: set[str]
) -> Problem | None:
    """A problem of the wanted side whose content is new, None where none seems to be left."""
    for _ in range(PATIENCE):
        problem = _KINDS[kind].draw(rng, depth)
        if problem.content not in seen and partition_of(problem.content) == partition:
            return problem
    return None


def _too_few(
    kind: str, count: int, partition: Partition, depth: int | None, found: int
) -> InputError:
    at_depth = "" if depth is None else f" of depth {depth}"
    hint = "" if depth is None else " or greater depths"
    return InputError(
        f"{kind}: count: value is {count}; after {found} no new {partition} problem{at_depth} "
        f"was left; use a smaller count{hint}"
    )
