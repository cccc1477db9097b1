"""Chains and uses as lines of a terminal."""

from collections.abc import Iterable, Iterator

from breakeven.browse.sample_text import printable
from breakeven.lineage.backward import Uses
from breakeven.lineage.forward import Chain
from breakeven.lineage.links import Link
from breakeven.lineage.numbers import Number
from breakeven.words import percent

_DIGEST_SHOWN = 12


def chain_lines(chain: Chain) -> Iterator[str]:
    """The number, then a line a file that it rests on: what, where, digest, record."""
    yield _number_line(chain.number)
    yield from _link_lines(chain.links)
    for seed, one in chain.learnt.items():
        some = next(iter(one.times), None)
        if some is not None:
            yield (
                f"seed {seed} learnt {len(one.times):,} completions, such as "
                f"{printable(some.pair)}/{some.style}; --json has all of them"
            )


def uses_lines(uses: Uses) -> Iterator[str]:
    """Where the completions lie, who learnt them, and every number that rests on that."""
    yield f"{printable(uses.id)} ({', '.join(uses.styles)})"
    yield from _link_lines(uses.links)
    for corpus, reason in uses.dropped.items():
        yield f"left out of corpus {corpus}: {reason}"
    for one in uses.trainings:
        yield (
            f"learnt by {one.student}/{one.arm} with seed {one.seed}: corpus {one.corpus}, "
            f"{one.style}, {'once' if one.times == 1 else f'{one.times} times'}; "
            f"{one.weights.path}"
        )
    for number in uses.numbers:
        yield f"rests on it: {_number_line(number)}"
    if not uses.trainings:
        yield "no training has learnt it, and no number rests on it"


def _number_line(number: Number) -> str:
    seeds = ", ".join(f"{seed}: {percent(value)}" for seed, value in number.by_seed.items())
    return f"{number.name}: {percent(number.accuracy)} (by seed {seeds})"


def _link_lines(links: Iterable[Link]) -> Iterator[str]:
    every = list(links)
    width = max((len(one.what) for one in every), default=0)
    for one in every:
        parts = [
            f"sha256 {one.digest[:_DIGEST_SHOWN]}" if one.digest else "",
            one.note,
            one.record or "no record",
        ]
        said = "; ".join(part for part in parts if part)
        yield f"  {one.what:<{width}}  {printable(one.path)}  {printable(said)}"
