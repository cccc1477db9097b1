"""A corpus as examples in both styles, and what its samples cost of a budget."""

import hashlib
from array import array
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from breakeven.costs.architecture import Architecture
from breakeven.costs.exact import train_flops
from breakeven.costs.lora import Lora
from breakeven.errors import InputError
from breakeven.pairs.pair import Pair
from breakeven.params.training import Budget
from breakeven.rendering import Example, Lesson, part_trace, render_examples
from breakeven.training.batches import Step
from breakeven.training.selection import Costs, Sample
from breakeven.training.settings import Trained

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Pairs rendered at once: enough to keep the tokenizer busy, few enough to fit in memory as text.
_CHUNK = 4096


class Lessons(NamedTuple):
    """The pairs of a corpus that fit, as an example in each style; `too_long` of them did not."""

    ids: tuple[str, ...]
    ift: tuple[Example, ...]
    reasoning: tuple[Example, ...]
    too_long: int

    def of(self, sample: Sample) -> Example:
        """The example of a sample."""
        return (self.reasoning if sample.style == "reasoning" else self.ift)[sample.pair]


class FlopsOf(NamedTuple):
    """What the FLOPs of a sample depend on besides its tokens."""

    architecture: Architecture
    method: Trained
    lora: Lora | None

    def __call__(self, examples: Iterable[Example]) -> float:
        """Exact training FLOPs of the examples, once each.

        The end token is learnt but not read, and lm_head sees only positions with a label.
        """
        rows = list(examples)
        return train_flops(
            self.architecture,
            [len(one.input_ids) - 1 for one in rows],
            self.method,
            self.lora,
            [len(one.input_ids) - one.labels_start for one in rows],
        )


def render_pairs(
    tokenizer: "PreTrainedTokenizerBase", pairs: Sequence[Pair], *, corpus: str, max_length: int
) -> Lessons:
    """Both styles of each pair whose two examples have at most `max_length` tokens.

    A pair that is too long in one style is left out of both, so that the styles hold the same
    prompts.

    Raises:
        InputError: a pair has no trace or cannot be written in the tokenizer, or none fits.
    """
    kept: list[tuple[str, Example, Example]] = []
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
                kept.append((pair.id, plain, traced))
    if not kept:
        raise InputError(
            f"params.yaml: training.max_length: value is {max_length}; none of the {len(pairs)} "
            f"pairs of corpus {corpus} fits; use up to {longest}"
        )
    ids, plain_ones, traced_ones = zip(*kept, strict=True)
    return Lessons(ids, plain_ones, traced_ones, len(pairs) - len(kept))


def budget_costs(budget: Budget, lessons: Lessons, flops_of: FlopsOf) -> tuple[float, Costs]:
    """The budget as one number, and what each pair takes of it in each style."""
    if budget.samples is not None:
        ones = [1] * len(lessons.ids)
        return budget.samples, Costs(ones, ones)
    if budget.tokens is not None:
        return budget.tokens, Costs(
            [len(one.input_ids) for one in lessons.ift],
            [len(one.input_ids) for one in lessons.reasoning],
        )
    assert budget.train_flops is not None
    shapes = {(len(one.input_ids), one.labels_start): one for one in lessons.ift}
    shapes |= {(len(one.input_ids), one.labels_start): one for one in lessons.reasoning}
    flops = {shape: flops_of([one]) for shape, one in shapes.items()}
    return budget.train_flops, Costs(
        [flops[len(one.input_ids), one.labels_start] for one in lessons.ift],
        [flops[len(one.input_ids), one.labels_start] for one in lessons.reasoning],
    )


def digest_steps(steps: Iterable[Step], lessons: Lessons) -> str:
    """SHA-256 of all token ids and label starts in the order in which they are learnt."""
    digest = hashlib.sha256()
    for step in steps:
        for batch in step.micro_batches:
            for sample in batch:
                example = lessons.of(sample)
                digest.update(array("q", [example.labels_start, *example.input_ids]).tobytes())
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
            traced.append(Lesson(pair.prompt, *part_trace(pair.reasoning)))
        except InputError as error:
            raise InputError(f"corpus {corpus}: pair {pair.id}: {error}") from error
    try:
        return render_examples(tokenizer, [*plain, *traced])
    except InputError as error:
        raise InputError(f"corpus {corpus}: {error}") from error
