"""Completions that were published with their prompts: nobody answers, and nobody counted tokens."""

from collections.abc import Iterable, Iterator

from breakeven.core.errors import InputError
from breakeven.rows.completion import Completion
from breakeven.rows.prompt import Prompt
from breakeven.rows.traces import split_reasoning


def published_completions(prompts: Iterable[Prompt], style: str) -> Iterator[Completion]:
    """The published completion of every prompt in one style, token counts absent.

    Raises:
        InputError: a prompt came without a completion in this style.
    """
    for prompt in prompts:
        if prompt.published is None or style not in prompt.published:
            raise InputError(
                f"prompt {prompt.id}: no completion was published in the style {style!r}; "
                f"run `dvc repro prompts@{prompt.source}`"
            )
        text = prompt.published[style]
        thinking, answer = split_reasoning(text) if style == "reasoning" else ("", text)
        yield Completion(
            id=prompt.id,
            style=style,
            thinking=thinking,
            answer=answer,
            prompt_tokens=None,
            thinking_tokens=None,
            answer_tokens=None,
        )
