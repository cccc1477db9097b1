"""What the configurations of each family of models say of its shape.

- `architecture_from_config(config, source)`: from the dict of a Hugging Face `config.json`, or of
  a loaded model's `config.to_dict()`.
- `UnknownArchitectureError`: the model may be fine, but its matrix products are not known.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from breakeven.core.errors import InputError
from breakeven.costs.architecture import Architecture


class UnknownArchitectureError(InputError):
    """A configuration of a family whose FLOPs nobody has counted here; the reason in words."""


class _Family(NamedTuple):
    """What the configurations of one `model_type` leave unsaid.

    `qk_norm` is a norm of queries and keys by head, or over the whole width. `local` says which
    layers have the window where there is one and the configuration does not list them.
    `experts_key` holds how many experts there are, `expert_width` how wide one is.
    """

    defaults: Mapping[str, Any]
    norms_per_layer: int = 2
    qk_norm: Literal["head", "whole"] | None = None
    qkv_bias: bool = False
    local: Literal["no", "all", "all but every nth", "after the first", "without rotation"] = "no"
    lists_layers: bool = True
    fused: bool = False
    experts_key: str | None = None
    expert_width: str = "moe_intermediate_size"
    expert_bias: bool = False
    sinks: bool = False


# Where a config.json leaves a key out, transformers fills in these defaults, and so do we.
_COMMON = {"tie_word_embeddings": False, "attention_bias": False, "mlp_bias": False}
_QWEN = {**_COMMON, "use_sliding_window": False, "sliding_window": 4096, "max_window_layers": 28}
_WINDOWED = {**_COMMON, "use_sliding_window": True, "sliding_window": 4096}
_GEMMA2 = {
    **_WINDOWED,
    "tie_word_embeddings": True,
    "num_key_value_heads": 4,
    "head_dim": 256,
    "sliding_window_pattern": 2,
    "final_logit_softcapping": 30.0,
}
_GEMMA3 = {
    **_GEMMA2,
    "final_logit_softcapping": None,
    "vocab_size": 262_208,
    "num_attention_heads": 8,
    "sliding_window_pattern": 6,
}
_SMOLLM3 = {
    **_COMMON,
    "tie_word_embeddings": True,
    "num_key_value_heads": 4,
    "use_sliding_window": False,
    "sliding_window": None,
    "no_rope_layer_interval": 4,
}
_GPT_OSS = {
    **_WINDOWED,
    "attention_bias": True,
    "num_key_value_heads": 8,
    "head_dim": 64,
    "sliding_window": 128,
    "sliding_window_pattern": 2,
    "num_experts_per_tok": 4,
}
_FAMILIES: Mapping[str, _Family] = MappingProxyType(
    {
        "qwen2": _Family(_QWEN, qkv_bias=True, local="after the first"),
        "qwen3": _Family({**_QWEN, "head_dim": 128}, qk_norm="head", local="after the first"),
        "qwen3_moe": _Family(
            {**_QWEN, "decoder_sparse_step": 1, "mlp_only_layers": []},
            qk_norm="head",
            local="all",
            experts_key="num_experts",
        ),
        "llama": _Family(_COMMON),
        "mistral": _Family(
            {**_WINDOWED, "num_key_value_heads": 8}, local="all", lists_layers=False
        ),
        "phi3": _Family(
            {**_WINDOWED, "sliding_window": None}, local="all", lists_layers=False, fused=True
        ),
        "olmo2": _Family(_COMMON, qk_norm="whole"),
        "olmo3": _Family(
            {**_WINDOWED, "sliding_window_pattern": 4}, qk_norm="whole", local="all but every nth"
        ),
        "gemma2": _Family(_GEMMA2, norms_per_layer=4, local="all but every nth"),
        "gemma3_text": _Family(
            _GEMMA3, norms_per_layer=4, qk_norm="head", local="all but every nth"
        ),
        "smollm3": _Family(_SMOLLM3, local="without rotation"),
        "gpt_oss": _Family(
            _GPT_OSS,
            local="all but every nth",
            experts_key="num_local_experts",
            expert_width="intermediate_size",
            expert_bias=True,
            sinks=True,
        ),
    }
)
# Configurations of several models at once: the one that writes text, and its family.
_TEXT_OF = {"gemma3": "gemma3_text", "mistral3": "mistral"}
# Keys whose null says that there is none; a null elsewhere means the default.
_NULL_SAYS_NONE = ("sliding_window", "num_key_value_heads", "final_logit_softcapping")


class _ModelConfig(NamedTuple):
    """A configuration with its family's defaults, and where it came from for the errors."""

    values: Mapping[str, Any]
    family: _Family
    source: str

    def count(self, key: str) -> int:
        """A whole number of at least 1; raises InputError where it is missing or is none."""
        value = self.values.get(key)
        if value is None:
            raise InputError(f"{self.source}: {key}: is missing; add it as a whole number")
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self.wrong(key, "use a whole number of at least 1")
        return value

    def flag(self, key: str) -> bool:
        """True or false; raises InputError for anything else."""
        value = self.values[key]
        if not isinstance(value, bool):
            raise self.wrong(key, "use true or false")
        return value

    def wrong(self, key: str, use: str) -> InputError:
        """The error that names the file, the key, its value and what to use."""
        return InputError(f"{self.source}: {key}: value is {self.values.get(key)!r}; {use}")


