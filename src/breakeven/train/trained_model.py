"""The model that a cell trains: its base, with an adapter or not, and what is saved of it."""

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from breakeven.core.files import read_json, write_json
from breakeven.costs.dtypes import best_dtype, chosen_dtype
from breakeven.models.loading import load_base, load_whole, torch_dtype
from breakeven.models.saved_weights import let_others_read
from breakeven.train.packing import packed_attention

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from breakeven.params.cells import TrainingSettings
    from breakeven.params.names import DtypeName


def compute_dtype(wanted: "DtypeName", device: torch.device) -> torch.dtype:
    """What to compute in: `auto` is what the device is made for."""
    return torch_dtype(chosen_dtype(wanted, best_dtype(device.type)))


def trainable_model(
    base: Path,
    settings: "TrainingSettings",
    *,
    device: torch.device,
    seed: int,
    sharded: bool = False,
) -> "PreTrainedModel":
    """The base with the weights that `settings.method` trains, on `device`, ready to train.

    What no text passes through is not trained. Full training keeps float32 weights; frozen weights
    are kept in the dtype that is computed in (in 4 bits the linear layers of QLoRA), adapters in
    float32. A model that will be `sharded` stays in the processor's memory, for no device may have
    room for all of it.
    """
    dtype = compute_dtype(settings.training.dtype, device)
    if settings.method == "qlora":
        model = _load_quantised(base, dtype, device)
    else:
        model = _load(base, torch.float32 if settings.method == "full" else dtype)
        if not sharded:
            model = model.to(device)
    if settings.training.packing:
        model.set_attn_implementation(packed_attention(device, dtype))
    with warnings.catch_warnings():
        # peft and this module use names that transformers 5 accepts and 6 will not.
        warnings.simplefilter("ignore", FutureWarning)
        if settings.training.gradient_checkpointing:
            # The reentrant way needs an input with a gradient, which frozen embeddings do not give.
            model.gradient_checkpointing_enable({"use_reentrant": False})
        idle = _modules_without_text(model)
        if settings.method != "full":
            model = _with_adapter(model, settings, seed, exclude=idle)
        else:
            for name in idle:
                for weight in model.get_submodule(name).parameters(recurse=False):
                    weight.requires_grad_(False)
    model.train()
    return model


def trained_parameters(model: torch.nn.Module) -> dict[str, torch.nn.Parameter]:
    """What training may change, by name; tied weights once."""
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}


def save_trained(
    model: "PreTrainedModel",
    settings: "TrainingSettings",
    folder: Path,
    gathered: Mapping[str, torch.Tensor] | None = None,
) -> None:
    """Write the adapter, or all weights in the dtype that was computed in, as safetensors.

    The same weights give the same bytes. `gathered` are all weights of a sharded model.
    """
    _hide_progress_bars()
    if settings.method == "full":
        _save_full(model, compute_dtype(settings.training.dtype, model.device), folder, gathered)
        let_others_read(folder)
        return
    state = None if gathered is None else dict(gathered)
    # Adapters train no embeddings; left to itself peft looks for the base's config to find out.
    model.save_pretrained(folder, save_embedding_layers=False, state_dict=state)
    let_others_read(folder)
    (folder / "README.md").unlink(missing_ok=True)  # a card with nothing filled in
    config = read_json(folder / "adapter_config.json")
    # peft keeps them in a set, whose order changes from process to process.
    config["target_modules"] = sorted(config["target_modules"])
    write_json(folder / "adapter_config.json", config)


def _save_full(
    model: "PreTrainedModel",
    dtype: torch.dtype,
    folder: Path,
    gathered: Mapping[str, torch.Tensor] | None,
) -> None:
    if gathered is None:
        model.to(dtype).save_pretrained(folder)
        return
    cast = {id(one): one.to(dtype) for one in gathered.values()}  # tied weights stay one
    model.save_pretrained(
        folder, state_dict={name: cast[id(one)] for name, one in gathered.items()}
    )
    config = read_json(folder / "config.json")
    write_json(folder / "config.json", {**config, "dtype": str(dtype).removeprefix("torch.")})


def _load(base: Path, dtype: torch.dtype) -> "PreTrainedModel":
    _hide_progress_bars()
    return load_base(base, dtype)


def _load_quantised(base: Path, dtype: torch.dtype, device: torch.device) -> "PreTrainedModel":
    _hide_progress_bars()
    # bitsandbytes reports a faster kernel that it could not download.
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    from transformers import BitsAndBytesConfig

    # Not peft's prepare_model_for_kbit_training afterwards: it would put embeddings, head and norms
    # into float32, gigabytes of a large vocabulary. Adapters freeze the base by themselves.
    return load_whole(
        base,
        dtype=dtype,
        device_map={"": device},
        quantization_config=BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype,
        ),
    )


def _with_adapter(
    model: "PreTrainedModel", settings: "TrainingSettings", seed: int, exclude: list[str]
) -> Any:  # noqa: ANN401
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(seed)  # the adapter's first matrices are random
    config = LoraConfig(
        r=settings.lora.rank,
        lora_alpha=settings.lora.alpha,
        lora_dropout=settings.lora.dropout,
        target_modules="all-linear",
        exclude_modules=exclude or None,
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def _modules_without_text(model: "PreTrainedModel") -> list[str]:
    """Modules with weights that no text passes through: the eyes of a model that can see."""
    head = model.get_output_embeddings()
    text = {id(one) for part in (model.get_decoder(), head) for one in part.modules()}
    return [
        name
        for name, one in model.named_modules()
        if id(one) not in text and any(True for _ in one.parameters(recurse=False))
    ]


def _hide_progress_bars() -> None:
    # A bar for each weights file that is read or written, within milliseconds for a small model.
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
