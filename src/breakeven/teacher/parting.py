"""A teacher's reply as a completion: trace and answer apart, and the tokens of each."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from breakeven.pairs.pair import THINK_CLOSE, THINK_OPEN
from breakeven.teacher.completion import Completion
from breakeven.teacher.journal import Reply

# The number of tokens in a text.
CountTokens = Callable[[str], int]
Basis = Literal["whole", "engine", "tokenizer", "unknown"]


class Trace(NamedTuple):
    """A trace and an answer, without the marks and the white space around them."""

    thinking: str
    answer: str
    closed: bool


def part_reply(reply: Reply) -> Trace:
    """Trace and answer of a reply.

    The server's field for reasoning is the trace where it is filled; only an answer after it shows
    that it ended. Otherwise the last `</think>` parts the text, with or without a `<think>` before
    it, which some chat templates put at the prompt's end. A trace that is begun and not ended
    leaves no answer.
    """
    if reply.reasoning:
        answer = reply.content.strip()
        return Trace(reply.reasoning.strip(), answer, closed=bool(answer))
    text, close = reply.content, reply.content.rfind(THINK_CLOSE)
    if text.rfind(THINK_OPEN) > close or (close < 0 and reply.opened):
        return Trace(_without_opening(text), "", closed=False)
    if close < 0:
        return Trace("", text.strip(), closed=True)
    answer = text[close + len(THINK_CLOSE) :].strip()
    return Trace(_without_opening(text[:close]), answer, closed=True)


def as_completion(
    prompt_id: str, style: str, reply: Reply, count: CountTokens | None
) -> tuple[Completion, Basis]:
    """The completion in a reply, and what its two token counts rest on.

    `count` is the teacher's own tokenizer, None where it is not at hand. Counts that nobody gave
    stay None.
    """
    trace = part_reply(reply)
    thinking, basis = _thinking_tokens(reply, trace, count)
    total = reply.completion_tokens
    known = thinking is not None and total is not None
    completion = Completion(
        id=prompt_id,
        style=style,
        thinking=trace.thinking,
        answer=trace.answer,
        prompt_tokens=reply.prompt_tokens,
        thinking_tokens=thinking if known else None,
        answer_tokens=total - thinking if thinking is not None and total is not None else None,
        stop=reply.stop,
        closed=trace.closed,
        completion_tokens=total,
    )
    return completion, basis if known else "unknown"


def _thinking_tokens(
    reply: Reply, trace: Trace, count: CountTokens | None
) -> tuple[int | None, Basis]:
    """Tokens of the trace with the marks that were written, and what the number rests on."""
    total = reply.completion_tokens
    if total is None:
        return None, "unknown"
    if not trace.thinking and THINK_CLOSE not in reply.content:
        return 0, "whole"
    if not trace.closed:
        return total, "whole"
    if reply.thinking_tokens:
        return min(reply.thinking_tokens, total), "engine"
    if count is None:
        return None, "unknown"
    text = reply.reasoning or reply.content[: reply.content.rfind(THINK_CLOSE)]
    return min(count(text + THINK_CLOSE), total), "tokenizer"


def _without_opening(text: str) -> str:
    return text.strip().removeprefix(THINK_OPEN).strip()
