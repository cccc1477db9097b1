"""Tiny random models in folders, as bases and as trained students."""

from pathlib import Path

import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

from breakeven.students.tokenizer import build_tokenizer

TOKENIZER = build_tokenizer()


def tiny_model(seed=0, hidden=32, context=512, vocabulary=None, scale=0.3):
    """A random Qwen2 whose greedy answers vary with the prompt (large initial weights)."""
    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=vocabulary or len(TOKENIZER),
        hidden_size=hidden,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=64,
        max_position_embeddings=context,
        tie_word_embeddings=True,
        initializer_range=scale,
        bos_token_id=None,
        eos_token_id=TOKENIZER.eos_token_id,
        pad_token_id=TOKENIZER.pad_token_id,
    )
    return Qwen2ForCausalLM(config).eval()


def save_base(folder: Path, **settings):
    model = tiny_model(**settings)
    model.save_pretrained(folder)
    TOKENIZER.save_pretrained(folder)
    return model
