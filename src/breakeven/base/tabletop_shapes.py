"""Shapes of models built from nothing, and the sizes of the tabletop study."""

from typing import NamedTuple

from transformers import PreTrainedTokenizerFast, Qwen2Config

from breakeven.base.tokenizer import MAX_LENGTH


class Qwen2Shape(NamedTuple):
    """Dimensions of a Qwen2 model; `heads` share `kv_heads` keys and values."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    intermediate: int


# Two to four times the parameters from one to the next, named by them. Every weight matrix is a
# multiple of 64 elements, the block of NF4.
TABLETOP_SHAPES = {
    "t30k": Qwen2Shape(hidden=32, layers=2, heads=2, kv_heads=1, intermediate=96),
    "t120k": Qwen2Shape(hidden=64, layers=3, heads=4, kv_heads=2, intermediate=128),
    "t270k": Qwen2Shape(hidden=96, layers=3, heads=4, kv_heads=2, intermediate=192),
    "t500k": Qwen2Shape(hidden=128, layers=3, heads=4, kv_heads=2, intermediate=256),
    "t2m": Qwen2Shape(hidden=256, layers=4, heads=4, kv_heads=2, intermediate=384),
}


def qwen2_config(shape: Qwen2Shape, tokenizer: PreTrainedTokenizerFast) -> Qwen2Config:
    """A Qwen2 configuration with tied embeddings for the tokenizer's vocabulary."""
    return Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        intermediate_size=shape.intermediate,
        max_position_embeddings=MAX_LENGTH,
        tie_word_embeddings=True,
        # Narrow layers need larger weights than the usual 0.02, which suits a width of thousands.
        initializer_range=0.5 * shape.hidden**-0.5,
        # Positions up to MAX_LENGTH only, so slower rotations than this would tell nothing apart.
        rope_parameters={"rope_type": "default", "rope_theta": 1000.0},
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
