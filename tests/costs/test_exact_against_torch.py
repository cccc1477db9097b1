"""Exact FLOPs against PyTorch's own counter on tiny real models.

The counter sees every matrix product but not the causal mask: eager attention multiplies the whole
square and masks afterwards, so that it counts t² pairs where t·(t + 1)/2 are visible. (Fused
attention on a CPU it does not count at all, hence eager.) Each test adds that term, and any other,
by name; what remains must agree to the FLOP.
"""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import (
    AutoModelForCausalLM,
    Gemma2Config,
    Gemma3TextConfig,
    GptOssConfig,
    LlamaConfig,
    MistralConfig,
    Olmo2Config,
    Olmo3Config,
    Phi3Config,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3MoeConfig,
    SmolLM3Config,
)

from breakeven.costs import exact
from breakeven.costs.families import architecture_from_config
from breakeven.costs.lora import Lora, lora_parameters

# peft 0.21 still asks transformers 5.23 by the older name of activation checkpointing.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated")

TOKENS = 40
SIZES = {
    "vocab_size": 64,
    "hidden_size": 48,
    "intermediate_size": 128,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
QWEN2 = Qwen2Config(**SIZES, tie_word_embeddings=True)
SHAPE = architecture_from_config(QWEN2.to_dict(), "tiny qwen2")
IDS = torch.arange(TOKENS).reshape(1, -1) % 64


def counted(work):
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


def qwen2():
    torch.manual_seed(0)
    return Qwen2ForCausalLM._from_config(QWEN2, attn_implementation="eager")


def masked_pairs(shape, tokens=TOKENS):
    """FLOPs of one pass on pairs that the mask hides, which the counter counts."""
    hidden = tokens**2 * shape.layers * 4 * shape.attention_width
    return hidden - exact.attention_flops(shape, tokens)


def train_step(model):
    model.train()

    def step():
        model(IDS, labels=IDS, use_cache=False).loss.backward()

    return counted(step)


@torch.no_grad()
def forward(model):
    model.eval()
    return counted(lambda: model(IDS, use_cache=False))


PADS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
SEVEN = {**SIZES, **PADS, "num_hidden_layers": 7}
EXPERTS = {"num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
# Each with the parts of its family that could be miscounted.
FAMILIES = {
    "qwen2": QWEN2,
    "qwen3": Qwen3Config(**SIZES, head_dim=16),
    "llama": LlamaConfig(**SIZES),
    "mistral, no window": MistralConfig(**SIZES, sliding_window=None),
    "mistral, a window on every layer": MistralConfig(**SIZES, head_dim=16, sliding_window=8),
    "phi3, fused": Phi3Config(**SIZES, **PADS),
    "phi3, a window and a tied head": Phi3Config(
        **SIZES, **PADS, sliding_window=8, tie_word_embeddings=True
    ),
    "olmo2": Olmo2Config(**SIZES, **PADS),
    "olmo3, every fourth layer sees all": Olmo3Config(**SEVEN, sliding_window=8),
    "gemma2, capped, every other layer": Gemma2Config(**SEVEN, head_dim=16, sliding_window=8),
    "gemma3": Gemma3TextConfig(**{**SIZES, "num_hidden_layers": 7}, sliding_window=8),
    "smollm3, every fourth without rotation": SmolLM3Config(**SEVEN),
    "smollm3, a window on those": SmolLM3Config(**SEVEN, use_sliding_window=True, sliding_window=8),
    "qwen3_moe, one dense layer": Qwen3MoeConfig(
        **SIZES, head_dim=16, **EXPERTS, mlp_only_layers=[0]
    ),
    "gpt_oss, sinks and experts": GptOssConfig(
        **SEVEN, head_dim=16, num_local_experts=8, num_experts_per_tok=2, sliding_window=8
    ),
}


def made(config):
    torch.manual_seed(0)
    sparse = {"experts_implementation": "eager"} if hasattr(config, "num_experts_per_tok") else {}
    return AutoModelForCausalLM.from_config(config, attn_implementation="eager", **sparse)


@pytest.mark.parametrize("config", FAMILIES.values(), ids=list(FAMILIES))
def test_forward_and_parameters_of_each_family_agree_to_the_flop(config):
    model = made(config)
    shape = architecture_from_config(config.to_dict(), "tiny")
    assert forward(model) == exact.forward_flops(shape, TOKENS) + masked_pairs(shape)
    assert model.num_parameters() == shape.total_parameters


@pytest.mark.parametrize("name", ["phi3, fused", "gemma2, capped, every other layer", "olmo2"])
def test_training_step_of_other_families_agrees_to_the_flop(name):
    shape = architecture_from_config(FAMILIES[name].to_dict(), "tiny")
    expected = exact.train_flops(shape, [TOKENS]) + 3 * masked_pairs(shape)
    assert train_step(made(FAMILIES[name])) == expected


@pytest.mark.parametrize("name", list(FAMILIES))
def test_adapter_on_every_linear_layer_has_the_parameters_that_peft_gives_it(name):
    from peft import LoraConfig, get_peft_model

    shape = architecture_from_config(FAMILIES[name].to_dict(), "tiny")
    if shape.experts:
        pytest.skip("experts are no linear layers; the router of Qwen3 is one to peft")
    config = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
    model = get_peft_model(made(FAMILIES[name]), config)
    trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert trainable == lora_parameters(shape, Lora(4))


@torch.no_grad()
def test_decoding_with_a_cache_agrees_to_the_flop():
    model = qwen2().eval()
    cache = model(IDS, use_cache=True).past_key_values

    def decode():
        for token in range(6):
            model(torch.tensor([[token]]), past_key_values=cache, use_cache=True)

    assert counted(decode) == exact.decode_flops(SHAPE, TOKENS, 6)


def test_generation_is_one_prefill_and_a_pass_for_all_new_tokens_but_the_last():
    model = qwen2().eval()

    def generate():
        model.generate(
            IDS,
            attention_mask=torch.ones_like(IDS),
            max_new_tokens=10,
            min_new_tokens=10,
            do_sample=False,
            pad_token_id=0,
        )

    assert counted(generate) == exact.answer_flops(SHAPE, TOKENS, 10) + masked_pairs(SHAPE)


def test_full_training_step_agrees_to_the_flop():
    assert train_step(qwen2()) == exact.train_flops(SHAPE, [TOKENS]) + 3 * masked_pairs(SHAPE)


def test_labels_at_some_positions_only_save_lm_head():
    model = qwen2().train()

    def step():
        model(IDS, logits_to_keep=5, use_cache=False).logits.sum().backward()

    expected = exact.train_flops(SHAPE, [TOKENS], logits_positions=[5]) + 3 * masked_pairs(SHAPE)
    assert counted(step) == expected


@pytest.mark.parametrize("targets", [("all-linear",), ("q_proj", "k_proj", "v_proj", "down_proj")])
def test_lora_step_agrees_but_for_the_input_gradient_of_the_first_layer(targets):
    """Nothing below layer 0 learns, so that its q, k and v skip the gradient of their input."""
    lora = Lora(rank=4, targets=targets)
    model = with_adapter(lora)
    expected = exact.train_flops(SHAPE, [TOKENS], "lora", lora) + 3 * masked_pairs(SHAPE)
    widths = SHAPE.attention_width + 2 * SHAPE.kv_heads * SHAPE.head_dim
    first_layer = 2 * TOKENS * (SHAPE.hidden * widths + 3 * lora.rank * SHAPE.hidden)
    assert train_step(model) == expected - first_layer


def test_lora_step_agrees_to_the_flop_where_the_input_has_a_gradient():
    lora = Lora(rank=4)
    model = with_adapter(lora)
    model.enable_input_require_grads()
    expected = exact.train_flops(SHAPE, [TOKENS], "lora", lora) + 3 * masked_pairs(SHAPE)
    assert train_step(model) == expected


@pytest.mark.parametrize("reentrant", [True, False])
def test_checkpointed_step_agrees_with_one_more_forward_of_the_layers(reentrant):
    """The non-reentrant kind stops before the last product of a layer: nobody needs its result."""
    model = qwen2()
    model.activation_checkpointing_enable({"use_reentrant": reentrant})
    model.enable_input_require_grads()
    expected = exact.train_flops(SHAPE, [TOKENS]) + exact.checkpointing_flops(SHAPE, [TOKENS])
    down_proj = 0 if reentrant else 3 * 2 * TOKENS * SHAPE.hidden * SHAPE.intermediate
    assert train_step(model) == expected + 4 * masked_pairs(SHAPE) - down_proj


def with_adapter(lora):
    from peft import LoraConfig, get_peft_model

    targets = "all-linear" if lora.targets == ("all-linear",) else list(lora.targets)
    config = LoraConfig(r=lora.rank, lora_alpha=8, target_modules=targets, task_type="CAUSAL_LM")
    model = get_peft_model(qwen2(), config)
    trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert trainable == lora_parameters(SHAPE, lora)
    return model
