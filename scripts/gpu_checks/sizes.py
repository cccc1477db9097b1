"""The shapes of models that are checked, and how much of each thing is done with them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from breakeven.planning.serving_speed import BATCHES


class FullMemory(NamedTuple):
    """A step and a batch that are too large for the bytes that the allocator may have."""

    bytes_for_training: int
    rows: int
    row_tokens: int
    bytes_for_answers: int
    prompts: int
    new_tokens: int


class Sizes(NamedTuple):
    """A model's configuration, and how much of each thing is done with it.

    `row_tokens` is the length of the rows of a full step of `step_tokens`; `lengths` are the least
    and the most tokens of other examples, `prompt_lengths` those of prompts. `served` are
    the models whose answers are timed against the roofline.
    """

    config: Mapping[str, Any]
    learning_rates: Mapping[str, float]
    curve_steps: int
    curve_tokens: int
    step_tokens: int
    row_tokens: int
    lengths: tuple[int, int]
    timed_steps: int
    prompt_lengths: tuple[int, int]
    batches: tuple[int, ...]
    new_tokens: int
    compared_rows: int
    compared_tokens: int
    energy_seconds: float
    copy_bytes: int
    served: Mapping[str, Mapping[str, Any]]
    served_batches: tuple[int, ...]
    full_memory: FullMemory


_QWEN2_5_0_5B = {
    "vocab_size": 151_936,
    "hidden_size": 896,
    "num_hidden_layers": 24,
    "num_attention_heads": 14,
    "num_key_value_heads": 2,
    "intermediate_size": 4864,
}
_QWEN2_5_1_5B = {
    "vocab_size": 151_936,
    "hidden_size": 1536,
    "num_hidden_layers": 28,
    "num_attention_heads": 12,
    "num_key_value_heads": 2,
    "intermediate_size": 8960,
}
_SMOLLM2_360M = {
    "vocab_size": 49_152,
    "hidden_size": 960,
    "num_hidden_layers": 32,
    "num_attention_heads": 15,
    "num_key_value_heads": 5,
    "intermediate_size": 2560,
}
_SMOLLM2_135M = {
    "vocab_size": 49_152,
    "hidden_size": 576,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "intermediate_size": 1536,
}
_TINY = {
    "vocab_size": 512,
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 128,
    "initializer_range": 0.06,
}
SHAPES = {
    "0.5b": Sizes(
        config=_QWEN2_5_0_5B,
        learning_rates={"full": 2e-4, "lora": 5e-4, "qlora": 5e-4},
        curve_steps=40,
        curve_tokens=2048,
        step_tokens=4096,
        row_tokens=512,
        lengths=(64, 512),
        timed_steps=10,
        prompt_lengths=(96, 160),
        batches=(1, 64, 256),
        new_tokens=128,
        compared_rows=4,
        compared_tokens=16,
        energy_seconds=6.0,
        copy_bytes=2**31,
        served={
            "135m": _SMOLLM2_135M,
            "360m": _SMOLLM2_360M,
            "0.5b": _QWEN2_5_0_5B,
            "1.5b": _QWEN2_5_1_5B,
        },
        served_batches=BATCHES,
        full_memory=FullMemory(
            bytes_for_training=24 * 2**30,
            rows=64,
            row_tokens=1024,
            bytes_for_answers=6 * 2**30,
            prompts=2048,
            new_tokens=24,
        ),
    ),
    "tiny": Sizes(
        config=_TINY,
        learning_rates={"full": 1e-2, "lora": 2e-2, "qlora": 2e-2},
        curve_steps=10,
        curve_tokens=256,
        step_tokens=256,
        row_tokens=64,
        lengths=(16, 64),
        timed_steps=3,
        prompt_lengths=(40, 64),
        batches=(1, 4, 8),
        new_tokens=8,
        compared_rows=3,
        compared_tokens=12,
        energy_seconds=0.1,
        copy_bytes=2**25,
        served={"tiny": _TINY},
        served_batches=(1, 4),
        full_memory=FullMemory(2**30, 4, 64, 2**30, 4, 4),
    ),
}
