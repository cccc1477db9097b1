"""How a teacher is asked: messages for a server, token ids for a model that runs here."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.errors import InputError
from breakeven.pairs.pair import THINK_OPEN
from breakeven.params import TeacherStyle
from breakeven.prompts.prompt import Prompt
from breakeven.teacher.journal import prompt_digest

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# The template is rendered around this word; prompts are encoded apart and put in its place, so that
# a prompt that spells a special token does not become one.
_SENTINEL = "qzbreakevenzq"


class RenderedPrompt(NamedTuple):
    """A prompt and the token ids that the teacher reads."""

    prompt: Prompt
    ids: tuple[int, ...]


class Rendered(NamedTuple):
    """Prompts as token ids, what ends a reply, and whether the prompts open a trace themselves."""

    tokenizer: "PreTrainedTokenizerBase"
    prompts: list[RenderedPrompt]
    end_ids: frozenset[int]
    opened: bool


def asked_settings(style: TeacherStyle) -> dict[str, Any]:
    """All of a style that changes what the teacher writes; how traces are parted does not."""
    return style.model_dump(mode="json", exclude={"trace"})


def messages(style: TeacherStyle, prompt: Prompt) -> list[dict[str, str]]:
    """The chat that a teacher continues."""
    system = [] if style.system is None else [{"role": "system", "content": style.system}]
    return [*system, {"role": "user", "content": prompt.prompt}]


def sampling(style: TeacherStyle, seed: int, prompt: Prompt) -> dict[str, Any]:
    """The sampling fields of a request; each prompt draws with a seed of its own."""
    if style.temperature == 0:
        return {"temperature": 0.0}
    name = f"{seed}/{prompt_digest(prompt)}"
    fields = {
        "temperature": style.temperature,
        "top_p": style.top_p,
        "top_k": style.top_k,
        # 31 bits: what every server accepts.
        "seed": int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") >> 1,
    }
    return {name: value for name, value in fields.items() if value is not None}


def render_prompts(
    tokenizer: "PreTrainedTokenizerBase", style: TeacherStyle, prompts: Sequence[Prompt], key: str
) -> Rendered:
    """Prompts in the tokenizer's chat template with the style's system prompt and arguments.

    Special tokens in a prompt stay text. `key` leads to the style in params.yaml, for messages.
    Raises InputError where the template takes no system prompt or does not show a message once.
    """
    from breakeven.rendering import end_token_ids
    from breakeven.rendering.encoding import encode_template, encode_texts

    before, after = _around(tokenizer, style, _SENTINEL, key)
    trims = _rendered(tokenizer, style, f" {_SENTINEL} ", key) == before + _SENTINEL + after
    texts = [prompt.prompt.strip() if trims else prompt.prompt for prompt in prompts]
    head = tuple(encode_template(tokenizer, before))
    tail = tuple(encode_template(tokenizer, after))
    return Rendered(
        tokenizer=tokenizer,
        prompts=[
            RenderedPrompt(prompt, (*head, *ids, *tail))
            for prompt, ids in zip(prompts, encode_texts(tokenizer, texts), strict=True)
        ],
        end_ids=end_token_ids(tokenizer),
        opened=after.rstrip().endswith(THINK_OPEN),
    )


def check_context(rendered: Rendered, limit: int, room: int | None) -> int:
    """Tokens that the longest prompt needs together with `limit` new ones.

    Raises InputError where they do not fit `room`, the model's context (None: not known).
    """
    longest = max(rendered.prompts, key=lambda one: len(one.ids))
    needed = len(longest.ids) + limit
    if room is not None and needed > room:
        raise InputError(
            f"params.yaml: teacher: the prompt {longest.prompt.id} has {len(longest.ids)} tokens "
            f"and max_new_tokens is {limit}: together more than the teacher's context of {room}; "
            "use a smaller max_new_tokens, shorter prompts or another teacher"
        )
    return needed


def _around(
    tokenizer: "PreTrainedTokenizerBase", style: TeacherStyle, word: str, key: str
) -> tuple[str, str]:
    before, *after = _rendered(tokenizer, style, word, key).split(word)
    if len(after) != 1:
        raise InputError(
            f"{key}: the teacher's chat template shows a message {len(after)} times; "
            "use a teacher whose template shows it once"
        )
    return before, after[0]


def _rendered(
    tokenizer: "PreTrainedTokenizerBase", style: TeacherStyle, content: str, key: str
) -> str:
    from jinja2 import TemplateError

    chat = messages(style, Prompt("", "", content, ""))
    if not tokenizer.chat_template:
        raise InputError(
            f"{key}: the teacher's tokenizer has no chat template; use an instruct model, or add "
            "chat_template.jinja to its folder"
        )
    try:
        return str(
            tokenizer.apply_chat_template(
                chat, tokenize=False, add_generation_prompt=True, **style.template
            )
        )
    except TemplateError as error:
        raise InputError(f"{key}: the teacher's chat template refuses it: {error}") from error
