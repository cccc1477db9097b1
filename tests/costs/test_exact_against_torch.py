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
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3MoeConfig,
    Qwen3MoeForCausalLM,
)

from breakeven.costs import exact
from breakeven.costs.architecture import architecture_from_config
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


FAMILIES = [
    (QWEN2, Qwen2ForCausalLM, {}),
    (LlamaConfig(**SIZES), LlamaForCausalLM, {}),
    (
        Gemma3TextConfig(**{**SIZES, "num_hidden_layers": 7}, sliding_window=8),
        Gemma3ForCausalLM,
        {},
    ),
    (
        Qwen3MoeConfig(
            **SIZES,
            head_dim=16,
            num_experts=8,
            num_experts_per_tok=2,
            moe_intermediate_size=32,
            mlp_only_layers=[0],
        ),
        Qwen3MoeForCausalLM,
        {"experts_implementation": "eager"},
    ),
]


@pytest.mark.parametrize(
    ("config", "make", "options"), FAMILIES, ids=lambda x: getattr(x, "model_type", "")
)
def test_forward_of_each_family_agrees_to_the_flop(config, make, options):
    model = make._from_config(config, attn_implementation="eager", **options)
    shape = architecture_from_config(config.to_dict(), "tiny")
    assert forward(model) == exact.forward_flops(shape, TOKENS) + masked_pairs(shape)


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
