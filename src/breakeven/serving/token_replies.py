"""What vLLM says in a completion of token ids that was asked for as token ids."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from breakeven.serving.chat_replies import UnreadableReplyError


class TokenReply(NamedTuple):
    """The tokens that were written, with the one that ended them; `stop` is the server's word.

    `prompt_tokens` are those that it read, None where it does not say.
    """

    ids: tuple[int, ...]
    stop: str
    prompt_tokens: int | None


def read_tokens(body: Mapping[str, Any]) -> TokenReply:
    """Read the JSON of a completion; raises UnreadableReplyError where it has another shape."""
    choices = body.get("choices")
    if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], dict):
        raise UnreadableReplyError("does not hold one choice")
    ids, stop = choices[0].get("token_ids"), choices[0].get("finish_reason")
    if not isinstance(ids, list) or not all(type(one) is int and one >= 0 for one in ids):
        raise UnreadableReplyError("holds no token_ids, as vLLM gives them since 0.10")
    if not isinstance(stop, str):
        raise UnreadableReplyError(f"gives no finish_reason (it is {repr(stop)[:40]})")
    if stop == "stop" and not ids:
        raise UnreadableReplyError("was ended by a token that it does not hold")
    usage = body.get("usage")
    read = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return TokenReply(tuple(ids), stop, read if type(read) is int else None)
