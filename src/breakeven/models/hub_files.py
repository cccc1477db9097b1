"""Which files of a hub repository make a model: weights that cannot run code, and the tokenizer."""

import fnmatch
from collections.abc import Sequence
from typing import NamedTuple

from breakeven.core.errors import InputError

# At the repository's top only: folders hold the same weights for other programs.
_SMALL_FILES = (
    "config.json",
    "generation_config.json",
    "*.safetensors.index.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
    "chat_template.json",
    "LICEN[CS]E*",
    "NOTICE*",
)
_WEIGHTS = ".safetensors"
OTHER_WEIGHTS = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".msgpack", ".h5", ".gguf")


class HubFile(NamedTuple):
    """A file of a repository; the hub knows the SHA-256 of large ones."""

    name: str
    bytes: int
    sha256: str | None = None


def model_files(files: Sequence[HubFile], key: str) -> tuple[HubFile, ...]:
    """The files to download, by name; `key` is what an error points at.

    Of two sets of weights (`model-…` and `consolidated…`) the one that transformers reads is
    taken.

    Raises:
        InputError: there is no config.json, or there are no safetensors.
    """
    top = [file for file in files if "/" not in file.name]
    weights = [file for file in top if file.name.endswith(_WEIGHTS)]
    standard = [file for file in weights if file.name.startswith("model")]
    if not any(file.name == "config.json" for file in top):
        raise InputError(
            f"{key}: the repository has no config.json; use one that holds a whole model, not an "
            "adapter"
        )
    if not weights:
        others = sorted(file.name for file in top if file.name.endswith(OTHER_WEIGHTS))
        found = f" (found {', '.join(others[:3])})" if others else ""
        raise InputError(
            f"{key}: the repository has no .safetensors{found}; other formats can run code when "
            "they are loaded; use a revision or a repository that has them"
        )
    small = [file for file in top if any(fnmatch.fnmatch(file.name, one) for one in _SMALL_FILES)]
    return tuple(sorted([*small, *(standard or weights)]))
