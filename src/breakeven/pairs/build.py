"""Pairs of a corpus: both completions of a prompt are kept, or neither is."""

import csv
import time
from collections import Counter
from collections.abc import Iterable, Iterator

from breakeven.errors import InputError
from breakeven.files import atomic_path, digest_path, read_rows
from breakeven.layout import distilled_path, dropped_path, pairs_path, prompts_path, task_path
from breakeven.pairs.decontaminate import TestContent, gather
from breakeven.pairs.pair import Pair, with_trace, write_pairs
from breakeven.params import Params
from breakeven.prompts.prompt import Prompt
from breakeven.records import Record, versions
from breakeven.stage import pick
from breakeven.tasks.items import Item
from breakeven.teacher.completion import Completion


def build_pairs(params: Params, corpus: str) -> None:
    """Join the completions of a corpus, drop what may not be trained on, write pairs and record.

    Raises:
        InputError: a source lacks a completion of a prompt, or no pair is left.
    """
    started = time.perf_counter()
    row = pick(params.corpora, "corpora", corpus)
    items = [item for task in params.tasks for item in read_rows(task_path(task), Item)]
    tests = gather(((item.prompt, item.content) for item in items), row.decontamination.ngram_words)
    kept: list[Pair] = []
    dropped: list[tuple[str, str, str]] = []
    for prompt, plain, traced in joined(row.sources):
        reason = why_dropped(prompt, plain, traced, tests)
        if reason:
            dropped.append((prompt.id, prompt.source, reason))
        else:
            kept.append(as_pair(prompt, plain, traced))
    if not kept:
        raise InputError(
            f"params.yaml: corpora.{corpus}: no pair is left of {len(dropped)}; the first was "
            f"dropped because: {dropped[0][2] if dropped else 'its sources are empty'}"
        )
    write_pairs(pairs_path(corpus), kept)
    write_dropped(corpus, dropped)
    write_record(corpus, row.sources, kept, dropped, time.perf_counter() - started)


def joined(sources: Iterable[str]) -> Iterator[tuple[Prompt, Completion, Completion]]:
    """Every prompt of the sources with its plain and its traced completion."""
    for source in sources:
        plain, traced = (
            {one.id: one for one in read_rows(distilled_path(source, style), Completion)}
            for style in ("ift", "reasoning")
        )
        for prompt in read_rows(prompts_path(source), Prompt):
            for style, found in (("ift", plain), ("reasoning", traced)):
                if prompt.id not in found:
                    raise InputError(
                        f"{distilled_path(source, style)}: no completion of {prompt.id}; "
                        f"run `dvc repro distill@{source}-{style}`"
                    )
            yield prompt, plain[prompt.id], traced[prompt.id]


def why_dropped(
    prompt: Prompt, plain: Completion, traced: Completion, tests: TestContent
) -> str | None:
    """The first rule that the pair breaks, None where it may stay. A rule judges the pair."""
    if plain.stop != "stop" or traced.stop != "stop":
        return "a completion was cut at the limit"
    if not traced.closed or not traced.thinking.strip():
        return "the trace is missing or unclosed"
    if not plain.answer.strip() or not traced.answer.strip():
        return "an answer is empty"
    return tests.overlap(prompt.prompt, prompt.content)


def as_pair(prompt: Prompt, plain: Completion, traced: Completion) -> Pair:
    """One row in the published schema plus ids and token counts."""
    return Pair(
        id=prompt.id,
        source=prompt.source,
        content=prompt.content,
        prompt=prompt.prompt,
        reasoning=with_trace(traced.thinking, traced.answer),
        ift=plain.answer,
        prompt_tokens=plain.prompt_tokens,
        reasoning_tokens=_together(traced.thinking_tokens, traced.answer_tokens),
        ift_tokens=_together(plain.thinking_tokens, plain.answer_tokens),
    )


def _together(thinking: int | None, answer: int | None) -> int | None:
    return None if thinking is None or answer is None else thinking + answer


def write_dropped(corpus: str, dropped: Iterable[tuple[str, str, str]]) -> None:
    """`dropped.csv`: a row for each prompt left out, with the reason."""
    with (
        atomic_path(dropped_path(corpus)) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as handle,
    ):
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["id", "source", "reason"])
        writer.writerows(dropped)


def write_record(
    corpus: str,
    sources: Iterable[str],
    kept: list[Pair],
    dropped: list[tuple[str, str, str]],
    device_seconds: float,
) -> None:
    """Record how many pairs were kept and dropped, why, and the tokens of each style."""
    inputs = [distilled_path(source, style) for source in sources for style in ("ift", "reasoning")]
    Record(
        stage="pairs",
        cell={"corpus": corpus},
        metrics={"kept": len(kept), "dropped": len(dropped)},
        tokens={
            "prompt": sum(pair.prompt_tokens or 0 for pair in kept),
            "reasoning": sum(pair.reasoning_tokens or 0 for pair in kept),
            "ift": sum(pair.ift_tokens or 0 for pair in kept),
        },
        device_seconds={"cpu": device_seconds},
        inputs={str(path): digest_path(path) for path in inputs},
        outputs={str(pairs_path(corpus)): digest_path(pairs_path(corpus))},
        details={"dropped_by_reason": dict(Counter(reason for _, _, reason in dropped))},
        versions=versions(),
    ).write()
