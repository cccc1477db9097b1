"""Steps of decoding on a GPU that are recorded once and replayed for each token, as a CUDA graph.

A step of a small model is hundreds of kernels that each take less time to run than to start: on an
H200 one of a 0.5B model takes 16 ms whatever its batch, while its weights are read in 0.2 ms
(docs/performance.md). A recorded step starts them all at once. What it reads and writes must lie at
fixed addresses: keys and values are buffers with room for tokens to come, which a mask hides.

    steps = recorded(plain)   # of PlainSteps; None where such a step cannot be recorded
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from breakeven.core.out_of_memory import is_out_of_memory
from breakeven.decoding.cache import only_grows
from breakeven.decoding.plain_steps import PlainSteps, last_logits, reads_positions

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel

# Steps that are taken before one is recorded, which takes about as long as one of them: bare
# answers of a word have ended by then.
STEPS_BEFORE = 2
# Finished rows are taken out once they are this share of a batch: the step is recorded anew.
SHRINK_SHARE = 1 / 2
# Room for so many tokens to come, or for this share of those there are: all of it is read at every
# step, and where it is full the step is recorded anew.
ROOM_TOKENS, ROOM_SHARE = 128, 1 / 8
# Of the fused kernels for attention, which want masks that lie at multiples of 16 bytes.
_ALIGNED = 64
# Rotary embeddings that look at the positions to choose their frequencies.
_ROPE_BY_LENGTH = {"dynamic", "longrope"}


class _FixedLayer(DynamicLayer):
    """Keys and values (rows, heads, capacity, width) of one layer, the next written at `place`."""

    def __init__(self, keys: Tensor, values: Tensor, place: Tensor) -> None:
        super().__init__()
        self.keys, self.values, self._place = keys, values, place
        self.dtype, self.device, self.is_initialized = keys.dtype, keys.device, True

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: object, **kwargs: object
    ) -> tuple[Tensor, Tensor]:
        """Write the states of one token a row; the whole buffers are given back."""
        self.keys.index_copy_(2, self._place, key_states)
        self.values.index_copy_(2, self._place, value_states)
        return self.keys, self.values


class RecordedSteps:
    """The steps that follow those of `plain`, recorded at the second."""

    shrink_share = SHRINK_SHARE

    def __init__(self, plain: PlainSteps) -> None:
        self._model, self._filled = plain.model, plain.filled
        self._last = plain.mask.shape[1]  # all positions that there will be
        self._layers = [(layer.keys, layer.values) for layer in plain.cache.layers]
        plain.cache.layers = []  # it is done with: what it held goes as it is copied
        self._place(plain.mask[:, : self._filled].bool(), plain.positions)

    def advance(self, tokens: Tensor) -> Tensor:
        """Logits (rows, vocabulary) after `tokens` (rows,); the next call overwrites them."""
        if self._filled == self._mask.shape[-1]:
            self._place(self._mask[:, 0, 0], self._positions)
        self._tokens.copy_(tokens[:, None])
        self._filled += 1
        if self._graph is not None:
            self._graph.replay()
            return self._logits
        # The first of its kind is taken as it is, which also allocates what a record must not.
        logits = self._step()
        if self._filled < self._last:
            self._record()
        return logits

    def select(self, rows: Tensor) -> None:
        """Go on with these rows alone."""
        self._place(self._mask[rows, 0, 0], self._positions[rows], rows)

    def _place(self, seen: Tensor, positions: Tensor, rows: Tensor | None = None) -> None:
        """Lay everything out anew, with room; `seen` (rows, positions) of those filled.

        Of the layers only `rows`, if not all. One goes before the next is copied: memory need not
        hold all keys and values twice.
        """
        filled = self._filled
        room = max(ROOM_TOKENS, int(ROOM_SHARE * filled))
        capacity = -(-min(filled + room, self._last) // _ALIGNED) * _ALIGNED
        self._graph: torch.cuda.CUDAGraph | None = None
        self._cache = DynamicCache()
        for at, states in enumerate(self._layers):
            keys, values = (_with_room(one, rows, filled, capacity) for one in states)
            self._layers[at] = keys, values
        self._mask = seen.new_zeros(len(seen), 1, 1, capacity)
        self._mask[:, 0, 0, :filled] = seen[:, :filled]
        self._positions = positions.clone()
        self._next = torch.full((1,), filled, dtype=torch.long, device=positions.device)
        self._tokens = torch.zeros_like(self._positions)
        self._cache.layers = [_FixedLayer(*layer, self._next) for layer in self._layers]

    def _step(self) -> Tensor:
        self._mask.index_fill_(3, self._next, True)
        logits = last_logits(self._model, self._tokens, self._mask, self._positions, self._cache)
        self._next.add_(1)
        self._positions.add_(1)
        return logits

    def _record(self) -> None:
        """Record the next step; nothing is computed."""
        if self._tokens.device.type != "cuda":
            return
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):
                self._logits = self._step()
        except Exception as error:
            # Leaving a record that broke off raises an error of its own.
            if error.__context__ is not None and is_out_of_memory(error.__context__):
                raise error.__context__ from None
            raise
        self._graph = graph


def recorded(plain: PlainSteps) -> RecordedSteps | None:
    """The same steps to be recorded; None where the model's step is not the same every time.

    So it is for experts, whose tokens are sorted to them, for windows, whose caches drop what has
    left them, for frequencies that follow the length, for biases by distance, which are computed
    from a mask of another shape, and for attention that is not PyTorch's own.
    """
    if plain.mask.device.type != "cuda" or not recordable(plain.model, plain.cache):
        return None
    return RecordedSteps(plain)


def recordable(model: "PreTrainedModel", cache: DynamicCache) -> bool:
    """Whether every step of a model does the same to other numbers, wherever it runs."""
    config: PreTrainedConfig = model.config.get_text_config()
    experts = any("expert" in name for name in config.to_dict())
    rope = getattr(config, "rope_parameters", None) or {}  # positions may be learnt instead
    by_layer = [one for one in rope.values() if isinstance(one, dict)] or [rope]
    return (
        only_grows(cache)
        and reads_positions(model)
        and config._attn_implementation == "sdpa"
        and not experts
        and not any(one.get("rope_type") in _ROPE_BY_LENGTH for one in by_layer)
    )


def _with_room(states: Tensor, rows: Tensor | None, filled: int, capacity: int) -> Tensor:
    count, heads, _, width = states.shape
    # Zeros, not whatever was there: what is hidden still counts 0 times, and 0 · NaN is NaN.
    buffer = states.new_zeros(count if rows is None else len(rows), heads, capacity, width)
    buffer[:, :, :filled] = states[:, :, :filled] if rows is None else states[rows, :, :filled]
    return buffer
