"""Whether a student's chat template can be learnt with: told before anything is trained."""

from pathlib import Path

from breakeven.core.errors import InputError


def check_template(folder: Path, key: str) -> None:
    """Raise InputError where the tokenizer in `folder` cannot be rendered with.

    `key` is what the message points at.
    """
    from breakeven.models.loading import load_tokenizer
    from breakeven.rendering.chat import chat_frame

    # The frame is all that rendering asks of a template; who has it can render anything.
    try:
        chat_frame(load_tokenizer(folder))
    except InputError as error:
        raise InputError(f"{key}: {error}") from error
