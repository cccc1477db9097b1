"""What a tokenizer's chat template puts around a prompt and a reply.

The template is asked for its generation prompt and for whole conversations, with and without a
trace. Where they do not agree on what stands before a reply, no student could learn what it is
asked for: such a template is refused.
"""

import functools
from typing import TYPE_CHECKING, NamedTuple

from breakeven.rendering.encoding import special_ids
from breakeven.rendering.templates import Message, apply_template, wrong_template
from breakeven.rows.traces import THINK_CLOSE, THINK_OPEN, with_trace

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# The template is rendered around these words; what is asked and answered is put in their place, so
# that the template's special tokens are real and those that a prompt spells are not.
# Made up, for a template may well say "prompt" or "reply" itself.
SENTINEL = "qzbreakevenzq"
_REPLY, _TRACE = "qzreplyzq", "qztracezq"
_JOINED = with_trace(_TRACE, _REPLY)
# A text with what a template could change: case, quotes, marks, lines, runs of spaces, length.
_WHOLE = "A  <b>'\"&</b>\n\n\n\tß ½ {{ x }} " + "Long. " * 2000 + "End"
_TEXT = f" \n{_WHOLE}\n "


class ChatFrame(NamedTuple):
    """The template's text before and after a prompt, and around what a student writes.

    `after` ends with the generation prompt; where it ends with an opening think mark, the prompt
    `opened` a trace. `plain` stands before a plain answer, `traced` before a trace (its opening
    mark included, where the prompt has none), `trail` before the end token `end_id`. `trims` says
    that the template strips white space around a prompt, `trims_reply` around a reply: then it is
    done here.
    """

    before: str
    after: str
    plain: str
    traced: str
    trail: str
    end_id: int
    trims: bool
    trims_reply: bool
    opened: bool


class PromptFrame(NamedTuple):
    """A template's text before and after a prompt, and whether it strips the prompt."""

    before: str
    after: str
    trims: bool

    @property
    def opened(self) -> bool:
        """Whether the prompt ends in a trace that it opened."""
        return self.after.rstrip().endswith(THINK_OPEN)


def chat_frame(tokenizer: "PreTrainedTokenizerBase") -> ChatFrame:
    """The frame of the tokenizer's chat template, with its generation prompt.

    Raises:
        InputError: there is no template, it does not show a message once, it closes a trace in the
            prompt, or writes before or after a reply what its generation prompt does not have.
    """
    return _chat_frame(tokenizer, str(tokenizer.chat_template))


def end_of_reply(tokenizer: "PreTrainedTokenizerBase") -> int:
    """The special token that the template puts after a reply, or the tokenizer's end token.

    Qwen2.5's base tokenizers name `<|endoftext|>` their end token and end turns by `<|im_end|>`.

    Raises:
        InputError: nothing ends a reply.
    """
    return _end_of_reply(tokenizer, str(tokenizer.chat_template))


def prompt_frame(
    tokenizer: "PreTrainedTokenizerBase",
    system: str | None = None,
    arguments: dict[str, bool | int | float | str] | None = None,
) -> PromptFrame:
    """What the template puts around a prompt, with a system prompt and arguments of its own.

    Raises:
        InputError: there is no template, it takes no system prompt, or shows a message other than
            once.
    """
    system_turn: list[Message] = [] if system is None else [{"role": "system", "content": system}]

    def rendered(content: str) -> str:
        messages = [*system_turn, {"role": "user", "content": content}]
        return apply_template(tokenizer, messages, arguments=arguments)

    before, after = _split_at_word(tokenizer, rendered(SENTINEL), SENTINEL)
    return PromptFrame(
        before, after, trims=_trims(tokenizer, rendered(_TEXT), before, after, "prompt")
    )


@functools.lru_cache(maxsize=8)
def _chat_frame(tokenizer: "PreTrainedTokenizerBase", template: str) -> ChatFrame:
    del template  # part of the cache's key: a tokenizer may be given another template
    prompt = prompt_frame(tokenizer)
    if prompt.after.rstrip().endswith(THINK_CLOSE):
        raise wrong_template(
            tokenizer,
            f"its chat template closes a trace before the student writes ({prompt.after!r}), so "
            "that nothing could be learnt to stand in one; remove that from chat_template.jinja",
        )
    between, tail = _around_reply(tokenizer, prompt.before, _REPLY)
    trims_reply = _trims(
        tokenizer, _behind_prompt(tokenizer, prompt.before, _TEXT), between, tail, "reply"
    )
    plain = _before_plain(tokenizer, prompt, between)
    end_id = end_of_reply(tokenizer)
    return ChatFrame(
        before=prompt.before,
        after=prompt.after,
        plain=plain,
        traced=_before_trace(tokenizer, prompt, between),
        trail=_trail(tokenizer, tail, end_id),
        end_id=end_id,
        trims=prompt.trims,
        trims_reply=trims_reply,
        opened=prompt.opened,
    )


def _before_plain(tokenizer: "PreTrainedTokenizerBase", prompt: PromptFrame, between: str) -> str:
    """What a student writes before a plain answer, behind the generation prompt.

    White space of the template's own (Llama 2), or an empty trace: where the template shows one
    (Qwen3), and to close the one that the prompt opened (R1, QwQ).
    """
    if prompt.opened:
        opening = _opening(tokenizer, prompt)
        empty, start = f"{THINK_OPEN}\n\n{THINK_CLOSE}\n\n", prompt.after.removesuffix(opening)
        if between.startswith(start) and _is_empty_trace(between[len(start) :].strip() or empty):
            return empty.removeprefix(opening)
    elif between.startswith(prompt.after):
        lead = between[len(prompt.after) :]
        if not lead.strip() or _is_empty_trace(lead):
            return lead
    raise wrong_template(
        tokenizer,
        f"its chat template ends a prompt with {prompt.after!r}, but writes {between!r} before a "
        "reply; make both alike in chat_template.jinja, or use another student",
    )


