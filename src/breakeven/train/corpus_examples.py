"""A corpus as examples in both styles, and what its samples cost of a budget."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from breakeven.core.errors import InputError
from breakeven.costs.architecture import Architecture
from breakeven.costs.exact import train_flops
from breakeven.costs.lora import Lora
from breakeven.params import COMPLETION_STYLES
from breakeven.params.cells import TrainedMethod
from breakeven.params.training import BudgetUnit, Traces
from breakeven.rendering import Example, Lesson, render_examples
from breakeven.rendering.mode_tags import tagged
from breakeven.rows.pair import Pair
from breakeven.rows.traces import split_reasoning
from breakeven.train.batches import OptimizerStep
from breakeven.train.example_store import ExampleStore
from breakeven.train.pair_selection import Sample, SampleCosts
from breakeven.train.trace_forms import ChangeTraces, trace_changer

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Pairs rendered at once: enough to keep the tokenizer busy, few enough to fit in memory as text.
_CHUNK = 4096


class CorpusExamples(NamedTuple):
    """The pairs of a corpus that fit, as an example in each style; `too_long` of them did not.

    `unchanged` are the positions of those whose traces are as the teacher wrote them, where others
    were to be learnt in their place.
    """

    ids: tuple[str, ...]
    ift: ExampleStore
    reasoning: ExampleStore
    too_long: int
    unchanged: frozenset[int] = frozenset()

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
    tokenizer: "PreTrainedTokenizerBase",
    pairs: Sequence[Pair],
    *,
    corpus: str,
    max_length: int,
    traces: Traces = "as-written",
    mode_tags: bool = False,
) -> CorpusExamples:
    """Both styles of each pair whose two examples have at most `max_length` tokens.

    A pair that is too long in one style is left out of both, so that the styles hold the same
    prompts; where its trace is changed by `traces`, it must fit as it was, too. With `mode_tags`
    each prompt says which style its completion is in.

    Raises:
        InputError: a pair has no trace or cannot be written in the tokenizer, its trace cannot be
            changed, or none fits.
    """
    ids: list[str] = []
    ift, reasoning = ExampleStore(), ExampleStore()
    unchanged: set[int] = set()
    longest = 0
    with _told_of(f"corpus {corpus}"):
        change = trace_changer(traces, pairs, tokenizer)
    for start in range(0, len(pairs), _CHUNK):
        chunk = range(start, min(start + _CHUNK, len(pairs)))
        lessons = _lessons([pairs[at] for at in chunk], corpus, mode_tags=mode_tags)
        with _told_of(f"corpus {corpus}"):
            rendered = list(_rendered(tokenizer, lessons, chunk, change))
        for at, one in zip(chunk, rendered, strict=True):
            longest = max(longest, one.longest)
            if one.longest <= max_length:
                if one.unchanged:
                    unchanged.add(len(ids))
                ids.append(pairs[at].id)
                ift.append(one.plain)
                reasoning.append(one.traced)
    if not ids:
        raise InputError(
            f"params.yaml: training.max_length: value is {max_length}; none of the {len(pairs)} "
            f"pairs of corpus {corpus} fits; use up to {longest}"
        )
    left_out = len(pairs) - len(ids)
    return CorpusExamples(tuple(ids), ift, reasoning, left_out, frozenset(unchanged))


def joined_examples(corpora: Sequence[CorpusExamples]) -> CorpusExamples:
    """The pairs of several corpora, numbered through."""
    if len(corpora) == 1:
        return corpora[0]  # not copied: it can be gigabytes
    starts = accumulate((len(corpus.ids) for corpus in corpora), initial=0)
    return CorpusExamples(
        tuple(name for corpus in corpora for name in corpus.ids),
        ExampleStore(one for corpus in corpora for one in corpus.ift),
        ExampleStore(one for corpus in corpora for one in corpus.reasoning),
        sum(corpus.too_long for corpus in corpora),
        frozenset(
            start + at
            for start, corpus in zip(starts, corpora, strict=False)
            for at in corpus.unchanged
        ),
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
        for sample in step.samples:
            digest.update(examples.in_style(sample).as_bytes(sample.pair))
            digest.update(b"example")  # two of these cannot be read as one longer
        digest.update(b"step")
    return digest.hexdigest()


class _Lessons(NamedTuple):
    """Pairs in each style, position by position."""

    plain: list[Lesson]
    traced: list[Lesson]


class _Rendered(NamedTuple):
    """One pair in each style, and the tokens of the longest example that it must have fitted in."""

    plain: Example
    traced: Example
    longest: int
    unchanged: bool


def _lessons(pairs: Sequence[Pair], corpus: str, *, mode_tags: bool) -> _Lessons:
    lessons = _Lessons([], [])
    for pair in pairs:
        plain, traced = (
            tagged(pair.prompt, style) if mode_tags else pair.prompt for style in COMPLETION_STYLES
        )
        lessons.plain.append(Lesson(plain, None, pair.ift))
        with _told_of(f"corpus {corpus}: pair {pair.id}"):
            lessons.traced.append(Lesson(traced, *split_reasoning(pair.reasoning)))
    return lessons


def _rendered(
    tokenizer: "PreTrainedTokenizerBase",
    lessons: _Lessons,
    places: Sequence[int],
    change: ChangeTraces | None,
) -> Iterator[_Rendered]:
    """Lessons of the pairs at some places as examples, with their traces changed where asked."""
    examples = render_examples(tokenizer, [*lessons.plain, *lessons.traced])
    plain, written = examples[: len(places)], examples[len(places) :]
    learnt, same = written, [False] * len(places)
    if change is not None:
        changed = change(places, lessons.traced, written)
        learnt = render_examples(tokenizer, changed)
        same = [one == other for one, other in zip(changed, lessons.traced, strict=True)]
    for one, other, as_written, unchanged in zip(plain, learnt, written, same, strict=True):
        longest = max(len(each.input_ids) for each in (one, other, as_written))
        yield _Rendered(one, other, longest, unchanged)


@contextmanager
def _told_of(place: str) -> Iterator[None]:
    """Say of which corpus or pair an error tells."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{place}: {error}") from error
