"""GGUF models converted once to safetensors, config and tokenizer, kept by the file's SHA-256.

Weights become float32: it holds every dequantised value exactly (float16 and bfloat16 round
them), and it is what the CPU computes in, so that a folder loads without a cast.
"""

import contextlib
import importlib.metadata
import io
import shutil
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock

from breakeven.core.errors import InputError, did_you_mean
from breakeven.core.files import atomic_folder, digest_path, read_json, write_json
from breakeven.core.scratch import scratch_folder
from breakeven.core.sealed import read_sealed, tell_damaged, write_sealed
from breakeven.models.disk_space import require_free_bytes
from breakeven.models.gguf_packages import PackagedGguf, find_gguf, joined_gguf
from breakeven.models.saved_weights import let_others_read
from breakeven.params import GgufBase

# Raised when this module converts differently: an older conversion is then made again.
_CONVERTER = 1
_FLOAT32_BYTES = 4
# A tokenizer of a quarter of a million tokens is 33 MB as JSON.
_TOKENIZER_BYTES = 64 << 20
# Architectures of GGUF that both transformers and the cost counts know.
_ARCHITECTURES = ("llama", "qwen2", "qwen3", "gemma3")
# What transformers writes into tokenizer_config.json about the folder it read from.
_OF_THE_READING = ("is_local", "local_files_only")


class ConvertedGguf(NamedTuple):
    """A converted model: its folder, the folder's digest, what it was made of."""

    folder: Path
    digest: str
    source: PackagedGguf
    details: dict[str, Any]


class _Header(NamedTuple):
    architecture: str
    name: str | None
    license: str | None
    context: int | None
    parameters: int
    types: dict[str, int]


def converted_gguf(base: GgufBase, key: str) -> ConvertedGguf:
    """The model of an installed package, converted at the first call; `key` is named in errors.

    Raises:
        InputError: no such package or GGUF file, or an architecture that is not known.
        MachineError: the file is damaged, or the disk is too full.
    """
    source = find_gguf(base.package, f"{key}.package")
    names = ("transformers", "gguf", "tokenizers")
    scratch = scratch_folder(
        "gguf",
        {
            "sha256": source.sha256,
            "converter": _CONVERTER,
            "versions": {name: importlib.metadata.version(name) for name in names},
        },
    )
    folder, summary_file = scratch / "model", scratch / "done.json"
    # Students and a teacher may be of one model, in stages that run side by side.
    with FileLock(scratch / "lock"):
        summary = _usable(folder, summary_file)
        if summary is None:
            with joined_gguf(source, scratch) as file:
                details = _convert(file, folder, f"{key}.package")
            summary = {"digest": digest_path(folder), "details": details}
            write_sealed(summary_file, summary)
    return ConvertedGguf(folder, summary["digest"], source, summary["details"])


def _usable(folder: Path, summary_file: Path) -> dict[str, Any] | None:
    """What an earlier conversion came to, None where there is none as it was when it was made."""
    summary = read_sealed(summary_file)
    if summary is None or (folder.is_dir() and digest_path(folder) == summary["digest"]):
        return summary
    tell_damaged(folder, "converting again")
    return None


def _convert(file: Path, folder: Path, key: str) -> dict[str, Any]:
    header = _read_header(file, key)
    if header.architecture not in _ARCHITECTURES:
        raise InputError(
            f"{key}: {file.name} has general.architecture {header.architecture!r}; "
            f"{did_you_mean(header.architecture, _ARCHITECTURES)}"
        )
    need = _FLOAT32_BYTES * header.parameters + _TOKENIZER_BYTES
    require_free_bytes(folder.parent, need, f"{file.name} as float32 safetensors")
    # transformers draws a bar for the tensors, on standard error, that cannot be switched off.
    with atomic_folder(folder) as temporary, contextlib.redirect_stderr(io.StringIO()):
        template = _write_tokenizer(file, temporary, header.context)
        _write_weights(file, temporary)
    return {
        "architecture": header.architecture,
        "name": header.name,
        "license_in_file": header.license,
        "parameters": header.parameters,
        "quantised_as": header.types,
        "dtype": "float32",
        "chat_template": template,
    }


def _read_header(file: Path, key: str) -> _Header:
    """What a GGUF file says about itself; a number or word that it leaves out is None."""
    from gguf import GGUFReader

    try:
        reader = GGUFReader(file)
    except (ValueError, IndexError, KeyError, OSError) as error:
        raise InputError(
            f"{key}: {file.name} is not a whole GGUF file ({error}); install the package again"
        ) from error

    def field_value(name: str) -> Any:  # noqa: ANN401 - a GGUF field of any type
        found = reader.get_field(name)
        return None if found is None else found.contents()

    architecture = str(field_value("general.architecture"))
    types: dict[str, int] = {}
    for tensor in reader.tensors:
        name = tensor.tensor_type.name
        types[name] = types.get(name, 0) + int(tensor.n_elements)
    return _Header(
        architecture,
        field_value("general.name"),
        field_value("general.license"),
        field_value(f"{architecture}.context_length"),
        sum(types.values()),
        dict(sorted(types.items())),
    )


def _write_tokenizer(file: Path, folder: Path, context: int | None) -> str:
    """Write the tokenizer with a chat template; returns where the template comes from."""
    from transformers import AutoTokenizer

    from breakeven.models.chat_templates import default_chat_template

    tokenizer = AutoTokenizer.from_pretrained(
        file.parent, gguf_file=file.name, trust_remote_code=False, local_files_only=True
    )
    origin = "of the model"
    if not tokenizer.chat_template:
        template = default_chat_template(tokenizer)
        tokenizer.chat_template, origin = template.text, template.name
    if context is not None:
        tokenizer.model_max_length = int(context)
    tokenizer.save_pretrained(folder)
    config = read_json(folder / "tokenizer_config.json")
    of_the_tokenizer = {
        name: value for name, value in config.items() if name not in _OF_THE_READING
    }
    write_json(folder / "tokenizer_config.json", of_the_tokenizer)
    return origin


def _write_weights(file: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, GgufConfig

    model = AutoModelForCausalLM.from_pretrained(
        file.parent,
        gguf_file=file.name,
        # Left quantised, a model of transformers 5 cannot be saved.
        quantization_config=GgufConfig(dequantize=True),
        dtype=torch.float32,
        trust_remote_code=False,
        local_files_only=True,
    )
    model.save_pretrained(folder)
    let_others_read(folder)


def write_licence(
    source: PackagedGguf, base: GgufBase, details: dict[str, Any], folder: Path
) -> None:
    """Write the licence, its texts as they came, and what was changed of the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in source.terms:
        shutil.copyfile(file, folder / file.name)
    stated = details["license_in_file"] or "nothing"
    lines = [
        f"{details['name'] or source.name}",
        f"Licence: {base.license} (the file itself says: {stated}).",
        f"From {source.name} of the Python package {source.package} {source.version},",
        f"sha256 {source.sha256}.",
        "Changed: the quantised weights were written out as float32 safetensors"
        + ("." if details["chat_template"] == "of the model" else ", a chat template was added."),
    ]
    (folder / "ORIGIN.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
