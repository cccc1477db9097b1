"""A chat template as text: applied the same way today and tomorrow."""

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from breakeven.core.errors import InputError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Templates that show today's date show this one: Llama 3.1 and 3.2 fall back to it themselves.
PINNED_DATE = datetime.date(2024, 7, 26)
_TODAY = re.compile(r"""\bstrftime_now\(\s*(['"])([^'"]*)\1\s*\)""")
# Whether there is such a function may be asked; another name for it would escape the pin.
_VARIES = re.compile(
    r"\bstrftime_now\b(?!\s+is\s+(?:not\s+)?defined\b)"
    r"|\|\s*random\b|\bmap\(\s*['\"]random\b|\blipsum\b"
)
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
# What can come of a mistake in a template, which computes with what it is given.
_MISTAKES = (
    TypeError,
    ValueError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RecursionError,
    MemoryError,
)

Message = Mapping[str, str]


def apply_template(
    tokenizer: "PreTrainedTokenizerBase",
    messages: Sequence[Message],
    *,
    generation_prompt: bool = True,
    arguments: Mapping[str, Any] | None = None,
) -> str:
    """The text of a conversation in the tokenizer's chat template, with its date pinned.

    `arguments` go to the template (`enable_thinking: true`).

    Raises:
        InputError: there is no template, it refuses the conversation, or it shows what changes from
            one rendering to the next.
    """
    from jinja2 import TemplateError

    try:
        return str(
            tokenizer.apply_chat_template(
                [dict(message) for message in messages],
                chat_template=_pinned(tokenizer),
                tokenize=False,
                add_generation_prompt=generation_prompt,
                **(arguments or {}),
            )
        )
    except (TemplateError, *_MISTAKES) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise wrong_template(tokenizer, f"its chat template refuses a message: {reason}") from error


def wrong_template(tokenizer: "PreTrainedTokenizerBase", problem: str) -> InputError:
    """The error of a tokenizer whose template cannot be used."""
    return InputError(f"{tokenizer.name_or_path or 'the tokenizer'}: {problem}")


def _pinned(tokenizer: "PreTrainedTokenizerBase") -> str:
    """The template with a fixed date in the place of today's."""
    if not tokenizer.chat_template:
        raise wrong_template(
            tokenizer, "has no chat template; add chat_template.jinja to its folder"
        )
    template = str(tokenizer.get_chat_template())
    pinned = _TODAY.sub(
        lambda found: f"{found[1]}{PINNED_DATE.strftime(found[2])}{found[1]}", template
    )
    varies = _VARIES.search(_COMMENT.sub("", pinned))
    if varies:
        raise wrong_template(
            tokenizer,
            f"its chat template changes from one rendering to the next ({varies[0]}); write what "
            "it shows into chat_template.jinja",
        )
    return pinned
