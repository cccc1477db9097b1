"""Random models of the families that students come from, with 64 tokens and some 20K parameters."""

from pathlib import Path

import torch

SHAPE = {
    "vocab_size": 64,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "intermediate_size": 48,
    "max_position_embeddings": 128,
    "tie_word_embeddings": True,
    "initializer_range": 0.2,
}


def qwen2():
    from transformers import Qwen2Config, Qwen2ForCausalLM

    return Qwen2ForCausalLM(Qwen2Config(**SHAPE))


def llama():
    """The architecture of SmolLM2."""
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(LlamaConfig(**SHAPE))


def gemma3(**given):
    """One layer sees four tokens back, the other all; logits are soft-capped, as in Gemma 2."""
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig

    config = Gemma3TextConfig(
        **SHAPE,
        head_dim=16,
        query_pre_attn_scalar=16,
        sliding_window=4,
        layer_types=["sliding_attention", "full_attention"],
        final_logit_softcapping=3.0,
        **given,
    )
    return Gemma3ForCausalLM(config)


def lfm2():
    """A hybrid with short convolutions over neighbouring tokens, whoever's they are."""
    from transformers import Lfm2Config, Lfm2ForCausalLM

    return Lfm2ForCausalLM(Lfm2Config(**SHAPE, layer_types=["conv", "full_attention"]))


FAMILIES = {"qwen2": qwen2, "llama": llama, "gemma3": gemma3}


def saved(family, folder: Path) -> Path:
    """A base in a folder, the same each time."""
    torch.manual_seed(0)
    family().save_pretrained(folder)
    return folder
