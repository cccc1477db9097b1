"""Packed rows of base text in a fixed order, from any position on."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

from breakeven.base.plain_text import TextMix, documents

# Encoded at once. A run that goes on encodes its shard again, and no more.
SHARD_DOCUMENTS = 8192


class StreamPosition(NamedTuple):
    """The next row to read: `row` of `shard`."""

    shard: int = 0
    row: int = 0


def rows_from(
    position: StreamPosition,
    mix: TextMix,
    tokenizer: PreTrainedTokenizerFast,
    *,
    seed: int,
    length: int,
) -> Iterator[tuple[NDArray[np.int64], StreamPosition]]:
    """Endless rows of `length` token ids, each with the position of the row after it.

    Documents end with the end token and are packed one after another; what is left at the end of
    a shard is dropped, so that a shard's rows do not depend on the ones before.
    """
    shard, row = position
    while True:
        table = _shard_rows(shard, mix, tokenizer, seed=seed, length=length)
        for number in range(row, len(table)):
            yield table[number], StreamPosition(shard, number + 1)
        shard, row = shard + 1, 0


def _shard_rows(
    shard: int, mix: TextMix, tokenizer: PreTrainedTokenizerFast, *, seed: int, length: int
) -> NDArray[np.int64]:
    texts = documents(mix, seed=seed, shard=shard, count=SHARD_DOCUMENTS)
    end = tokenizer.eos_token_id
    encoded = tokenizer(texts, add_special_tokens=False)["input_ids"]
    ids = np.array([token for document in encoded for token in (*document, end)], dtype=np.int64)
    count = len(ids) // length
    return ids[: count * length].reshape(count, length)
