"""Shapes of decoder-only language models, and the parameter counts that costs are made of.

- `Architecture`: frozen shape; `.matmul_parameters`, `.active_parameters`, `.total_parameters`.
- `costs.families` reads it from a configuration, `costs.model_shapes` finds it for a model.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Architecture:
    """Shape of a decoder-only transformer.

    `intermediate` is the width of a dense feed-forward block, `expert_intermediate` that of one
    expert; `moe_layers` of the `layers` have `experts` experts of which a token visits
    `active_experts`. `window_layers` of the `layers` see at most the last `window` positions.
    `vector_parameters` are norm scales, biases and sinks: in the total, in no matrix product.
    `fused` layers hold queries, keys and values in one matrix, and gate and up in another.
    With `qk_norm` queries and keys are normed. `capped_logits` go through a tanh after the head.
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
    norms_per_layer: int = 2
    fused: bool = False
    qk_norm: bool = False
    capped_logits: bool = False

    @property
    def attention_width(self) -> int:
        """Width of the queries: heads × head_dim, which need not equal `hidden`."""
        return self.heads * self.head_dim

    @property
    def linear_shapes(self) -> Mapping[str, tuple[int, int, int]]:
        """Dense linear layers by Hugging Face name: inputs, outputs, how many layers have it."""
        kv_width = self.kv_heads * self.head_dim
        dense = self.layers - self.moe_layers
        if self.fused:
            inward = {
                "qkv_proj": (self.hidden, self.attention_width + 2 * kv_width, self.layers),
                "gate_up_proj": (self.hidden, 2 * self.intermediate, dense),
            }
        else:
            inward = {
                "q_proj": (self.hidden, self.attention_width, self.layers),
                "k_proj": (self.hidden, kv_width, self.layers),
                "v_proj": (self.hidden, kv_width, self.layers),
                "gate_proj": (self.hidden, self.intermediate, dense if self.gated else 0),
                "up_proj": (self.hidden, self.intermediate, dense),
            }
        shapes = {
            **inward,
            "o_proj": (self.attention_width, self.hidden, self.layers),
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
        # Tied, the look-up table is lm_head's matrix, which is counted already.
        lookup = 0 if self.tied_embeddings else self.head_parameters
        return self.matmul_parameters + lookup + self.vector_parameters

    def _layer_weights(self, experts: int) -> int:
        dense = sum(
            inputs * outputs * count for inputs, outputs, count in self.linear_shapes.values()
        )
        # Gate, up and down of an expert. The router scores every expert, whichever a token visits.
        matrices = 3 if self.gated else 2
        expert = matrices * self.hidden * self.expert_intermediate
        return dense + self.moe_layers * (experts * expert + self.hidden * self.experts)
