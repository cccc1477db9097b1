"""Pairs of a corpus: both completions of a prompt are kept, or neither is."""

import csv
import time
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path

from breakeven.core.errors import InputError
from breakeven.core.files import atomic_path, iter_rows
from breakeven.core.layout import distilled_path, dropped_path, pairs_path, prompts_path, task_path
from breakeven.core.records import require_as_recorded
from breakeven.core.sides import side_of
from breakeven.pairs.corpus_record import CorpusCounts, input_digests, pairs_record
from breakeven.pairs.decontaminate import TestContent, gather_test_content, normalise
from breakeven.pairs.rules import CompletedPrompt, why_dropped
from breakeven.pairs.teacher_accuracy import both_correct
from breakeven.params import COMPLETION_STYLES, Corpus, Params
from breakeven.params.references import pick_row
from breakeven.pipeline.reads import params_digest
from breakeven.rows.completion import Completion
from breakeven.rows.item import Item
from breakeven.rows.pair import Pair, write_pairs
from breakeven.rows.prompt import Prompt
from breakeven.rows.traces import with_trace

DropPrompt = Callable[[Prompt, str], object]


def run(params: Params, corpus: str) -> None:
    """Join the completions of a corpus, drop what may not be trained on, write pairs and record.

    Raises:
        InputError: a source lacks a completion of a prompt, or no pair is left.
    """
    started = time.perf_counter()
    row = pick_row(params.corpora, "corpora", corpus)
    # Before the work: the record must name what was read, not what came in its place meanwhile.
    inputs = input_digests(row, params.tasks)
    require_as_recorded(map(Path, inputs))
    items = (iter_rows(task_path(task), Item) for task in params.tasks)
    tests = gather_test_content(items, row.decontamination.ngram_words)
    counts = CorpusCounts()
    with dropped_rows(corpus) as drop:
        write_pairs(pairs_path(corpus), kept_pairs(corpus, row, tests, counts, drop))
    pairs_record(
        corpus,
        row,
        tests,
        counts,
        time.perf_counter() - started,
        part=params_digest(params, "pairs", corpus),
        inputs=inputs,
    ).write()


def kept_pairs(
    corpus: str, row: Corpus, tests: TestContent, counts: CorpusCounts, drop: DropPrompt
) -> Iterator[Pair]:
    """The pairs that may stay, in the order of the sources; the others are given to `drop`.

    Raises:
        InputError: none may stay.
    """
    first = "its sources are empty"
    tuned_on = tune_side_prompts(row.sources)
    for one in completed_prompts(row.sources):
        counts.teacher.add(one.correct)
        reason = (
            why_dropped(one, row.rules)
            or tests.overlap(one.prompt.prompt, one.prompt.content)
            or _why_learnt_and_tuned_on(one.prompt, tuned_on)
        )
        if reason is None:
            pair = to_pair(one)
            counts.keep(pair, one.correct)
            yield pair
        else:
            # Where no pair is left, the reason of the first one is the best hint.
            first = first if counts.dropped else reason
            counts.dropped[reason] += 1
            drop(one.prompt, reason)
    if not counts.kept:
        raise InputError(
            f"params.yaml: corpora.{corpus}: no pair is left of {counts.dropped.total()}; the "
            f"first was dropped because: {first}"
        )


def tune_side_prompts(sources: Iterable[str]) -> frozenset[str]:
    """The prompts of the sources' tune side, normalised as those of tests are."""
    return frozenset(
        normalise(prompt.prompt)
        for source in sources
        for prompt in iter_rows(prompts_path(source), Prompt)
        if side_of(prompt.content) == "tune"
    )


def _why_learnt_and_tuned_on(prompt: Prompt, tuned_on: AbstractSet[str]) -> str | None:
    """A digest tells contents apart by every letter: one in capitals may be on another side."""
    if side_of(prompt.content) != "tune" and normalise(prompt.prompt) in tuned_on:
        return "same prompt as one of the tune side"
    return None


def completed_prompts(sources: Iterable[str]) -> Iterator[CompletedPrompt]:
    """Every prompt of the sources with its completion in each style."""
    for source in sources:
        plain, traced = (_CompletionsById(source, style) for style in COMPLETION_STYLES)
        for prompt in iter_rows(prompts_path(source), Prompt):
            both = plain.of(prompt.id), traced.of(prompt.id)
            yield CompletedPrompt(prompt, *both, both_correct(prompt, *both))


class _CompletionsById:
    """Completions of a source by the id of their prompt, read only as far as they are asked for.

    They come in the order of the prompts, so that few wait; another order works as well.
    """

    def __init__(self, source: str, style: str) -> None:
        self._source, self._style = source, style
        self._coming = iter_rows(distilled_path(source, style), Completion)
        self._waiting: dict[str, Completion] = {}

    def of(self, prompt: str) -> Completion:
        """The completion of a prompt; raises InputError where there is none."""
        if prompt in self._waiting:
            return self._waiting.pop(prompt)
        for completion in self._coming:
            if completion.id == prompt:
                return completion
            self._waiting[completion.id] = completion
        raise InputError(
            f"{distilled_path(self._source, self._style)}: no completion of {prompt}; "
            f"run `dvc repro distill@{self._source}-{self._style}`"
        )


def to_pair(one: CompletedPrompt) -> Pair:
    """One row in the published schema plus ids and token counts."""
    return Pair(
        id=one.prompt.id,
        source=one.prompt.source,
        content=one.prompt.content,
        prompt=one.prompt.prompt,
        reasoning=with_trace(one.traced.thinking, one.traced.answer),
        ift=one.plain.answer,
        prompt_tokens=one.plain.prompt_tokens,
        reasoning_tokens=one.traced.new_tokens,
        ift_tokens=one.plain.new_tokens,
    )


@contextmanager
def dropped_rows(corpus: str) -> Iterator[DropPrompt]:
    """What takes a dropped prompt and the reason, and writes them to `dropped.csv`."""
    with (
        atomic_path(dropped_path(corpus)) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as handle,
    ):
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["id", "source", "reason"])
        yield lambda prompt, reason: writer.writerow([prompt.id, prompt.source, reason])
