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
# Where the trace stands beside the content: vLLM since 0.11 and OpenRouter; DeepSeek, SGLang and
# earlier vLLM; Ollama. Some servers fill two of them with the same text.
_TRACE_FIELDS = ("reasoning", "reasoning_content", "thinking")
# A reply that used a tool which nobody offered.
_TOOL_FIELDS = ("tool_calls", "function_call")
# No context is as long.
_MOST_TOKENS = 10**9


class UnreadableReplyError(Exception):
    """A reply of a shape that is not known; the message completes "the reply …"."""


class ChatReply(NamedTuple):
    """A chat completion.

    `reasoning` is the trace where the server parts it from the `content`, None otherwise. `stop` is
    "stop", "length", or the server's word for why it kept the reply back. Counts are None where the
    server gives none; `completion_tokens` include those of the trace, `thinking_tokens` of them,
    and `prompt_tokens` the `cached_tokens`, which the server had read before.
    """

    content: str
    reasoning: str | None
    stop: str
    prompt_tokens: int | None
    completion_tokens: int | None
    thinking_tokens: int | None
    cached_tokens: int | None


class TokenUsage(NamedTuple):
    """Tokens read, written, thought, and read before: None where the server does not say."""

    prompt_tokens: int | None
    completion_tokens: int | None
    thinking_tokens: int | None
    cached_tokens: int | None


def read_chat(body: Mapping[str, Any]) -> ChatReply:
    """Read the JSON of a chat completion.

    Raises:
        UnreadableReplyError: it has another shape, ends by a word that is not known, or its counts
            contradict each other.
    """
    choice = _only_choice(body.get("choices"))
    message = choice.get("message")
    if not isinstance(message, dict):
        raise UnreadableReplyError("holds no message")
    content, chunks = _content(message.get("content"))
    reasoning = _reasoning(message, chunks)
    for text in (content, reasoning or ""):
        _check_characters(text)
    # A reply with text is one, whatever else it holds.
    withheld = None if content else _withheld(message)
    stop = withheld or ended_by(choice.get("finish_reason"))
    usage = _counted(read_usage(body.get("usage")), content, reasoning)
    return ChatReply(content, reasoning, stop, *usage)


def _only_choice(choices: object) -> Mapping[str, Any]:
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise UnreadableReplyError("holds no choices")
    if len(choices) > 1:  # their tokens are counted together
        raise UnreadableReplyError(f"holds {len(choices)} choices where one was asked for")
    choice: dict[str, Any] = choices[0]
    if choice.get("error"):
        raise UnreadableReplyError(f"holds an error: {str(choice['error'])[:200]!r}")
    return choice


def _check_characters(text: str) -> None:
    """Half of a character (a lone surrogate) can neither be written down nor learnt."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = ord(text[error.start])
        raise UnreadableReplyError(f"holds half of a character (U+{half:04X})") from error


def _counted(usage: TokenUsage, content: str, reasoning: str | None) -> TokenUsage:
    """Counts without those that cannot be: a server that does not count says 0, for a prompt or a
    reply that has text; one that counts an answer into its trace does not part the two.
    """
    prompt, written, thought, cached = usage
    if written == 0 and (content or reasoning):
        written = thought = None
    if thought is not None and thought == written and content.strip():
        thought = None
    return TokenUsage(prompt or None, written, thought, cached if prompt else None)


def kept_fields(reply: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a reply as they are kept: `cached_tokens` only where a server counted them.

    So lines of replies without the count are the same as before there was one.
    """
    kept = dict(reply)
    if kept["cached_tokens"] is None:
        del kept["cached_tokens"]
    return kept


def has_failed(body: Mapping[str, Any]) -> bool:
    """Whether a server gave up on a completion, chat or not: asked again, it may succeed."""
    choices = body.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return isinstance(first, dict) and str(first.get("finish_reason")).lower() in _FAILED


def read_usage(usage: object) -> TokenUsage:
    """Token counts. Reasoning tokens lie within the completion's (OpenAI) or beside them (xAI).

    `total_tokens` tells which. Tokens of the total that no other count has are the trace's: Gemini
    gives its thoughts there alone.

    Raises:
        UnreadableReplyError: a count is no number of tokens, or they contradict each other.
    """
    if usage is None or usage == {}:
        return TokenUsage(None, None, None, None)
    if not isinstance(usage, dict):
        raise UnreadableReplyError(f"counts tokens as {usage!r}")
    details = _details(usage, "completion_tokens_details")
    prompt, written, total = (
        _count(usage, name) for name in ("prompt_tokens", "completion_tokens", "total_tokens")
    )
    cached = _cached(usage, prompt)
    thought = _count(details, "reasoning_tokens")
    if thought is None:  # DeepSeek's own servers and SGLang count it beside the others
        thought = _count(usage, "reasoning_tokens")
    if prompt is None or total is None:
        return TokenUsage(prompt, *_without_total(written, thought), cached)
    # What remains of the total says what the other counts mean.
    rest = total - prompt
    thoughts = thought or 0
    if rest >= 0 and written is None:
        written = rest
    if written is not None:
        beside = rest == written + thoughts
        if rest == written and thoughts <= written:
            return TokenUsage(prompt, written, thought, cached)
        if beside or (thought is None and rest > written):
            return TokenUsage(prompt, rest, rest - written, cached)
    raise UnreadableReplyError(
        f"has counts that contradict each other: prompt_tokens {prompt}, completion_tokens "
        f"{written}, reasoning_tokens {thought}, total_tokens {total}"
    )


