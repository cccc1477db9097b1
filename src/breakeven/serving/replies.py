"""What an OpenAI-compatible server says in a chat completion, whichever server it is.

Servers differ in the words for an end, in where a trace stands and in what they count. What is
known is read alike; what is not is refused at the first reply, before the others are paid for.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

_STOPPED = (
    "stop",  # OpenAI, vLLM, SGLang, llama.cpp, Ollama
    "eos",  # Together
    "eos_token",  # text-generation-inference
    "stop_sequence",
    "end_turn",  # Anthropic, Bedrock
    "end",
    "endoftext",
    "complete",  # Cohere
    "finish",
)
_CUT = (
    "length",
    "max_tokens",  # Anthropic, Gemini, Cohere
    "max_output_tokens",
    "max_completion_tokens",
    "max_new_tokens",
    "model_length",  # Mistral: the end of its context
)
# The server kept the reply back, or called a tool that nobody offered: no completion of the prompt,
# and it would be none again.
_WITHHELD = (
    "content_filter",
    "content_filtered",
    "refusal",
    "safety",
    "recitation",
    "blocklist",
    "prohibited_content",
    "guardrail_intervened",
    "tool_calls",
    "tool_use",
    "function_call",
)
# The server failed on its way: the same request may succeed.
_FAILED = ("error", "abort", "cancelled", "failed", "insufficient_system_resource")

_REFUSAL = "refusal"
_TEXT_PARTS = ("text", "output_text")
_TRACE_PARTS = ("thinking", "reasoning")


class UnreadableReplyError(Exception):
    """A reply of a shape that is not known; the message completes "the reply …"."""


class ChatReply(NamedTuple):
    """A chat completion.

    `reasoning` is the trace where the server parts it from the `content`, None otherwise. `stop` is
    "stop", "length", or the server's word for why it kept the reply back. Counts are None where the
    server gives none; `completion_tokens` include those of the trace, `thinking_tokens` of them.
    """

    content: str
    reasoning: str | None
    stop: str
    prompt_tokens: int | None
    completion_tokens: int | None
    thinking_tokens: int | None


class Usage(NamedTuple):
    """Tokens read, written and thought, each None where the server does not say."""

    prompt_tokens: int | None
    completion_tokens: int | None
    thinking_tokens: int | None


def read_chat(body: Mapping[str, Any]) -> ChatReply:
    """Read the JSON of a chat completion.

    Raises:
        UnreadableReplyError: it has another shape, ends by a word that is not known, or its counts
            contradict each other.
    """
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise UnreadableReplyError("holds no choices")
    message = choices[0].get("message")
    if not isinstance(message, dict):
        raise UnreadableReplyError("holds no message")
    content, chunks = _content(message.get("content"))
    reasoning = _reasoning(message, chunks)
    refused = not content and _is_refused(message)
    stop = "refusal" if refused else ended_by(choices[0].get("finish_reason"))
    usage = read_usage(body.get("usage"))
    if usage.completion_tokens == 0 and (content or reasoning):  # a server that does not count
        usage = Usage(usage.prompt_tokens or None, None, None)
    return ChatReply(content, reasoning, stop, *usage)


def has_failed(body: Mapping[str, Any]) -> bool:
    """Whether a server gave up on a completion, chat or not: asked again, it may succeed."""
    choices = body.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return isinstance(first, dict) and str(first.get("finish_reason")).lower() in _FAILED


def read_usage(usage: object) -> Usage:
    """Token counts. Reasoning tokens lie within the completion's (OpenAI) or beside them (xAI).

    `total_tokens` tells which. Tokens of the total that no other count has are the trace's: Gemini
    gives its thoughts there alone.

    Raises:
        UnreadableReplyError: a count is no number of tokens, or they contradict each other.
    """
    if usage is None or usage == {}:
        return Usage(None, None, None)
    if not isinstance(usage, dict):
        raise UnreadableReplyError(f"counts tokens as {usage!r}")
    details = usage.get("completion_tokens_details")
    prompt, written, total = (
        _count(usage, name) for name in ("prompt_tokens", "completion_tokens", "total_tokens")
    )
    thought = _count(details, "reasoning_tokens") if isinstance(details, dict) else None
    if thought is None:  # DeepSeek's own servers and SGLang count it beside the others
        thought = _count(usage, "reasoning_tokens")
    if prompt is None or total is None:
        return Usage(prompt, *_without_total(written, thought))
    rest = total - prompt
    known = thought or 0
    if written is None:
        written = rest
    beside = rest == written + known
    if rest == written and known <= written:
        return Usage(prompt, written, thought)
    if beside or (thought is None and rest > written):
        return Usage(prompt, rest, rest - written)
    raise UnreadableReplyError(
        f"has counts that contradict each other: prompt_tokens {prompt}, completion_tokens "
        f"{written}, reasoning_tokens {thought}, total_tokens {total}"
    )


def _without_total(written: int | None, thought: int | None) -> tuple[int | None, int | None]:
    """Completion and reasoning tokens; more reasoning than completion can only be beside it."""
    if written is not None and thought is not None and thought > written:
        return written + thought, thought
    return written, thought


def _count(counts: Mapping[str, Any], name: str) -> int | None:
    value = counts.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UnreadableReplyError(f"has {name} of {value!r}")
    return value


def ended_by(word: object) -> str:
    """Why a reply ended: "stop", "length", or the server's word for one that it kept back.

    Raises:
        UnreadableReplyError: the word is not known, or there is none.
    """
    if not isinstance(word, str) or not word:
        raise UnreadableReplyError(f"gives no finish_reason (it is {word!r})")
    known = word.lower()
    if known in _STOPPED:
        return "stop"
    if known in _CUT:
        return "length"
    if known in _WITHHELD:
        return known
    raise UnreadableReplyError(f"ends by {word!r}, which is not known")


def _content(content: object) -> tuple[str, str | None]:
    """The text of a reply, and the trace where it stands in parts before it (Mistral)."""
    if content is None:
        return "", None
    if isinstance(content, str):
        return content, None
    if not isinstance(content, list):
        raise UnreadableReplyError(f"has content of the type {type(content).__name__}")
    text: list[str] = []
    trace: list[str] = []
    for part in content:
        known = part if isinstance(part, dict) else {}
        kind, words = known.get("type"), known.get("text")
        if kind in _TEXT_PARTS and isinstance(words, str):
            text.append(words)
        elif kind in _TRACE_PARTS and not "".join(text).strip():
            trace.append(_trace_text(known, str(kind)))
        elif kind != _REFUSAL:
            raise UnreadableReplyError(f"has content with a part {_shown(part)}")
    return "".join(text), "".join(trace) if trace else None


def _is_refused(message: Mapping[str, Any]) -> bool:
    """Whether the model refused in a field or a part of its own (OpenAI)."""
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    return bool(message.get(_REFUSAL)) or any(part.get("type") == _REFUSAL for part in parts)


def _trace_text(part: Mapping[str, Any], kind: str) -> str:
    """The text of a part with a trace: one text, or text parts of its own."""
    inside = part.get(kind, part.get("text"))
    if isinstance(inside, str):
        return inside
    texts = [one.get("text") if isinstance(one, dict) else None for one in inside or [None]]
    if not all(isinstance(one, str) for one in texts):
        raise UnreadableReplyError(f"has content with a part {_shown(part)}")
    return "".join(map(str, texts))


def _reasoning(message: Mapping[str, Any], chunks: str | None) -> str | None:
    """The trace that the server parts itself, in a field or in parts of the content.

    The field is `reasoning` (vLLM since 0.11, OpenRouter) or `reasoning_content`; some servers fill
    both with the same text.
    """
    named = {name: message.get(name) for name in ("reasoning", "reasoning_content")}
    for name, value in named.items():
        if value is not None and not isinstance(value, str):
            raise UnreadableReplyError(f"has {name} of the type {type(value).__name__}")
    found = {value for value in (*named.values(), chunks) if value}
    if len(found) > 1:
        raise UnreadableReplyError("has two traces that differ")
    return found.pop() if found else None


def _shown(value: object) -> str:
    kind = value.get("type") if isinstance(value, dict) else None
    return f"of the type {kind!r}" if kind is not None else f"{str(value)[:40]!r}"