def architecture_from_config(
    config: Mapping[str, Any], source: str, name: str | None = None
) -> Architecture:
    """The shape that a Hugging Face `config.json` describes.

    Knows Qwen2 and 2.5, Qwen3 and its mixtures, Llama and SmolLM2, Mistral, Phi-3 and Phi-4,
    OLMo 2 and 3, Gemma 2 and 3 (without its vision tower), SmolLM3 and gpt-oss. `source` names the
    file in errors, and the result where `name` is absent.

    Raises:
        UnknownArchitectureError: another `model_type`, or layers of another kind in one of these.
        InputError: a missing or impossible value.
    """
    model = _with_family_defaults(config, source)
    hidden, layers = model.count("hidden_size"), model.count("num_hidden_layers")
    heads = model.count("num_attention_heads")
    window, window_layers = _window(model, layers)
    experts, active, expert_intermediate, moe_layers = _experts(model, layers)
    shape = Architecture(
        name=name or source,
        hidden=hidden,
        layers=layers,
        heads=heads,
        kv_heads=_kv_heads(model, heads),
        head_dim=_head_dim(model, hidden, heads),
        intermediate=model.count("intermediate_size"),
        vocab=model.count("vocab_size"),
        tied_embeddings=model.flag("tie_word_embeddings"),
        experts=experts,
        active_experts=active,
        expert_intermediate=expert_intermediate,
        moe_layers=moe_layers,
        window=window,
        window_layers=window_layers,
        norms_per_layer=model.family.norms_per_layer,
        fused=model.family.fused,
        qk_norm=model.family.qk_norm is not None,
        capped_logits=model.values.get("final_logit_softcapping") is not None,
    )
    return replace(shape, vector_parameters=_vector_parameters(model, shape))


def _with_family_defaults(config: Mapping[str, Any], source: str) -> _ModelConfig:
    model_type = config.get("model_type")
    # Of a model that sees as well, the part that writes: images cost what is not counted here.
    if model_type in _TEXT_OF:
        text = config.get("text_config")
        if not isinstance(text, Mapping):
            raise InputError(f"{source}: text_config: is missing; a {model_type} file has it")
        kind = text.get("model_type", _TEXT_OF[str(model_type)])
        return _with_family_defaults({**text, "model_type": kind}, f"{source}: text_config")
    if model_type not in _FAMILIES:
        # No near name is offered: it would be another architecture.
        raise UnknownArchitectureError(
            f"{source}: model_type: value is {model_type!r}, whose FLOPs are not known; known are "
            f"{', '.join(sorted({*_FAMILIES, *_TEXT_OF}))}"
        )
    family = _FAMILIES[str(model_type)]
    # transformers writes null for many keys that it would fill in by itself.
    given = {
        key: value for key, value in config.items() if value is not None or key in _NULL_SAYS_NONE
    }
    model = _ModelConfig({**family.defaults, **given}, family, source)
    _check_layers(model)
    return model


def _check_layers(model: _ModelConfig) -> None:
    """Raise where layers are of a kind that attends to other than all or the last positions."""
    types = model.values.get("layer_types")
    others = {
        kind
        for kind in (types if isinstance(types, list) else ())
        if kind not in ("full_attention", "sliding_attention")
    }
    if others:
        raise UnknownArchitectureError(
            f"{model.source}: layer_types: has {', '.join(sorted(map(str, others)))}, whose FLOPs "
            "are not known; known are full_attention, sliding_attention"
        )


