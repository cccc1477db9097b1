"""Whether a student's chat template can be learnt with: told before anything is trained."""

from pathlib import Path

from breakeven.core.errors import InputError
from breakeven.params import HubBase


def check_template(folder: Path, key: str) -> None:
    """Raise InputError where the tokenizer in `folder` cannot be rendered with.

    `key` is what the message points at.
    """
    from breakeven.models.loading import load_tokenizer
    from breakeven.rendering.chat import chat_frame

    try:
        chat_frame(load_tokenizer(folder))
    except InputError as error:
        raise InputError(f"{key}: {error}") from error


def cached_tokenizer(base: HubBase) -> Path | None:
    """Where the hub's local cache has the tokenizer of a model, if it does."""
    from huggingface_hub import constants, try_to_load_from_cache

    found = [
        try_to_load_from_cache(
            base.repo, name, cache_dir=constants.HF_HUB_CACHE, revision=base.revision
        )
        for name in ("tokenizer_config.json", "tokenizer.json")
    ]
    return Path(str(found[0])).parent if all(isinstance(one, str) for one in found) else None
