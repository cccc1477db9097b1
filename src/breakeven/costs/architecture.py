"""Shapes of decoder-only language models, and the parameter counts that costs are made of.

- `Architecture`: frozen shape; `.matmul_parameters`, `.active_parameters`, `.total_parameters`.
- `architecture_from_config(config, source)`: from the dict of a Hugging Face `config.json`, or of
  a loaded model's `config.to_dict()`.
- `load_architecture(model)`: from a bundled name, a hub id in the bundled table, or a path to a
  `config.json` or to the folder that holds one.
"""

import csv
import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from breakeven.errors import InputError, did_you_mean
from breakeven.files import read_json

_TABLE = Path(__file__).with_name("bundled.csv")


@dataclass(frozen=True)
class Architecture:
    """Shape of a decoder-only transformer.

    `intermediate` is the width of a dense feed-forward block, `expert_intermediate` that of one
    expert; `moe_layers` of the `layers` have `experts` experts of which a token visits
    `active_experts`. `window_layers` of the `layers` see at most the last `window` positions.
    `vector_parameters` are norm scales and biases: in the total, in no matrix product.
    """

    name: str
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocab: int
    tied_embeddings: bool = False
    gated: bool = True
    experts: int = 0
    active_experts: int = 0
    expert_intermediate: int = 0
    moe_layers: int = 0
    window: int | None = None
    window_layers: int = 0
    vector_parameters: int = 0

    @property
    def attention_width(self) -> int:
        """Width of the queries: heads × head_dim, which need not equal `hidden`."""
        return self.heads * self.head_dim

    @property
    def linear_shapes(self) -> Mapping[str, tuple[int, int, int]]:
        """Dense linear layers by Hugging Face name: inputs, outputs, how many layers have it."""
        kv_width = self.kv_heads * self.head_dim
        dense = self.layers - self.moe_layers
        shapes = {
            "q_proj": (self.hidden, self.attention_width, self.layers),
            "k_proj": (self.hidden, kv_width, self.layers),
            "v_proj": (self.hidden, kv_width, self.layers),
            "o_proj": (self.attention_width, self.hidden, self.layers),
            "gate_proj": (self.hidden, self.intermediate, dense if self.gated else 0),
            "up_proj": (self.hidden, self.intermediate, dense),
            "down_proj": (self.intermediate, self.hidden, dense),
        }
        return {name: shape for name, shape in shapes.items() if shape[2]}

    @property
    def head_parameters(self) -> int:
        """Weights of lm_head: a matrix product a position with logits, tied or not."""
        return self.hidden * self.vocab

    @property
    def body_parameters(self) -> int:
        """Matrix weights a token passes in the layers: all dense ones, the active experts, routers.

        Without the embedding look-up and without lm_head.
        """
        return self._layer_weights(self.active_experts)

    @property
    def matmul_parameters(self) -> int:
        """All matrix weights with lm_head and every expert, without the embedding look-up."""
        return self._layer_weights(self.experts) + self.head_parameters

    @property
    def active_parameters(self) -> int:
        """P of the cost formulas: matrix weights that one token with logits is multiplied by."""
        return self.body_parameters + self.head_parameters

    @property
    def total_parameters(self) -> int:
        """Every stored parameter: matrices, look-up table, norms and biases."""
        lookup = 0 if self.tied_embeddings else self.head_parameters
        return self.matmul_parameters + lookup + self.vector_parameters

    def _layer_weights(self, experts: int) -> int:
        dense = sum(
            inputs * outputs * count for inputs, outputs, count in self.linear_shapes.values()
        )
        matrices = 3 if self.gated else 2
        expert = matrices * self.hidden * self.expert_intermediate
        return dense + self.moe_layers * (experts * expert + self.hidden * self.experts)


class _Family(NamedTuple):
    """What the configurations of one `model_type` leave unsaid."""

    defaults: Mapping[str, Any]
    norms_per_layer: int = 2
    qk_norm: bool = False
    qkv_bias: bool = False