def _kv_heads(model: _ModelConfig, heads: int) -> int:
    if model.values.get("num_key_value_heads") is None:
        return heads
    kv_heads = model.count("num_key_value_heads")
    if heads % kv_heads:
        raise model.wrong("num_key_value_heads", f"use a divisor of num_attention_heads ({heads})")
    return kv_heads


def _head_dim(model: _ModelConfig, hidden: int, heads: int) -> int:
    # Some families have heads that do not add up to the hidden size, and say so.
    if "head_dim" in model.values:
        return model.count("head_dim")
    if hidden % heads:
        raise model.wrong("hidden_size", f"use a multiple of num_attention_heads ({heads})")
    return hidden // heads


def _window(model: _ModelConfig, layers: int) -> tuple[int | None, int]:
    """Sliding window and how many layers have it."""
    switched_on = model.family.local != "no" and model.flag("use_sliding_window")
    if not switched_on or model.values.get("sliding_window") is None:
        return None, 0
    window, local = model.count("sliding_window"), _local_layers(model, layers)
    return (window, local) if local else (None, 0)


def _local_layers(model: _ModelConfig, layers: int) -> int:
    """How many layers see no further than the window."""
    values, rule = model.values, model.family.local
    types = values.get("layer_types")
    if types is not None and model.family.lists_layers:
        if not isinstance(types, list) or len(types) != layers:
            raise model.wrong("layer_types", f"use a list of {layers}, one a layer")
        return types.count("sliding_attention")
    if rule == "all but every nth":
        return layers - layers // model.count("sliding_window_pattern")
    if rule == "after the first":
        # The first max_window_layers see everything; 0 leaves a window on every layer.
        first = 0 if values.get("max_window_layers") == 0 else model.count("max_window_layers")
        return max(0, layers - first)
    if rule == "without rotation":
        rotated = values.get("no_rope_layers")
        if rotated is None:
            return layers // model.count("no_rope_layer_interval")
        if not isinstance(rotated, list) or len(rotated) < layers:
            raise model.wrong("no_rope_layers", f"use a list of {layers}, one a layer")
        return rotated[:layers].count(0)
    return layers


def _experts(model: _ModelConfig, layers: int) -> tuple[int, int, int, int]:
    """Experts, experts a token visits, their width, and how many layers have them."""
    values, family = model.values, model.family
    if family.experts_key is None:
        return 0, 0, 0, 0
    # transformers 5 writes num_local_experts where the hub's files say num_experts.
    experts = model.count("num_local_experts" if "num_local_experts" in values else "num_experts")
    active = model.count("num_experts_per_tok")
    if active > experts:
        raise model.wrong("num_experts_per_tok", f"use at most {family.experts_key} ({experts})")
    return experts, active, model.count(family.expert_width), _sparse_layers(model, layers)


def _sparse_layers(model: _ModelConfig, layers: int) -> int:
    if "decoder_sparse_step" not in model.values:
        return layers
    step, dense = model.count("decoder_sparse_step"), model.values["mlp_only_layers"]
    if not isinstance(dense, list):
        raise model.wrong("mlp_only_layers", "use a list of layer numbers")
    # Every step-th layer, counted from one, but those that are listed as dense.
    return sum(i not in dense and (i + 1) % step == 0 for i in range(layers))


def _vector_parameters(model: _ModelConfig, shape: Architecture) -> int:
    """Norm scales, biases and attention sinks of the whole model."""
    family, kv_width = model.family, shape.kv_heads * shape.head_dim
    per_layer = family.norms_per_layer * shape.hidden
    if family.qk_norm == "head":
        per_layer += 2 * shape.head_dim
    elif family.qk_norm == "whole":
        per_layer += shape.attention_width + kv_width
    if family.qkv_bias or model.flag("attention_bias"):
        per_layer += shape.attention_width + 2 * kv_width
    # Qwen2's biases are of q, k and v; this key puts one on the output as well.
    if not family.qkv_bias and model.flag("attention_bias"):
        per_layer += shape.hidden
    if model.flag("mlp_bias"):
        per_layer += 2 * shape.intermediate + shape.hidden
    if family.sinks:
        per_layer += shape.heads
    # gpt-oss: a bias for gate and up, one for down and one for the router, an expert each.
    biases = shape.experts * (2 * shape.expert_intermediate + shape.hidden + 1)
    sparse = shape.moe_layers * biases if family.expert_bias else 0
    # And the norm before lm_head.
    return shape.layers * per_layer + sparse + shape.hidden
