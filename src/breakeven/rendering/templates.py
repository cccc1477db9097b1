"""A chat template as text: applied the same way today and tomorrow."""

import datetime
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from breakeven.bounded.child import GAVE_UP, Child
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
# No template needs a tenth of it for a conversation of two turns.
_LIMIT_SECONDS = 2.0
# Where renderings are tried before they are done, if anywhere.
_trial: ContextVar[Child | None] = ContextVar("trial", default=None)


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

    template = _pinned(tokenizer)
    given = {"add_generation_prompt": generation_prompt, **(arguments or {})}
    _require_end(tokenizer, template, messages, given)
    try:
        return str(
            tokenizer.apply_chat_template(
                [dict(message) for message in messages],
                chat_template=template,
                tokenize=False,
                **given,
            )
        )
    except (TemplateError, *_MISTAKES) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise wrong_template(tokenizer, f"its chat template refuses a message: {reason}") from error


@contextmanager
def bounded_rendering() -> Iterator[None]:
    """While it lasts, each rendering is tried in a child with limits first.

    A stranger's template may loop for ever, or compute with numbers that fill the memory.
    """
    child = Child(renderer, limit_seconds=_LIMIT_SECONDS, what="jinja2")
    before = _trial.set(child)
    try:
        yield
    finally:
        _trial.reset(before)
        child.close()


def _require_end(
    tokenizer: "PreTrainedTokenizerBase",
    template: str,
    messages: Sequence[Message],
    arguments: Mapping[str, Any],
) -> None:
    """Raise InputError where a trial of the rendering does not come to an end."""
    child = _trial.get()
    if child is None:
        return
    turns = [dict(message) for message in messages]
    special = {name: str(token) for name, token in tokenizer.special_tokens_map.items()}
    if child.ask(template, turns, {**special, **arguments}) is GAVE_UP:
        raise wrong_template(
            tokenizer,
            f"its chat template takes more than {_LIMIT_SECONDS:g} seconds, or gigabytes, for a "
            "short conversation; mend chat_template.jinja",
        )


def renderer() -> Callable[[str, list[dict[str, str]], dict[str, Any]], bool]:
    """In the child: what renders a template as transformers does, and says whether that went well.

    An error is none of the child's: it comes again where it is told.
    """
    from jinja2 import nodes
    from jinja2.ext import Extension, loopcontrols
    from jinja2.parser import Parser
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """`{% generation %}`, by which transformers finds what an assistant has said."""

        tags = {"generation"}  # noqa: RUF012 - as the library declares it

        def parse(self, parser: Parser) -> list[nodes.Node]:
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    def refuse(message: str) -> None:
        raise ValueError(message)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols]
    )
    environment.filters["tojson"] = lambda value, **options: json.dumps(
        value, **{"ensure_ascii": False, **options}
    )
    environment.globals |= {"raise_exception": refuse, "strftime_now": PINNED_DATE.strftime}

    def render(template: str, messages: list[dict[str, str]], arguments: dict[str, Any]) -> bool:
        try:
            environment.from_string(template).render(messages=messages, **arguments)
        except MemoryError:
            raise  # the child ends, as for what takes too long
        except Exception:
            return False
        return True

    return render


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
