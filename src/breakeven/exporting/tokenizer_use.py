"""How others load an exported tokenizer so that a prompt has the token ids that it had here.

For some families (Qwen2 among them) transformers' AutoTokenizer takes the vocabulary of
`tokenizer.json` and puts the family's own way to part a text in the place of the file's.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from breakeven.core.files import read_json, write_json
from breakeven.rendering import render_prompt

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_LOADERS = ("AutoTokenizer", "PreTrainedTokenizerFast")
# What transformers writes of the folder that it read from.
_OF_THE_READING = ("is_local", "local_files_only")


class TokenizerUse(NamedTuple):
    """The class that loads it, and how many of some prompts have other ids then than here."""

    loader: str
    differing: int
    prompts: int


def save_tokenizer(
    tokenizer: "PreTrainedTokenizerBase", folder: Path, prompts: Iterable[str]
) -> TokenizerUse:
    """Write a tokenizer with its chat template; tell how it has to be loaded, tried on prompts."""
    tokenizer.save_pretrained(folder)
    file = folder / "tokenizer_config.json"
    config = read_json(file)
    write_json(file, {key: one for key, one in config.items() if key not in _OF_THE_READING})
    asked = {prompt: render_prompt(tokenizer, prompt) for prompt in prompts}
    found = [
        TokenizerUse(loader, _differing(loader, folder, tokenizer, asked), len(asked))
        for loader in _LOADERS
    ]
    return min(found, key=lambda one: one.differing)


def _differing(
    loader: str, folder: Path, tokenizer: "PreTrainedTokenizerBase", asked: dict[str, list[int]]
) -> int:
    """How many prompts have other ids, or are read back as another text."""
    import transformers

    try:
        loaded = getattr(transformers, loader).from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError):
        return len(asked)
    count = 0
    for prompt, ids in asked.items():
        messages = [{"role": "user", "content": prompt}]
        rendered = loaded.apply_chat_template(
            messages, add_generation_prompt=True, return_dict=True
        )
        same = rendered["input_ids"] == ids and loaded.decode(ids) == tokenizer.decode(ids)
        count += not same
    return count
