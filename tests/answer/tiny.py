"""Tiny random models in folders, as bases and as trained students."""

import warnings
from pathlib import Path

import torch
from transformers import BitsAndBytesConfig, Qwen2Config, Qwen2ForCausalLM

from breakeven.base.tokenizer import build_tokenizer

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


def quantised(folder: Path):
    """The model in a folder as a QLoRA cell sees it while it is trained."""
    settings = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.float32,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = Qwen2ForCausalLM.from_pretrained(
            folder, quantization_config=settings, dtype=torch.float32
        )
    # On some CPUs evaluation rounds once more, to bfloat16.
    return model.train()
