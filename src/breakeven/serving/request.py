"""One request to an OpenAI-compatible endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Request:
    """One request. `body` goes to the server as it is, with `model` added where it has none.

    A body with `messages` is a chat completion; one with `prompt` (text or token ids) is a plain
    completion. Settings that only some servers know (`chat_template_kwargs`, `top_k`,
    `return_token_ids`) lie beside the others.
    """

    id: str
    body: Mapping[str, Any]
