"""A corpus as examples in both styles, and what its samples cost of a budget."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from breakeven.core.errors import InputError
from breakeven.costs.architecture import Architecture
from breakeven.costs.exact import train_flops
from breakeven.costs.lora import Lora
from breakeven.params.cells import TrainedMethod
from breakeven.params.training import BudgetUnit
from breakeven.rendering import Example, Lesson, render_examples
from breakeven.rows.pair import Pair
from breakeven.rows.traces import split_reasoning
from breakeven.train.batches import OptimizerStep
from breakeven.train.example_store import ExampleStore
from breakeven.train.pair_selection import Sample, SampleCosts

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Pairs rendered at once: enough to keep the tokenizer busy, few enough to fit in memory as text.
_CHUNK = 4096


class CorpusExamples(NamedTuple):
    """The pairs of a corpus that fit, as an example in each style; `too_long` of them did not."""

    ids: tuple[str, ...]
    ift: ExampleStore
    reasoning: ExampleStore
    too_long: int

    def of(self, sample: Sample) -> Example:
        """The example of a sample."""
        return self.in_style(sample)[sample.pair]

    def tokens_of(self, sample: Sample) -> int:
        """Length of a sample's example."""
        return self.in_style(sample).tokens(sample.pair)

    def in_style(self, sample: Sample) -> ExampleStore:
        """All examples of the style in which the sample is learnt."""
        return self.reasoning if sample.style == "reasoning" else self.ift


class FlopsCounter(NamedTuple):
    """What the FLOPs of a sample depend on besides its tokens; the shape, or why it is unknown."""

    architecture: Architecture | str
    method: TrainedMethod
    lora: Lora | None

    def __call__(self, examples: Iterable[Example]) -> float | None:
        """Exact training FLOPs of the examples, once each; None where the shape is not known.

        The end token is learnt but not read, and lm_head sees only positions with a label.
        """
        if isinstance(self.architecture, str):
            return None
        shapes = [(len(one.input_ids), one.labels_start) for one in examples]
        return train_flops(
            self.architecture,
            [tokens - 1 for tokens, _ in shapes],
            self.method,
            self.lora,
            [tokens - start for tokens, start in shapes],
        )


def render_pairs(
    tokenizer: "PreTrainedTokenizerBase", pairs: Sequence[Pair], *, corpus: str, max_length: int
) -> CorpusExamples:
    """Both styles of each pair whose two examples have at most `max_length` tokens.

    A pair that is too long in one style is left out of both, so that the styles hold the same
    prompts.

    Raises:
        InputError: a pair has no trace or cannot be written in the tokenizer, or none fits.
    """
    ids: list[str] = []
    ift, reasoning = ExampleStore(), ExampleStore()
    longest = 0
    for start in range(0, len(pairs), _CHUNK):
        chunk = pairs[start : start + _CHUNK]
        examples = _rendered(tokenizer, chunk, corpus)
        for pair, plain, traced in zip(
            chunk, examples[: len(chunk)], examples[len(chunk) :], strict=True
        ):
            length = max(len(plain.input_ids), len(traced.input_ids))
            longest = max(longest, length)
            if length <= max_length:
                ids.append(pair.id)
                ift.append(plain)
                reasoning.append(traced)
    if not ids:
        raise InputError(
            f"params.yaml: training.max_length: value is {max_length}; none of the {len(pairs)} "
            f"pairs of corpus {corpus} fits; use up to {longest}"
        )
    return CorpusExamples(tuple(ids), ift, reasoning, len(pairs) - len(ids))


def joined_examples(corpora: Sequence[CorpusExamples]) -> CorpusExamples:
    """The pairs of several corpora, numbered through."""
    if len(corpora) == 1:
        return corpora[0]  # not copied: it can be gigabytes
    return CorpusExamples(
        tuple(name for corpus in corpora for name in corpus.ids),
        ExampleStore(one for corpus in corpora for one in corpus.ift),
        ExampleStore(one for corpus in corpora for one in corpus.reasoning),
        sum(corpus.too_long for corpus in corpora),
    )


def sample_costs(
    unit: BudgetUnit, examples: CorpusExamples, count_flops: FlopsCounter
) -> SampleCosts:
    """What each pair takes of a budget in each style; FLOPs of a known shape only."""
    if unit == "samples":
        ones = [1] * len(examples.ids)
        return SampleCosts(ones, ones)
    if unit == "tokens":
        each = range(len(examples.ids))
        return SampleCosts(
            [examples.ift.tokens(at) for at in each], [examples.reasoning.tokens(at) for at in each]
        )
    if unit == "supervised_tokens":
        return SampleCosts(
            [len(one.input_ids) - one.labels_start for one in examples.ift],
            [len(one.input_ids) - one.labels_start for one in examples.reasoning],
        )
    # FLOPs follow from an example's shape alone: worked out once for each of the few there are.
    shapes = {(len(one.input_ids), one.labels_start): one for one in examples.ift}
    shapes |= {(len(one.input_ids), one.labels_start): one for one in examples.reasoning}
    flops = {shape: count_flops([one]) or 0.0 for shape, one in shapes.items()}
    return SampleCosts(
        [flops[len(one.input_ids), one.labels_start] for one in examples.ift],
        [flops[len(one.input_ids), one.labels_start] for one in examples.reasoning],
    )


def digest_steps(steps: Iterable[OptimizerStep], examples: CorpusExamples) -> str:
    """SHA-256 of all token ids and label starts in the order in which they are learnt."""
    digest = hashlib.sha256()
    for step in steps:
        for batch in step.micro_batches:
            for sample in batch:
                digest.update(examples.in_style(sample).as_bytes(sample.pair))
                digest.update(b"example")  # two of these cannot be read as one longer
            digest.update(b"micro-batch")
        digest.update(b"step")
    return digest.hexdigest()


def _rendered(
    tokenizer: "PreTrainedTokenizerBase", pairs: Sequence[Pair], corpus: str
) -> list[Example]:
    """The plain examples, then those with a trace."""
    plain = [Lesson(pair.prompt, None, pair.ift) for pair in pairs]
    traced = []
    for pair in pairs:
        try:
            traced.append(Lesson(pair.prompt, *split_reasoning(pair.reasoning)))
        except InputError as error:
            raise InputError(f"corpus {corpus}: pair {pair.id}: {error}") from error
    try:
        return render_examples(tokenizer, [*plain, *traced])
    except InputError as error:
        raise InputError(f"corpus {corpus}: {error}") from error