def _before_trace(tokenizer: "PreTrainedTokenizerBase", prompt: PromptFrame, plain: str) -> str:
    """What a student writes before a trace: the opening mark, where the prompt does not have it.

    A template that keeps a trace must show it so; many remove it from what was said.
    """
    lead = "" if prompt.opened else plain.removeprefix(prompt.after)
    lead = "" if lead.strip() else lead
    opening = _opening(tokenizer, prompt) if prompt.opened else ""
    written = f"{lead}{THINK_OPEN}\n".removeprefix(opening)
    between, _ = _around_reply(tokenizer, prompt.before, _JOINED, _REPLY)
    if _TRACE in between and between != f"{prompt.after}{written}{_TRACE}\n{THINK_CLOSE}\n\n":
        raise wrong_template(
            tokenizer,
            f"its chat template shows a trace as {between!r}, not as it is learnt; use the spacing "
            f"{_JOINED!r} in chat_template.jinja, or another student",
        )
    return written


def _opening(tokenizer: "PreTrainedTokenizerBase", prompt: PromptFrame) -> str:
    """The mark that ends a prompt, with the line break after it if there is one."""
    opening = prompt.after[prompt.after.rindex(THINK_OPEN) :]
    if opening not in (THINK_OPEN, f"{THINK_OPEN}\n"):
        raise wrong_template(
            tokenizer,
            f"its chat template opens a trace with {opening!r}; use {THINK_OPEN} and at most one "
            "line break in chat_template.jinja",
        )
    return opening


def _is_empty_trace(text: str) -> bool:
    inside = text.strip()
    return (
        inside.startswith(THINK_OPEN)
        and inside.endswith(THINK_CLOSE)
        and not inside.removeprefix(THINK_OPEN).removesuffix(THINK_CLOSE).strip()
    )


def _around_reply(
    tokenizer: "PreTrainedTokenizerBase", before: str, reply: str, word: str = _REPLY
) -> tuple[str, str]:
    """What the template puts between a prompt and `word` of a reply, and what follows it."""
    return _split_at_word(tokenizer, _behind_prompt(tokenizer, before, reply), word)


def _behind_prompt(tokenizer: "PreTrainedTokenizerBase", before: str, reply: str) -> str:
    """What the template shows behind a prompt that has a reply."""
    turns = [{"role": "user", "content": SENTINEL}, {"role": "assistant", "content": reply}]
    text = apply_template(tokenizer, turns, generation_prompt=False)
    if not text.startswith(before + SENTINEL):
        raise wrong_template(
            tokenizer, "its chat template shows a prompt otherwise once it has a reply"
        )
    return text[len(before + SENTINEL) :]


def _trims(
    tokenizer: "PreTrainedTokenizerBase", shown: str, before: str, after: str, what: str
) -> bool:
    """Whether the template strips white space around `_TEXT`, shown between `before` and `after`.

    Raises InputError where it changes it in another way: what is rendered here would be another
    text than the template's. Of a reply, line breaks may be stripped on one side (Qwen3): no reply
    of a teacher begins or ends with one.
    """
    if not shown.startswith(before) or not shown.endswith(after):
        raise wrong_template(tokenizer, f"its chat template stands otherwise around a long {what}")
    text = shown[len(before) : len(shown) - len(after)]
    if text in (_TEXT, _WHOLE):
        return text == _WHOLE
    if what == "reply" and text.strip() == _WHOLE:
        return False
    raise wrong_template(
        tokenizer,
        f"its chat template changes the text of a {what} (its case, its length, its marks or the "
        "white space on one side); show it as it is in chat_template.jinja, or use another student",
    )


def _trail(tokenizer: "PreTrainedTokenizerBase", tail: str, end_id: int) -> str:
    """White space between a reply and the end token."""
    trail, found, _ = tail.partition(str(tokenizer.convert_ids_to_tokens(end_id)))
    if not found:
        return ""  # the template ends no reply by a token: the tokenizer's end token does
    if trail.strip():
        raise wrong_template(tokenizer, f"its chat template writes {trail!r} after a reply")
    return trail


@functools.lru_cache(maxsize=8)
def _end_of_reply(tokenizer: "PreTrainedTokenizerBase", template: str) -> int:
    del template
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": _REPLY}]
    text = apply_template(tokenizer, turns, generation_prompt=False)
    _, tail = _split_at_word(tokenizer, text, _REPLY)
    special = special_ids(tokenizer)
    ids = tokenizer(tail, add_special_tokens=False)["input_ids"]
    end = next((token for token in ids if token in special), tokenizer.eos_token_id)
    if end is None:
        raise wrong_template(tokenizer, "has no token that ends a reply; set eos_token")
    return int(end)


def _split_at_word(tokenizer: "PreTrainedTokenizerBase", text: str, word: str) -> tuple[str, str]:
    before, *after = text.split(word)
    if len(after) != 1:
        raise wrong_template(
            tokenizer, f"chat_template shows a message {len(after)} times; it must show it once"
        )
    return before, after[0]
