"""A jury's votes on cases, and what they come to: a majority of an odd number, or no verdict."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from breakeven.params import Judge
from breakeven.score.judging.judge_prompts import (
    Case,
    Copied,
    compare_text,
    compared,
    extract_text,
    extracted,
)
from breakeven.score.judging.judge_replies import Reply, ask

Vote = Literal["right", "wrong", "none", "malformed"]
Verdict = Literal["right", "wrong", "none", "undecided"]


class Ballot(NamedTuple):
    """One judge's vote on every case, and its replies with the cases that each served."""

    votes: list[Vote]
    replies: list[tuple[Reply, list[int]]]


def ballot(name: str, judge: Judge, cases: Sequence[Case]) -> Ballot:
    """Ask one judge about every case, in two steps.

    Raises:
        InputError, MachineError: as `replies.ask` does.
    """
    copies = ask(name, judge, [extract_text(case.ending) for case in cases], "final answers")
    read = [
        extracted(copy.text, case.ending) if copy.finished else Copied("malformed")
        for case, copy in zip(cases, copies, strict=True)
    ]
    finals = {number: one.final for number, one in enumerate(read) if one.kind == "final"}
    votes: list[Vote] = ["none" if one.kind == "none" else "malformed" for one in read]
    texts = [compare_text(cases[number], final) for number, final in finals.items()]
    words = ask(name, judge, texts, "comparisons")
    for number, word in zip(finals, words, strict=True):
        votes[number] = compared(word.text) if word.finished else "malformed"
    return Ballot(votes, [*_served(copies, range(len(cases))), *_served(words, list(finals))])


def verdict(votes: Sequence[Vote]) -> Verdict:
    """What more than half of the votes say; a malformed one speaks for nothing."""
    most, count = Counter(votes).most_common(1)[0]
    return "undecided" if most == "malformed" or 2 * count <= len(votes) else most


def _served(replies: Sequence[Reply], cases: Sequence[int]) -> list[tuple[Reply, list[int]]]:
    """Each reply once, with the cases that share it."""
    served: dict[str, tuple[Reply, list[int]]] = {}
    for reply, case in zip(replies, cases, strict=True):
        served.setdefault(reply.request, (reply, []))[1].append(case)
    return list(served.values())
