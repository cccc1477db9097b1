"""Loading of bases: safetensors and the architectures of transformers only, never foreign code."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from breakeven.core.errors import InputError
from breakeven.core.files import digest_path, read_json
from breakeven.core.out_of_memory import is_out_of_memory
from breakeven.models.hub_files import OTHER_WEIGHTS

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


# What transformers reads of a model's folder beside weights, vocabulary and templates.
_CONFIGURATIONS = (
    "config.json",
    "generation_config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "processor_config.json",
    "preprocessor_config.json",
)
_WRONG_WEIGHTS = {
    "missing_keys": "are missing",
    "mismatched_keys": "have another shape than config.json says",
    "unexpected_keys": "are none that config.json has a place for",
}


def checked_folder(folder: Path, key: str | None = None) -> Path:
    """The folder, if it holds a model that loads without running anything of its own.

    `key` is what the message points at, the folder itself by default.

    Raises:
        InputError: no folder, no configuration, no safetensors, or what `check_configurations`
            refuses.
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
    check_configurations(folder)
    for index in _indexes(folder):
        for name in _shards(index):
            if not (folder / name).is_file():
                raise InputError(f"{index}: weight_map: names {name}, which is not there; copy it")
    return folder


def check_configurations(folder: Path) -> None:
    """Look at what a folder tells transformers to do, whether or not its weights are there.

    Raises:
        InputError: a configuration names Python code of the model's own, weights that are
            quantised already, or files elsewhere, or there is an adapter, which would be loaded
            unseen.
    """
    adapter = folder / "adapter_config.json"
    if adapter.exists():
        raise InputError(
            f"{adapter}: an adapter would be put on the weights unseen; merge it into them, or "
            "remove the file"
        )
    for name in _CONFIGURATIONS:
        path = folder / name
        config = _read_object(path) if path.is_file() else {}
        if _has_key(config, "auto_map"):
            raise InputError(
                f"{path}: auto_map: the model brings code of its own, which is never run; "
                "use an architecture that transformers has"
            )
        if _has_key(config, "quantization_config"):
            raise InputError(
                f"{path}: quantization_config: the weights are quantised already, and are neither "
                "trained nor merged with an adapter so; use the unquantised model"
            )
    for index in _indexes(folder):
        for name in _shards(index):
            if Path(name).name != name or "\\" in name:
                raise InputError(
                    f"{index}: weight_map: names {name!r}, which is outside of the folder; use "
                    "files of the folder alone"
                )


def _indexes(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.safetensors.index.json"))


def _shards(index: Path) -> list[str]:
    """The files that an index of weights names, each once."""
    weight_map = _read_object(index).get("weight_map")
    if not isinstance(weight_map, dict) or not all(
        isinstance(name, str) for name in weight_map.values()
    ):
        raise InputError(f"{index}: weight_map: is no table of files by weight; copy it again")
    return sorted(set(weight_map.values()))


def _read_object(path: Path) -> dict[str, Any]:
    found = read_json(path)
    if not isinstance(found, dict):
        raise InputError(f"{path}: value is {type(found).__name__}; a JSON object is needed")
    return found


def _has_key(value: Any, key: str) -> bool:  # noqa: ANN401 - any JSON
    """Whether there is such a key at any depth: models within a model have configurations too."""
    if isinstance(value, dict):
        return key in value or any(_has_key(one, key) for one in value.values())
    return isinstance(value, list) and any(_has_key(one, key) for one in value)


def torch_dtype(name: str) -> "torch.dtype":
    """PyTorch's number format of that name in params.yaml or in a placement."""
    import torch

    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[name]


def load_base(path: Path, dtype: "torch.dtype") -> "PreTrainedModel":
    """The causal language model of a folder in the given dtype, on the CPU.

    Raises:
        InputError: the folder holds no usable model, or not all of its weights and no others.
    """
    return load_whole(path, dtype=dtype)


def load_shapes(path: Path) -> "PreTrainedModel":
    """The same without its weights: of any size in no memory, to look at names and shapes.

    Raises:
        InputError: as `load_base`.
    """
    return load_whole(path, device_map="meta", ignore_mismatched_sizes=True)


def load_whole(path: Path, **options: Any) -> "PreTrainedModel":  # noqa: ANN401 - transformers'
    """A model with every weight that its configuration asks for, as `options` of transformers say.

    A weight that is missing would be drawn at random, another one at each load.

    Raises:
        InputError: the folder holds no usable model, or not all of its weights and no others.
    """
    from transformers import AutoModelForCausalLM

    folder = checked_folder(path)
    try:
        with _silence():
            model, found = AutoModelForCausalLM.from_pretrained(
                folder,
                # Three times over: no pickles, no code of the repository, no look at the hub.
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=True,
                output_loading_info=True,
                **options,
            )
    except Exception as error:  # of libraries that meet a file which they cannot read
        if is_out_of_memory(error):
            raise
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"{folder}: the model cannot be loaded: {reason}") from error
    for kind, wrong in _WRONG_WEIGHTS.items():
        if found[kind]:
            # A mismatch tells both shapes beside the name.
            first = sorted(map(str, found[kind]))[0]
            raise InputError(
                f"{folder}: {len(found[kind])} weights {wrong}, first {first}; copy config.json "
                "and the weights from one model"
            )
    return model


@contextmanager
def _silence() -> Iterator[None]:
    """Without the bar and the report of transformers: what is wrong is told in a line here."""
    from transformers.utils import logging as transformers_logging

    before = transformers_logging.get_verbosity()
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(before)


@contextmanager
def placed_base(
    path: Path, *, device: str, dtype: str, threads: int | None
) -> "Iterator[PreTrainedModel]":
    """The model of a folder on a device, ready to decode; PyTorch has `threads` until it goes.

    One thread multiplies with whatever is fastest here (`models/linear_layers.py`).

    Raises:
        InputError: as `load_base`.
    """
    import torch
    from transformers.utils import logging as transformers_logging

    from breakeven.models.linear_layers import fast_linear_layers

    transformers_logging.disable_progress_bar()  # a stage shows one of its own
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        # Without `eval` dropout would be at work, where a model has any.
        model = load_base(path, torch_dtype(dtype)).to(device).eval()
        with fast_linear_layers(model):
            yield model
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


def tokenizer_digest(path: Path) -> str:
    """SHA-256 of what `load_tokenizer` gives, as transformers writes it.

    The sizes of a family have the same, whatever else their folders hold.

    Raises:
        InputError: as `load_tokenizer`.
    """
    with TemporaryDirectory() as folder:
        load_tokenizer(path).save_pretrained(folder)
        return digest_path(Path(folder))
