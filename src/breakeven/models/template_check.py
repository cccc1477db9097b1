"""Whether a student's chat template can be learnt with: told before anything is trained."""

from pathlib import Path

from breakeven.core.errors import InputError


def check_template(folder: Path, key: str) -> None:
    """Raise InputError where the tokenizer in `folder` cannot be rendered with.

    `key` is what the message points at.
    """
    try:
        render_template(folder)
    except InputError as error:
        raise InputError(f"{key}: {error}") from error


def render_template(folder: Path, *, learns: bool = True) -> None:
    """Ask a template of all that rendering asks of it; of a teacher's, less, as it learns nothing.

    Raises InputError where it cannot be rendered with, or takes too long or too much memory.
    """
    from breakeven.models.loading import load_tokenizer
    from breakeven.rendering.chat import chat_frame, prompt_frame
    from breakeven.rendering.templates import bounded_rendering

    tokenizer = load_tokenizer(folder)
    # The frame is all that rendering asks of a template; who has it can render anything.
    with bounded_rendering():
        if learns:
            chat_frame(tokenizer)
        else:
            prompt_frame(tokenizer)
