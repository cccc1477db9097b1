"""How many parameters a model has, where its family's shape is not known: its own code is asked."""

from pathlib import Path

from breakeven.core.errors import InputError
from breakeven.costs.architecture import Architecture


def count_parameters(folder: Path, shape: Architecture | str) -> int:
    """Every stored parameter of a model, by its shape or else by the model that transformers makes.

    `shape` is the model's, or why it is not known. Nothing is loaded: the model is made without
    memory, from its config.json.

    Raises:
        InputError: transformers has no such causal language model.
    """
    if isinstance(shape, Architecture):
        return shape.total_parameters
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        # Tensors there have shapes and no storage, so that the largest model takes no memory.
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{folder}: transformers makes no causal language model of its config.json: {reason}; "
            "use a text model that it knows"
        ) from error
    return int(model.num_parameters())
