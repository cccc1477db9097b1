"""The weights of one cell on a loaded base, and the base's own weights back afterwards, exactly.

An adapter is merged into the weights: a merged model decodes at the base's speed. What the base
held is kept, not recomputed, so that the next cell starts from the same bits.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from breakeven.core.digests import cached_digest
from breakeven.core.errors import BreakevenError, InputError
from breakeven.core.files import (
    atomic_folder,
    damaged,
    digest_file,
    digest_json,
    digest_path,
)
from breakeven.core.layout import remade_by
from breakeven.core.out_of_memory import is_out_of_memory
from breakeven.core.records import require_as_recorded
from breakeven.core.scratch import scratch_folder
from breakeven.core.sealed import read_sealed, tell_damaged, write_sealed
from breakeven.models.weight_checks import WEIGHTS, first_non_finite

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

    from breakeven.params.training import Method

# What a training run leaves in a cell's folder.
ADAPTER = "adapter_config.json"
UNTRAINED = "untrained.json"


def check_cell(folder: Path, method: "Method") -> None:
    """Raise InputError where a folder does not hold what its training left there."""
    wanted = {"none": UNTRAINED, "full": WEIGHTS, "lora": ADAPTER, "qlora": ADAPTER}[method]
    if not any(folder.glob(wanted)):
        raise InputError(f"{folder}: holds no {wanted}{remade_by(folder)}")
    require_as_recorded([folder])


def digest_cell(folder: Path, method: "Method") -> str | None:
    """Digest of what changes a cell's answers: its weights and how they go on the base."""
    if method == "none":
        return None
    # The adapter's configuration too: its scale and layers decide what the weights come to.
    files = sorted([*folder.glob(WEIGHTS), *folder.glob(ADAPTER)])
    return digest_json([[file.name, digest_file(file)] for file in files])


def are_finite(folder: Path) -> bool:
    """Whether every weight in a cell's folder is a finite number."""
    return first_non_finite(folder.glob(WEIGHTS)) is None


def rounded_base(base: Path, digest: str, dtype: str) -> Path:
    """The base as its QLoRA cells saw it while training: rounded to NF4, saved in `dtype`.

    `digest` is that of the base. The folder is made once and kept in scratch.
    """
    from breakeven.models.loading import load_base, torch_dtype

    scratch = scratch_folder("nf4", {"base": digest, "dtype": dtype})
    folder, seal_file = scratch / "weights", scratch / "weights.json"
    seal = read_sealed(seal_file)
    if seal is not None and folder.is_dir():
        if digest_path(folder, cached_digest) == seal["digest"]:
            return folder
        tell_damaged(folder, "rounding again")
    model = load_base(base, torch_dtype(dtype))
    _round_to_nf4(model)
    with atomic_folder(folder) as temporary:
        model.save_pretrained(temporary)
    write_sealed(seal_file, {"digest": digest_path(folder)})
    return folder


def copy_weights(model: "PreTrainedModel") -> "dict[str, Tensor]":
    """A copy of every parameter, tied ones once, on the CPU."""
    return {name: weight.detach().cpu().clone() for name, weight in model.named_parameters()}


@contextmanager
def cell_weights(
    model: "PreTrainedModel", base: "dict[str, Tensor]", folder: Path, method: "Method"
) -> "Iterator[PreTrainedModel]":
    """The model with the weights in `folder`; those of `base` are back when the block ends.

    `base` is what `copy_weights` gave for the model.
    """
    try:
        # Before merging: the adapter was trained on a base that was rounded, and is not itself.
        if method == "qlora":
            _round_to_nf4(model)
        try:
            if method == "full":
                _load_full(model, folder)
            elif method != "none":
                model = _merged(model, folder)
        except BreakevenError:
            raise
        except Exception as error:  # of libraries that meet a file which they cannot read
            if is_out_of_memory(error):
                raise
            raise damaged(folder, error) from error
        yield model.eval()
    finally:
        _restore(model, base)


def _load_full(model: "PreTrainedModel", folder: Path) -> None:
    from safetensors.torch import load_file

    own = dict(model.named_parameters())
    found: set[str] = set()
    for file in sorted(folder.glob(WEIGHTS)):
        for name, weight in load_file(file).items():
            # A tied head may be saved beside the embeddings that it is.
            if name in own:
                own[name].data.copy_(weight)
                found.add(name)
    missing = sorted(set(own) - found)
    if missing:
        raise InputError(f"{folder}: lacks the weights {missing[0]}{remade_by(folder)}")


def _merged(model: "PreTrainedModel", folder: Path) -> "PreTrainedModel":
    # bitsandbytes, which peft loads, reports a kernel that merging does not use.
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    from peft import PeftModel

    with warnings.catch_warnings():
        # peft asks transformers for a property by its former name.
        warnings.simplefilter("ignore", FutureWarning)
        merged = PeftModel.from_pretrained(model, str(folder)).merge_and_unload()
    # peft leaves its mark on the base, and warns of it when the next adapter comes.
    if hasattr(merged, "peft_config"):
        del merged.peft_config
    return merged


def _round_to_nf4(model: "PreTrainedModel") -> None:
    """Put every linear layer but the head through NF4, as it was while the adapter was trained."""
    from bitsandbytes.functional import dequantize_4bit, quantize_4bit
    from torch import nn

    head = model.get_output_embeddings()
    for module in model.modules():
        if isinstance(module, nn.Linear) and module is not head:
            packed, state = quantize_4bit(
                module.weight.data, quant_type="nf4", compress_statistics=True
            )
            module.weight.data.copy_(dequantize_4bit(packed, state))


def _restore(model: "PreTrainedModel", base: "dict[str, Tensor]") -> None:
    own = dict(model.named_parameters())
    for name, weight in base.items():
        own[name].data.copy_(weight)
