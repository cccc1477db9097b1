"""A teacher's reply as a completion: trace and answer apart, and the tokens of each."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, NamedTuple

from breakeven.distill.journal import Reply
from breakeven.rows.completion import Completion
from breakeven.rows.traces import THINK_CLOSE, bare_trace, split_trace
from breakeven.serving.chat_replies import UnreadableReplyError, ended_by

# The number of tokens in a text.
CountTokens = Callable[[str], int]
# What a count of thinking tokens rests on: all or nothing was thought, the engine says so, the text
# was tokenised again, nobody knows.
CountBasis = Literal["whole", "engine", "tokenizer", "unknown"]


class SplitReply(NamedTuple):
    """A trace and an answer, without the marks and the white space around them."""

    thinking: str
    answer: str
    closed: bool


def split_reply(reply: Reply) -> SplitReply:
    """Trace and answer of a reply.

    The server's field for reasoning is the trace where it is filled; only an answer after it shows
    that it ended. Otherwise the last `</think>` parts the text, with or without a `<think>` before
    it, which some chat templates put at the prompt's end. A trace that is begun and not ended
    leaves no answer.
    """
    if reply.reasoning:
        answer = reply.content.strip()
        return SplitReply(reply.reasoning.strip(), answer, closed=bool(answer))
    parts = split_trace(reply.content, opened=reply.opened)
    return SplitReply(bare_trace(parts.thinking), parts.answer.strip(), parts.closed)


def completion_from_reply(
    prompt_id: str, style: str, reply: Reply, count: CountTokens | None
) -> tuple[Completion, CountBasis]:
    """The completion in a reply, and what its two token counts rest on.

    `count` is the teacher's own tokenizer, None where it is not at hand. Counts that nobody gave
    stay None, and so do those of a reply with more tokens in its trace than in all.
    """
    trace = split_reply(reply)
    written, thought = reply.completion_tokens, reply.thinking_tokens
    if written is not None and thought is not None and thought > written:
        reply = replace(reply, completion_tokens=None, thinking_tokens=None)
    thinking, basis = _thinking_tokens(reply, trace, style, count)
    total = reply.completion_tokens
    completion = Completion(
        id=prompt_id,
        style=style,
        thinking=trace.thinking,
        answer=trace.answer,
        prompt_tokens=reply.prompt_tokens,
        thinking_tokens=thinking,
        answer_tokens=None if thinking is None or total is None else total - thinking,
        stop=_stop_word(reply.stop),
        closed=trace.closed,
        completion_tokens=total,
    )
    return completion, basis


def _stop_word(word: str) -> str:
    """Why a reply ended, in one word for all servers; a word that is not known stays."""
    try:
        return ended_by(word)
    except UnreadableReplyError:
        return word


def _thinking_tokens(
    reply: Reply, trace: SplitReply, style: str, count: CountTokens | None
) -> tuple[int | None, CountBasis]:
    """Tokens of the trace with the marks that were written, and what the number rests on."""
    total = reply.completion_tokens
    if total is None:
        return None, "unknown"
    if not trace.closed:
        return total, "whole"
    given = reply.thinking_tokens
    # A server that does not count them says 0, which is a count only where there is no trace.
    if given is not None and (given > 0 or not trace.thinking):
        return given, "engine"
    if not trace.thinking and THINK_CLOSE not in reply.content:
        # A reply that was cut may be a trace whose opening mark was in the prompt.
        cut = style == "reasoning" and reply.stop == "length"
        return (None, "unknown") if cut else (0, "whole")
    if count is None:
        return None, "unknown"
    text = reply.reasoning or reply.content[: reply.content.rfind(THINK_CLOSE)]
    # Text that is tokenised again can have more tokens than were written.
    return min(count(text + THINK_CLOSE), total), "tokenizer"
