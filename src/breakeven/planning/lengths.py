"""Expected texts as token counts of a student, and the FLOPs that they cost."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from breakeven.costs.architecture import Architecture
from breakeven.costs.exact import Method, answer_flops, train_flops
from breakeven.costs.lora import Lora
from breakeven.planning.expected_texts import BothStyles, MeanBytes
from breakeven.rendering import Lesson, render_examples

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TokenCounts = NDArray[np.float64]

# Assumed where no tokenizer is at hand: English and LaTeX in vocabularies of 100K and more.
BYTES_A_TOKEN = 4.0
# Tokens of a chat template around a prompt, assumed where no tokenizer is at hand.
FRAME_TOKENS = 30


class SampledLengths(NamedTuple):
    """Token counts of a sample; each entry stands for `weight` of what is counted.

    `prompt` is what is read with the chat frame, `ift` and `reasoning` what is written in each
    style, the end token included. All have one entry a sampled row.
    """

    prompt: TokenCounts
    ift: TokenCounts
    reasoning: TokenCounts
    weight: float

    @property
    def rows(self) -> float:
        """How many rows the sample stands for."""
        return self.weight * len(self.prompt)

    def of(self, style: str) -> TokenCounts:
        """What is written in a style."""
        return self.reasoning if style == "reasoning" else self.ift


class TokenCounter:
    """Counts texts in the tokens of one tokenizer, the same text once.

    Arms, forms of traces and tasks share most of their texts.
    """

    def __init__(self, tokenizer: "PreTrainedTokenizerBase") -> None:
        self._tokenizer = tokenizer
        self._known: dict[Lesson, tuple[int, int]] = {}

    @property
    def vocabulary(self) -> int:
        """How many tokens there are."""
        return len(self._tokenizer)

    def count(self, lessons: Sequence[Lesson]) -> tuple[TokenCounts, TokenCounts]:
        """Tokens of each prompt, and of each completion with its end; raises as rendering does."""
        new = [one for one in dict.fromkeys(lessons) if one not in self._known]
        for lesson, example in zip(new, render_examples(self._tokenizer, new), strict=True):
            start = example.labels_start
            self._known[lesson] = (start, len(example.input_ids) - start)
        counts = np.array([self._known[one] for one in lessons], dtype=float)
        return counts[:, 0], counts[:, 1]


def lengths_of_texts(
    texts: Sequence[BothStyles], rows: float, counter: TokenCounter | None
) -> SampledLengths:
    """The lengths of sampled texts that stand for `rows` rows, in the student's own tokens."""
    if counter is None:
        return _by_bytes(texts, rows)
    prompt, plain = counter.count([one.ift for one in texts])
    _, traced = counter.count([one.reasoning for one in texts])
    return SampledLengths(prompt, plain, traced, rows / len(texts))


def _by_bytes(texts: Sequence[BothStyles], rows: float) -> SampledLengths:
    def tokens(parts: list[str], more: float) -> TokenCounts:
        return np.array([len(part.encode()) / BYTES_A_TOKEN + more for part in parts])

    return SampledLengths(
        prompt=tokens([one.ift.prompt for one in texts], FRAME_TOKENS),
        # One token more: the end of the turn, which both styles learn and write.
        ift=tokens([one.ift.completion for one in texts], 1),
        reasoning=tokens([one.reasoning.completion for one in texts], 1),
        weight=rows / len(texts),
    )


def lengths_from_means(means: MeanBytes, rows: float) -> SampledLengths:
    """Lengths of which only mean bytes are known: one entry that stands for all rows."""
    return SampledLengths(
        prompt=np.array([means.prompt / BYTES_A_TOKEN + FRAME_TOKENS]),
        ift=np.array([means.ift / BYTES_A_TOKEN + 1]),
        reasoning=np.array([means.reasoning / BYTES_A_TOKEN + 1]),
        weight=rows,
    )


def fitting_lengths(lengths: SampledLengths, max_length: int) -> SampledLengths:
    """Without the rows that are too long in either style: both styles keep the same prompts."""
    longest = lengths.prompt + np.maximum(lengths.ift, lengths.reasoning)
    keep = longest <= max_length
    if len(keep) == 1:  # a mean says nothing of how many are longer
        keep = np.array([True])
    return SampledLengths(
        lengths.prompt[keep], lengths.ift[keep], lengths.reasoning[keep], lengths.weight
    )


class Work(NamedTuple):
    """Tokens read and written, and FLOPs."""

    read_tokens: float
    new_tokens: float
    flops: float

    def times(self, factor: float) -> "Work":
        """The work `factor` times over."""
        return Work(*(value * factor for value in self))

    def plus(self, other: "Work") -> "Work":
        """Both together."""
        return Work(*(one + two for one, two in zip(self, other, strict=True)))


NO_WORK = Work(0.0, 0.0, 0.0)


def training_work(
    architecture: Architecture,
    lengths: SampledLengths,
    style: str,
    method: Method,
    lora: Lora | None,
) -> Work:
    """What one pass over the rows in one style takes. Every token of a pair is read."""
    written = lengths.of(style)
    # The last token is a label only: nothing is predicted after it.
    read = lengths.prompt + written - 1
    flops = train_flops(architecture, read, method, lora, written)
    return Work(float((lengths.prompt + written).sum()), 0.0, flops).times(lengths.weight)


def answering_work(
    architecture: Architecture, prompt_tokens: TokenCounts, new_tokens: TokenCounts
) -> Work:
    """What answers of these lengths take."""
    flops = answer_flops(architecture, prompt_tokens, new_tokens)
    return Work(float(prompt_tokens.sum()), float(new_tokens.sum()), float(np.sum(flops)))
