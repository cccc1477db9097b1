"""Steps of decoding, each a pass through the model over a cache that grows."""

import inspect
from typing import TYPE_CHECKING

from torch import Tensor
from transformers import DynamicCache

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class PlainSteps:
    """A batch whose prompts have been read, and what each further token needs.

    `mask` (rows, positions) has room for all new tokens, `filled` positions of it are filled, and
    `positions` (rows, 1) are the next.
    """

    # Finished rows are taken out once they are this share of a batch: taking out copies the cache.
    shrink_share = 1 / 8

    def __init__(
        self,
        model: "PreTrainedModel",
        cache: DynamicCache,
        mask: Tensor,
        positions: Tensor,
        filled: int,
    ) -> None:
        self.model, self.cache, self.mask = model, cache, mask
        self.positions, self.filled = positions, filled

    def advance(self, tokens: Tensor) -> Tensor:
        """Logits (rows, vocabulary) after one more token (rows,)."""
        self.filled += 1
        logits = last_logits(
            self.model, tokens[:, None], self.mask[:, : self.filled], self.positions, self.cache
        )
        self.positions = self.positions + 1
        return logits

    def select(self, rows: Tensor) -> None:
        """Go on with these rows alone."""
        # Not `batch_select_indices`, which the states of convolutions and recurrences do not have.
        self.cache.reorder_cache(rows)
        self.mask, self.positions = self.mask[rows], self.positions[rows]


def reads_positions(model: "PreTrainedModel") -> bool:
    """Whether a model goes by the positions that it is told.

    Others count places in the cache, as biases by distance (ALiBi) and GPT-Neo's local layers do.
    """
    config = model.config.get_text_config()
    told = "position_ids" in inspect.signature(type(model).forward).parameters
    by_place = getattr(config, "alibi", False) or "local" in getattr(config, "attention_layers", ())
    return told and not by_place


def last_logits(
    model: "PreTrainedModel", ids: Tensor, mask: Tensor, positions: Tensor, cache: DynamicCache
) -> Tensor:
    """Logits (rows, vocabulary) after the last of `ids` (rows, tokens)."""
    result = model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=positions,
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    return result.logits[:, -1]
