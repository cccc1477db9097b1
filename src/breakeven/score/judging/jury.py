"""A jury's votes on cases, and what they come to: a majority of an odd number, or no verdict."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from breakeven.params import Judge
from breakeven.score.judging.judge_prompts import (
    Case,
    CopiedAnswer,
    comparison_prompt,
    extraction_prompt,
    read_comparison,
    read_extraction,
)
from breakeven.score.judging.judge_replies import JudgeReply, replies_to

Vote = Literal["right", "wrong", "none", "malformed"]
Verdict = Literal["right", "wrong", "none", "undecided"]


class JudgeVotes(NamedTuple):
    """One judge's vote on every case, and its replies with the cases that each served."""

    votes: list[Vote]
    replies: list[tuple[JudgeReply, list[int]]]


def judge_votes(name: str, judge: Judge, cases: Sequence[Case]) -> JudgeVotes:
    """Ask one judge about every case, in two steps.

    Raises:
        InputError, MachineError: as `replies_to` does.
    """
    requests = [extraction_prompt(case.ending) for case in cases]
    copies = replies_to(name, judge, requests, "final answers")
    # A reply that its limit cut may hold half of an answer.
    read = [
        read_extraction(copy.text, case.ending) if copy.finished else CopiedAnswer("malformed")
        for case, copy in zip(cases, copies, strict=True)
    ]
    finals = {number: one.final for number, one in enumerate(read) if one.kind == "final"}
    votes: list[Vote] = ["none" if one.kind == "none" else "malformed" for one in read]
    texts = [comparison_prompt(cases[number], final) for number, final in finals.items()]
    words = replies_to(name, judge, texts, "comparisons")
    for number, word in zip(finals, words, strict=True):
        votes[number] = read_comparison(word.text) if word.finished else "malformed"
    return JudgeVotes(votes, [*_served(copies, range(len(cases))), *_served(words, list(finals))])


def majority(votes: Sequence[Vote]) -> Verdict:
    """What more than half of the votes say; a malformed one speaks for nothing."""
    # Of all judges, not of those that spoke: two of three that fail must not leave one to decide.
    most, count = Counter(votes).most_common(1)[0]
    return "undecided" if most == "malformed" or 2 * count <= len(votes) else most


def _served(
    replies: Sequence[JudgeReply], cases: Sequence[int]
) -> list[tuple[JudgeReply, list[int]]]:
    """Each reply once, with the cases that share it."""
    served: dict[str, tuple[JudgeReply, list[int]]] = {}
    for reply, case in zip(replies, cases, strict=True):
        served.setdefault(reply.request, (reply, []))[1].append(case)
    return list(served.values())
