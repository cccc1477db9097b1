"""What a tokenizer's chat template puts around a prompt, and the token that ends a reply."""

import functools
from typing import TYPE_CHECKING, NamedTuple

from breakeven.errors import InputError
from breakeven.rendering.encoding import encode_template

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# The template is rendered around this word once; prompts are encoded apart and put in its place,
# so that the template's special tokens are real and those that a prompt spells are not.
_SENTINEL = "qzbreakevenzq"


class ChatFrame(NamedTuple):
    """Token ids before and after a prompt, the end token of a reply, and whether prompts are cut.

    `trims` says that the template strips white space around a message, which is then done here.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    end_id: int
    trims: bool


def chat_frame(tokenizer: "PreTrainedTokenizerBase") -> ChatFrame:
    """The frame of the tokenizer's chat template, with its generation prompt.

    Raises:
        InputError: there is no template, it does not show a message once, or nothing ends a reply.
    """
    return _chat_frame(tokenizer, str(tokenizer.chat_template))


@functools.lru_cache(maxsize=8)
def _chat_frame(tokenizer: "PreTrainedTokenizerBase", template: str) -> ChatFrame:
    del template  # part of the cache's key: a tokenizer may be given another template
    if not tokenizer.chat_template:
        raise _wrong(tokenizer, "has no chat template; add chat_template.jinja to its folder")
    prompt = {"role": "user", "content": _SENTINEL}
    padded = {"role": "user", "content": f" {_SENTINEL} "}
    before, after = _around_sentinel(tokenizer, _apply(tokenizer, [prompt]))
    return ChatFrame(
        before=tuple(encode_template(tokenizer, before)),
        after=tuple(encode_template(tokenizer, after)),
        end_id=_end_of_reply(tokenizer),
        trims=_apply(tokenizer, [padded]) == before + _SENTINEL + after,
    )


def _end_of_reply(tokenizer: "PreTrainedTokenizerBase") -> int:
    """The special token that the template puts after a reply, or the tokenizer's end token.

    Qwen2.5's base tokenizers name `<|endoftext|>` their end token and end turns by `<|im_end|>`.
    """
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": _SENTINEL}]
    _, tail = _around_sentinel(tokenizer, _apply(tokenizer, turns, generation_prompt=False))
    special = set(tokenizer.all_special_ids) | {
        token_id for token_id, token in tokenizer.added_tokens_decoder.items() if token.special
    }
    ends = [token for token in encode_template(tokenizer, tail) if token in special]
    if ends:
        return ends[0]
    if tokenizer.eos_token_id is None:
        raise _wrong(tokenizer, "has no token that ends a reply; set eos_token")
    return int(tokenizer.eos_token_id)


def _apply(
    tokenizer: "PreTrainedTokenizerBase",
    messages: list[dict[str, str]],
    *,
    generation_prompt: bool = True,
) -> str:
    return str(
        tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=generation_prompt
        )
    )


def _around_sentinel(tokenizer: "PreTrainedTokenizerBase", text: str) -> tuple[str, str]:
    before, *after = text.split(_SENTINEL)
    if len(after) != 1:
        raise _wrong(
            tokenizer, f"chat_template shows a message {len(after)} times; it must show it once"
        )
    return before, after[0]


def _wrong(tokenizer: "PreTrainedTokenizerBase", problem: str) -> InputError:
    return InputError(f"{tokenizer.name_or_path or 'the tokenizer'}: {problem}")
