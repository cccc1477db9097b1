"""One request to an OpenAI-compatible endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# More than any server writes: a token of spaces or of escaped signs takes 200 bytes, and a trace
# may be said in two fields; then what stands around them.
_BYTES_A_TOKEN, _BYTES_BESIDE = 512, 2**20
# Also where a limit is so high that it is none: as many replies lie in memory as are in flight.
_MOST_BYTES = 2**26


@dataclass(frozen=True)
class Request:
    """One request. `body` goes to the server as it is, with `model` added where it has none.

    A body with `messages` is a chat completion; one with `prompt` (text or token ids) is a plain
    completion. Settings that only some servers know (`chat_template_kwargs`, `top_k`,
    `return_token_ids`) lie beside the others.
    """

    id: str
    body: Mapping[str, Any]

    @property
    def most_reply_bytes(self) -> int:
        """How long a reply of the tokens that were asked for can be; a longer one is not read."""
        limit = self.body.get("max_tokens", self.body.get("max_completion_tokens"))
        if limit is None:
            return _MOST_BYTES
        # Servers that are sent token ids say them again.
        prompt = self.body.get("prompt", ())
        return min(_BYTES_BESIDE + _BYTES_A_TOKEN * (int(limit) + len(prompt)), _MOST_BYTES)
