"""The tag by which a prompt says which mode it wants, in training and in answering alike.

The words are the soft switches of Qwen3 (arXiv 2505.09388, section 4.3) and of SmolLM3: a model
that knows them already is asked in its own. They stand on the last line of the prompt, as not every
chat template has a place for a system message.
"""

from collections.abc import Mapping

from breakeven.params import CompletionStyle

_TAGS: Mapping[CompletionStyle, str] = {"ift": "/no_think", "reasoning": "/think"}


def tagged(prompt: str, mode: CompletionStyle) -> str:
    """The prompt with the tag of a mode on a line of its own."""
    return f"{prompt}\n{_TAGS[mode]}"
