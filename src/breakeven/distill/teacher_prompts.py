"""What a teacher is sent: messages for a server, token ids for a model that runs here."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.core.errors import InputError
from breakeven.distill.journal import prompt_digest
from breakeven.params import TeacherStyle
from breakeven.rows.prompt import Prompt

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class RenderedPrompt(NamedTuple):
    """A prompt and the token ids that the teacher reads."""

    prompt: Prompt
    ids: tuple[int, ...]


class RenderedPrompts(NamedTuple):
    """Prompts as token ids, what ends a reply, and whether the prompts open a trace themselves."""

    tokenizer: "PreTrainedTokenizerBase"
    prompts: list[RenderedPrompt]
    end_ids: frozenset[int]
    opened: bool


def generation_settings(style: TeacherStyle) -> dict[str, Any]:
    """All of a style that changes what the teacher writes; how traces are split does not."""
    return style.model_dump(mode="json", exclude={"trace"})


def messages(style: TeacherStyle, prompt: Prompt) -> list[dict[str, str]]:
    """The chat that a teacher continues."""
    system = [] if style.system is None else [{"role": "system", "content": style.system}]
    return [*system, {"role": "user", "content": prompt.prompt}]


def sampling(style: TeacherStyle, seed: int, prompt: Prompt) -> dict[str, Any]:
    """The sampling fields of a request; each prompt draws with a seed of its own.

    So its completion does not depend on the prompts beside it, nor on how many a run has left.
    """
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
) -> RenderedPrompts:
    """Prompts in the tokenizer's chat template with the style's system prompt and arguments.

    Special tokens in a prompt stay text. `key` leads to the style in params.yaml, for messages.
    Raises InputError where the template takes no system prompt or does not show a message once.
    """
    from breakeven.rendering import end_token_ids
    from breakeven.rendering.chat import prompt_frame
    from breakeven.rendering.encoding import Markup, encode_rows

    try:
        around = prompt_frame(tokenizer, style.system, style.template)
    except InputError as error:
        raise InputError(f"{key}: {error}") from error
    # Stripped where the template would do it: only what stands around a prompt was rendered.
    texts = [prompt.prompt.strip() if around.trims else prompt.prompt for prompt in prompts]
    rows = [[Markup(around.before), text, Markup(around.after)] for text in texts]
    return RenderedPrompts(
        tokenizer=tokenizer,
        prompts=[
            RenderedPrompt(prompt, tuple(ids))
            for prompt, ids in zip(prompts, encode_rows(tokenizer, rows), strict=True)
        ],
        end_ids=end_token_ids(tokenizer),
        opened=around.opened,
    )


def check_context(rendered: RenderedPrompts, limit: int, room: int | None) -> int:
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
