"""Settings as params.yaml would give them, without the schema: pydantic may be missing."""

import json
from types import SimpleNamespace
from typing import Any

from gpu_checks.sizes import Sizes

# `training` of params.yaml with every value it can have: what the schema would have filled in.
TRAINING = json.loads("""{
 "method": "lora", "epochs": 1, "max_passes": 16, "batch_tokens": 4096, "batch_sequences": null,
 "micro_batch_tokens": null, "packing": false, "max_length": 4096, "learning_rate": 1e-3,
 "schedule": {"warmup_steps": 5, "decay_steps": 10, "floor": 0.1}, "weight_decay": 0.0,
 "adam_betas": [0.9, 0.95], "max_gradient_norm": 1.0,
 "lora": {"rank": 32, "alpha": 64.0, "dropout": 0.0}, "gradient_checkpointing": false,
 "checkpoint_steps": 100, "dtype": "auto", "threads": null, "launch": null
}""")
# Decodings of params.yaml likewise.
GREEDY = json.loads("""{
 "temperature": 0.0, "top_p": 1.0, "top_k": null, "min_p": null, "repetition_penalty": null,
 "presence_penalty": null, "frequency_penalty": null, "samples": 1, "seed": 0
}""")
SAMPLED = {
    **GREEDY,
    **{"temperature": 0.8, "top_p": 0.95, "top_k": 40, "min_p": 0.01, "repetition_penalty": 1.1},
}


def training_settings(sizes: Sizes, method: str, **training: object) -> Any:  # noqa: ANN401
    """The settings of a cell, as params.yaml would give them."""
    values: dict[str, Any] = {**TRAINING, **training}
    values["micro_batch_limit"] = values["micro_batch_tokens"] or values["batch_tokens"]
    values["schedule"] = SimpleNamespace(**values["schedule"])
    values["lora"] = SimpleNamespace(**values["lora"])
    return SimpleNamespace(
        method=method,
        learning_rate=sizes.learning_rates[method],
        lora=values["lora"],
        training=SimpleNamespace(**values),
    )
