"""Which folders read every text as the same tokens, by the digests of what decides it."""

from pathlib import Path

from breakeven.core.digests import cached_digest
from breakeven.core.files import read_json
from breakeven.models.hub_files import OTHER_WEIGHTS

# Files of a base that say nothing of how it reads a text.
_WEIGHTS = (".safetensors", *OTHER_WEIGHTS)
_OF_THE_MODEL = ("config.json", "generation_config.json", "card.json", "README.md", "LICENSE")


def reading_of(folder: Path) -> tuple[object, ...]:
    """What is the same for two folders of tokenizers only where both read the same tokens.

    The kind of the model is part of it: without a tokenizer.json it chooses the tokenizer's class.
    """
    files = tuple(
        (file.name, cached_digest(file))
        for file in sorted(folder.iterdir())
        if file.is_file() and file.suffix not in _WEIGHTS and file.name not in _OF_THE_MODEL
    )
    config = folder / "config.json"
    return files, str(read_json(config).get("model_type")) if config.is_file() else None