def _without_total(written: int | None, thought: int | None) -> tuple[int | None, int | None]:
    """Completion and reasoning tokens; more reasoning than completion can only be beside it."""
    if written is not None and thought is not None and thought > written:
        return written + thought, thought
    return written, thought


def _cached(usage: Mapping[str, Any], prompt: int | None) -> int | None:
    """Tokens of the prompt that the server had read before, for which it may ask less."""
    counts = (
        _count(_details(usage, "prompt_tokens_details"), "cached_tokens"),  # OpenAI, vLLM, xAI
        _count(usage, "prompt_cache_hit_tokens"),  # DeepSeek, which may give both
    )
    found = {count for count in counts if count is not None}
    if not found:
        return None
    if len(found) > 1 or (prompt is not None and max(found) > prompt):
        told = " and ".join(map(str, sorted(found)))
        raise UnreadableReplyError(
            f"has counts that contradict each other: prompt_tokens {prompt}, of which cached {told}"
        )
    return found.pop()


def _details(usage: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    details = usage.get(name)
    if details is not None and not isinstance(details, dict):
        raise UnreadableReplyError(f"has {name} of {str(details)[:40]!r}")
    return details or {}


def _count(counts: Mapping[str, Any], name: str) -> int | None:
    value = counts.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_TOKENS:
        raise UnreadableReplyError(f"has {name} of {repr(value)[:40]}")
    return value


def ended_by(word: object) -> str:
    """Why a reply ended: "stop", "length", or the server's word for one that it kept back.

    Raises:
        UnreadableReplyError: the word is not known, or there is none.
    """
    if not isinstance(word, str) or not word:
        raise UnreadableReplyError(f"gives no finish_reason (it is {word!r})")
    lowered = word.lower()
    if lowered in _STOPPED:
        return "stop"
    if lowered in _CUT:
        return "length"
    if lowered in _WITHHELD:
        return lowered
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
        fields = part if isinstance(part, dict) else {}
        kind, words = fields.get("type"), fields.get("text")
        if kind in _TEXT_PARTS and isinstance(words, str):
            text.append(words)
        elif kind in _TRACE_PARTS and not "".join(text).strip():
            trace.append(_trace_text(fields, str(kind)))
        elif kind != _REFUSAL:
            raise UnreadableReplyError(f"has content with a part {_shown(part)}")
    return "".join(text), "".join(trace) if trace else None


def _withheld(message: Mapping[str, Any]) -> str | None:
    """Why a message without text has none: the model refused in a field or a part of its own
    (OpenAI), or called a tool; None for other reasons."""
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    if message.get(_REFUSAL) or any(part.get("type") == _REFUSAL for part in parts):
        return _REFUSAL
    return next((name for name in _TOOL_FIELDS if message.get(name)), None)


def _trace_text(part: Mapping[str, Any], kind: str) -> str:
    """The text of a part with a trace: one text, or text parts of its own."""
    inside = part.get(kind, part.get("text"))
    if isinstance(inside, str):
        return inside
    several = inside if isinstance(inside, list) and inside else [None]
    texts = [one.get("text") if isinstance(one, dict) else None for one in several]
    if not all(isinstance(one, str) for one in texts):
        raise UnreadableReplyError(f"has content with a part {_shown(part)}")
    return "".join(map(str, texts))


def _reasoning(message: Mapping[str, Any], chunks: str | None) -> str | None:
    """The trace that the server parts itself, in a field or in parts of the content.

    Details without the text itself (OpenRouter has both) would leave the trace out.
    """
    named = {name: message.get(name) for name in _TRACE_FIELDS}
    for name, value in named.items():
        if value is not None and not isinstance(value, str):
            raise UnreadableReplyError(f"has {name} of the type {type(value).__name__}")
    found = {value for value in (*named.values(), chunks) if value}
    if len(found) > 1:
        raise UnreadableReplyError("has two traces that differ")
    if not found and message.get("reasoning_details"):
        raise UnreadableReplyError("has reasoning_details without the text of a trace")
    return found.pop() if found else None


def _shown(value: object) -> str:
    kind = value.get("type") if isinstance(value, dict) else None
    return f"of the type {kind!r}" if kind is not None else f"{str(value)[:40]!r}"
