"""A cache of keys and values with capacity to grow, so that a new token copies only itself.

The library's growing cache copies all that it holds at every token.
"""

from torch import Tensor
from transformers import DynamicCache, PreTrainedConfig
from transformers.cache_utils import DynamicLayer

# Positions by which a full buffer grows: one copy of the whole in so many tokens.
GROWTH = 64


class GrowingLayer(DynamicLayer):
    """Keys and values of one layer, `keys` and `values` being the filled part of its buffers."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: Tensor | None = None
        self.values: Tensor | None = None
        self._buffers: tuple[Tensor, Tensor] | None = None

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: object, **kwargs: object
    ) -> tuple[Tensor, Tensor]:
        """Append states of shape (rows, heads, tokens, width); everything held is given back."""
        start = self.get_seq_length()
        end = start + key_states.shape[-2]
        if self._buffers is None or end > self._buffers[0].shape[-2]:
            capacity = -(-end // GROWTH) * GROWTH
            self._buffers = (
                _grown(self.keys, key_states, start, capacity),
                _grown(self.values, value_states, start, capacity),
            )
        for buffer, states in zip(self._buffers, (key_states, value_states), strict=True):
            buffer[:, :, start:end] = states
        self.keys, self.values = (buffer[:, :, :end] for buffer in self._buffers)
        self.dtype, self.device, self.is_initialized = self.keys.dtype, self.keys.device, True
        return self.keys, self.values

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Hold every row `repeats` times."""
        super().batch_repeat_interleave(repeats)
        # `keys` and `values` are other tensors now; the next token makes buffers around them.
        self._buffers = None

    def reorder_cache(self, beam_idx: Tensor) -> None:
        """Hold only these rows, in this order, in buffers of the same length."""
        if self._buffers is None:
            super().reorder_cache(beam_idx)
            return
        length = self.get_seq_length()
        keys, values = self._buffers
        self._buffers = _selected(keys, beam_idx, length), _selected(values, beam_idx, length)
        self.keys, self.values = (buffer[:, :, :length] for buffer in self._buffers)


def growing_cache(config: PreTrainedConfig) -> DynamicCache:
    """An empty cache for a model; layers with a sliding window keep the library's own."""
    cache = DynamicCache(config=config)
    # By the exact type: layers with a window are its subclasses, and drop what has left the window.
    cache.layers = [
        GrowingLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers
    ]
    return cache


def only_grows(cache: DynamicCache) -> bool:
    """Whether every layer keeps all keys and values, and nothing else.

    Layers with a window drop what has left it, convolutions and recurrences keep a state.
    """
    return all(type(layer) is GrowingLayer for layer in cache.layers)


def _grown(filled: Tensor | None, states: Tensor, length: int, capacity: int) -> Tensor:
    rows, heads, _, width = states.shape
    buffer = states.new_empty(rows, heads, capacity, width)
    if filled is not None and length:
        buffer[:, :, :length] = filled
    return buffer


def _selected(buffer: Tensor, indices: Tensor, length: int) -> Tensor:
    rows, heads, capacity, width = (len(indices), *buffer.shape[1:])
    selected = buffer.new_empty(rows, heads, capacity, width)
    # Advanced indexing copies: only the filled part is worth it.
    selected[:, :, :length] = buffer[indices, :, :length]
    return selected
