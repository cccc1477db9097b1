"""Text to token ids such that nothing in the text acts as a control token."""

import functools
import itertools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from breakeven.pairs.pair import THINK_CLOSE, THINK_OPEN

if TYPE_CHECKING:
    from tokenizers import AddedToken
    from transformers import PreTrainedTokenizerBase


class ThinkMarks(NamedTuple):
    """The token ids that open and close a trace."""

    open_id: int
    close_id: int


def encode_texts(tokenizer: "PreTrainedTokenizerBase", texts: Sequence[str]) -> list[list[int]]:
    """Token ids of what a person or a teacher wrote: `<|im_end|>` in it stays ten characters.

    Tokens flagged special are split by the tokenizer itself. Added tokens that are not flagged but
    steer a model all the same (`<think>` in Qwen3, `<|fim_prefix|>` in Qwen2.5) are cut after
    their first character, so that the tokenizer cannot find them.
    """
    pieces = [_without_unflagged_controls(tokenizer, text) for text in texts]
    flat = [piece for row in pieces for piece in row]
    if not flat:
        return []
    encoded = tokenizer(
        flat, add_special_tokens=False, split_special_tokens=True, return_attention_mask=False
    )
    ids = iter(encoded["input_ids"])
    return [list(itertools.chain.from_iterable(next(ids) for _ in row)) for row in pieces]


def encode_template(tokenizer: "PreTrainedTokenizerBase", text: str) -> list[int]:
    """Token ids of a part of a chat template, whose special tokens are meant."""
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


@functools.lru_cache(maxsize=8)
def think_marks(tokenizer: "PreTrainedTokenizerBase") -> ThinkMarks | None:
    """The ids of `<think>` and `</think>`, None where the tokenizer has no such tokens."""
    known = {token.content: token_id for token_id, token in _added_tokens(tokenizer).items()}
    if THINK_OPEN in known and THINK_CLOSE in known:
        return ThinkMarks(known[THINK_OPEN], known[THINK_CLOSE])
    return None


def starts_with_bos(tokenizer: "PreTrainedTokenizerBase") -> bool:
    """Whether the tokenizer puts its begin token before plain text."""
    bos = tokenizer.bos_token_id
    return bos is not None and list(tokenizer("")["input_ids"])[:1] == [bos]


def _without_unflagged_controls(tokenizer: "PreTrainedTokenizerBase", text: str) -> list[str]:
    pattern = _unflagged_controls(tokenizer)
    starts = [found.start() + 1 for found in pattern.finditer(text)] if pattern else []
    return [text[start:end] for start, end in itertools.pairwise([0, *starts, len(text)])]


@functools.lru_cache(maxsize=8)
def _unflagged_controls(tokenizer: "PreTrainedTokenizerBase") -> re.Pattern[str] | None:
    controls = [
        token.content
        for token in _added_tokens(tokenizer).values()
        if not token.special and token.content.startswith("<") and token.content.endswith(">")
    ]
    longest_first = sorted(controls, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if controls else None


def _added_tokens(tokenizer: "PreTrainedTokenizerBase") -> "dict[int, AddedToken]":
    return dict(tokenizer.added_tokens_decoder)