# Where a config.json leaves a key out, transformers fills in these defaults, and so do we.
_COMMON = {"tie_word_embeddings": False, "attention_bias": False, "mlp_bias": False}
_QWEN = {**_COMMON, "use_sliding_window": False, "sliding_window": 4096, "max_window_layers": 28}
_GEMMA = {
    **_COMMON,
    "tie_word_embeddings": True,
    "vocab_size": 262_208,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 256,
    "use_sliding_window": True,
    "sliding_window": 4096,
    "sliding_window_pattern": 6,
}
_FAMILIES: Mapping[str, _Family] = MappingProxyType(
    {
        "qwen2": _Family(_QWEN, qkv_bias=True),
        "qwen3": _Family({**_QWEN, "head_dim": 128}, qk_norm=True),
        "qwen3_moe": _Family(
            {**_QWEN, "decoder_sparse_step": 1, "mlp_only_layers": []}, qk_norm=True
        ),
        "llama": _Family(_COMMON),
        "gemma3_text": _Family(_GEMMA, norms_per_layer=4, qk_norm=True),
    }
)


class _Config(NamedTuple):
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

    Knows model types qwen2 (Qwen2, Qwen2.5), qwen3, qwen3_moe, llama (Llama, SmolLM), gemma3_text
    and gemma3, whose vision tower is left out. `source` names the file in errors, and the result
    where `name` is absent. Raises InputError on an unknown `model_type` and on a missing or
    impossible value.
    """
    known = _known(config, source)
    hidden, layers = known.count("hidden_size"), known.count("num_hidden_layers")
    heads = known.count("num_attention_heads")
    window, window_layers = _window(known, layers)
    experts, active, expert_intermediate, moe_layers = _experts(known, layers)
    shape = Architecture(
        name=name or source,
        hidden=hidden,
        layers=layers,
        heads=heads,
        kv_heads=_kv_heads(known, heads),
        head_dim=_head_dim(known, hidden, heads),
        intermediate=known.count("intermediate_size"),
        vocab=known.count("vocab_size"),
        tied_embeddings=known.flag("tie_word_embeddings"),
        experts=experts,
        active_experts=active,
        expert_intermediate=expert_intermediate,
        moe_layers=moe_layers,
        window=window,
        window_layers=window_layers,
    )
    return replace(shape, vector_parameters=_vector_parameters(known, shape))


def load_architecture(model: str) -> Architecture:
    """The shape of a bundled model, or of the `config.json` at (or in the folder) `model`.

    Bundled models go by their name or their hub id, in any case of letters. Raises InputError
    where `model` is neither, naming the closest bundled names.
    """
    bundled = bundled_architectures()
    if model.lower() in bundled:
        return bundled[model.lower()]
    file = Path(model) / "config.json" if Path(model).is_dir() else Path(model)
    if not file.is_file():
        hint = did_you_mean(model, {shape.name for shape in bundled.values()})
        raise InputError(
            f"model: value is {model!r}; use a path to a config.json or a name; {hint}"
        )
    config = read_json(file)
    if not isinstance(config, dict):
        raise InputError(f"{file}: value is {type(config).__name__}; use a config.json object")
    return architecture_from_config(config, str(file))


@functools.cache
def bundled_architectures() -> Mapping[str, Architecture]:
    """The bundled shapes by lower-case name and by lower-case hub id; sources are in the table."""
    shapes = {}
    with _TABLE.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            name, hub_id = row.pop("name"), row.pop("hub_id")
            config = {key: _cell(text) for key, text in row.items() if text}
            shape = architecture_from_config(config, f"{_TABLE.name} ({name})", name)
            shapes[name.lower()] = shapes[hub_id.lower()] = shape
    return MappingProxyType(shapes)


def _cell(text: str) -> int | bool | str:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isdigit() else text


def _known(config: Mapping[str, Any], source: str) -> _Config:
    model_type = config.get("model_type")
    if model_type == "gemma3":
        text = config.get("text_config")
        if not isinstance(text, Mapping):
            raise InputError(f"{source}: text_config: is missing; a gemma3 file has it")
        return _known({**text, "model_type": "gemma3_text"}, f"{source}: text_config")
    if model_type not in _FAMILIES:
        hint = did_you_mean(str(model_type), {*_FAMILIES, "gemma3"})
        raise InputError(f"{source}: model_type: value is {model_type!r}; {hint}")
    family = _FAMILIES[str(model_type)]
    given = {key: value for key, value in config.items() if value is not None}
    # A null window is a statement (no window), unlike other nulls, which mean the default.
    if "sliding_window" in config:
        given["sliding_window"] = config["sliding_window"]
    return _Config({**family.defaults, **given}, family, source)


def _kv_heads(known: _Config, heads: int) -> int:
    if "num_key_value_heads" not in known.values:
        return heads
    kv_heads = known.count("num_key_value_heads")
    if heads % kv_heads:
        raise known.wrong("num_key_value_heads", f"use a divisor of num_attention_heads ({heads})")
    return kv_heads


def _head_dim(known: _Config, hidden: int, heads: int) -> int:
    if "head_dim" in known.values:
        return known.count("head_dim")
    if hidden % heads:
        raise known.wrong("hidden_size", f"use a multiple of num_attention_heads ({heads})")
    return hidden // heads


def _window(known: _Config, layers: int) -> tuple[int | None, int]:
    """Sliding window and how many layers have it."""
    values = known.values
    switched_on = "use_sliding_window" in values and known.flag("use_sliding_window")
    if not switched_on or values.get("sliding_window") is None:
        return None, 0
    window, types = known.count("sliding_window"), values.get("layer_types")
    if types is not None:
        if not isinstance(types, list) or len(types) != layers:
            raise known.wrong("layer_types", f"use a list of {layers}, one a layer")
        local = types.count("sliding_attention")
    elif "sliding_window_pattern" in values:
        local = layers - layers // known.count("sliding_window_pattern")
    elif values["model_type"] == "qwen3_moe":
        local = layers
    else:
        # The first max_window_layers see everything; 0 leaves a window on every layer.
        first = 0 if values.get("max_window_layers") == 0 else known.count("max_window_layers")
        local = max(0, layers - first)
    return (window, local) if local else (None, 0)


def _experts(known: _Config, layers: int) -> tuple[int, int, int, int]:
    """Experts, experts a token visits, their width, and how many layers have them."""
    values = known.values
    if values["model_type"] != "qwen3_moe":
        return 0, 0, 0, 0
    # transformers 5 writes num_local_experts where the hub's files say num_experts.
    experts = known.count("num_local_experts" if "num_local_experts" in values else "num_experts")
    active = known.count("num_experts_per_tok")
    if active > experts:
        raise known.wrong("num_experts_per_tok", f"use at most num_experts ({experts})")
    step, dense = known.count("decoder_sparse_step"), values["mlp_only_layers"]
    if not isinstance(dense, list):
        raise known.wrong("mlp_only_layers", "use a list of layer numbers")
    sparse = [i for i in range(layers) if i not in dense and (i + 1) % step == 0]
    return experts, active, known.count("moe_intermediate_size"), len(sparse)


def _vector_parameters(known: _Config, shape: Architecture) -> int:
    """Norm scales and biases of the whole model."""
    family = known.family
    per_layer = family.norms_per_layer * shape.hidden
    if family.qk_norm:
        per_layer += 2 * shape.head_dim
    if family.qkv_bias or known.flag("attention_bias"):
        per_layer += shape.attention_width + 2 * shape.kv_heads * shape.head_dim
    if not family.qkv_bias and known.flag("attention_bias"):
        per_layer += shape.hidden
    if known.flag("mlp_bias"):
        per_layer += 2 * shape.intermediate + shape.hidden
    return shape.layers * per_layer + shape.hidden
