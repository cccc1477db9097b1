"""Loading of bases: safetensors and the architectures of transformers only, never foreign code."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from breakeven.core.errors import InputError
from breakeven.core.files import read_json
from breakeven.models.hub_files import OTHER_WEIGHTS

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def checked_folder(folder: Path, key: str | None = None) -> Path:
    """The folder, if it holds a model that loads without running anything of its own.

    `key` is what the message points at, the folder itself by default.

    Raises:
        InputError: no folder, no configuration, no safetensors, or code of its own.
    """
    where = f"{key}: value is {str(folder)!r}" if key else str(folder)
    if not folder.is_dir():
        raise InputError(f"{where}; no such folder; use a folder with config.json and safetensors")
    if not (folder / "config.json").is_file():
        raise InputError(f"{where}; it has no config.json; use a folder that save_pretrained wrote")
    if not list(folder.glob("*.safetensors")):
        others = sorted(path.name for path in folder.iterdir() if path.suffix in OTHER_WEIGHTS)
        found = f" (found {', '.join(others)})" if others else ""
        raise InputError(
            f"{where}; it has no .safetensors{found}; other formats can run code when they are "
            "loaded: convert the weights with save_pretrained"
        )
    refuse_own_code(folder)
    return folder


def refuse_own_code(folder: Path) -> None:
    """Raise InputError where a folder's configurations name Python code of the model's own."""
    for name in ("config.json", "tokenizer_config.json"):
        path = folder / name
        if path.is_file() and "auto_map" in read_json(path):
            raise InputError(
                f"{path}: auto_map: the model brings code of its own, which is never run; "
                "use an architecture that transformers has"
            )


def torch_dtype(name: str) -> "torch.dtype":
    """PyTorch's number format of that name in params.yaml or in a placement."""
    import torch

    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[name]


def load_base(path: Path, dtype: "torch.dtype") -> "PreTrainedModel":
    """The causal language model of a folder in the given dtype, on the CPU.

    Raises:
        InputError: the folder holds no usable model.
    """
    from transformers import AutoModelForCausalLM

    folder = checked_folder(path)
    try:
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=dtype,
            # Three times over: no pickles, no code of the repository, no look at the hub.
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
        )
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: the model cannot be loaded: {error}") from error
    return model


@contextmanager
def placed_base(
    path: Path, *, device: str, dtype: str, threads: int | None
) -> "Iterator[PreTrainedModel]":
    """The model of a folder on a device, ready to decode; PyTorch has `threads` until it goes.

    Raises:
        InputError: as `load_base`.
    """
    import torch
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # a stage shows one of its own
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        # Without `eval` dropout would be at work, where a model has any.
        yield load_base(path, torch_dtype(dtype)).to(device).eval()
    finally:
        torch.set_num_threads(before)


def load_tokenizer(path: Path) -> "PreTrainedTokenizerBase":
    """The tokenizer of a folder, padding on the left as generation needs it.

    One without a chat template, as many bases have it, gets `default_chat_template`.

    Raises:
        InputError: the folder holds no tokenizer.
    """
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    if not (path / "tokenizer_config.json").is_file():
        raise InputError(f"{path}: it has no tokenizer_config.json; use a tokenizer's folder")
    # tokenizer.json says all; AutoTokenizer would put a model family's own decoder in its place.
    whole = (path / "tokenizer.json").is_file()
    loader = PreTrainedTokenizerFast if whole else AutoTokenizer
    try:
        tokenizer: PreTrainedTokenizerBase = loader.from_pretrained(
            path, trust_remote_code=False, local_files_only=True, padding_side="left"
        )
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: the tokenizer cannot be loaded: {error}") from error
    if not tokenizer.chat_template:
        from breakeven.models.chat_templates import default_chat_template

        tokenizer.chat_template = default_chat_template(tokenizer).text
    return tokenizer
