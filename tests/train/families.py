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


def gemma3():
    """One layer sees four tokens back, the other all; logits are soft-capped, as in Gemma 2."""
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig

    config = Gemma3TextConfig(
        **SHAPE,
        head_dim=16,
        query_pre_attn_scalar=16,
        sliding_window=4,
        layer_types=["sliding_attention", "full_attention"],
        final_logit_softcapping=3.0,
    )
    return Gemma3ForCausalLM(config)


def gemma3_that_sees():
    """What Gemma 3 is from 4B on: the language model and an encoder of images."""
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration, SiglipVisionConfig

    vision = SiglipVisionConfig(
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=28,
        patch_size=14,
    )
    text = gemma3().config
    return Gemma3ForConditionalGeneration(
        Gemma3Config(text_config=text, vision_config=vision, mm_tokens_per_image=4)
    )


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
