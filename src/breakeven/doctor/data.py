"""Whether what is learnt is kept apart from what is asked, and both styles have the same of it."""

from collections import Counter
from collections.abc import Iterator, Set
from functools import cache
from pathlib import Path

from breakeven.core.errors import InputError
from breakeven.core.files import iter_rows, read_jsonl
from breakeven.core.layout import distilled_path, items_path, pairs_path, prompts_path, task_path
from breakeven.doctor.finding import Finding, repro
from breakeven.pairs.decontaminate import TestContent, gather_test_content
from breakeven.params import COMPLETION_STYLES, Params
from breakeven.params.cells import cells, decodings_of, resolve_asking
from breakeven.pipeline.status import first_few
from breakeven.results.from_items import read_item_rows
from breakeven.rows.item import Item
from breakeven.rows.pair import iter_pairs
from breakeven.rows.traces import split_reasoning

Wrong = Set[Path]


def look_for_overlap(params: Params, wrong: Wrong) -> Iterator[Finding]:
    """Pairs that are too near a test item: by the rule that `pairs` drops them by.

    Files that are `wrong` are left out: of what is damaged nothing else need be said.
    """
    tasks = [path for path in map(task_path, params.tasks) if _is_whole(path, wrong)]

    @cache
    def tests(ngram_words: int | None) -> TestContent:
        return gather_test_content((iter_rows(path, Item) for path in tasks), ngram_words)

    for name, corpus in params.corpora.items():
        path = pairs_path(name)
        if _is_whole(path, wrong):
            content = tests(corpus.decontamination.ngram_words)
            near: dict[str, list[str]] = {}
            for pair in iter_pairs(path):
                reason = content.overlap(pair.prompt, pair.content)
                if reason is not None:
                    near.setdefault(reason, []).append(pair.id)
            for reason, ids in near.items():
                yield Finding(
                    "overlap", f"{path}: {first_few(ids)}: {reason}", repro("pairs", name)
                )


def look_at_balance(params: Params, wrong: Wrong) -> Iterator[Finding]:
    """Prompts, completions, pairs and answers that one style, or one arm, has and another lacks.

    Files that are `wrong` are left out here, too.
    """
    for source in params.sources:
        if _is_whole(prompts_path(source), wrong):
            yield from _completions(source, wrong)
    for corpus in params.corpora:
        if _is_whole(pairs_path(corpus), wrong):
            yield from _pairs(corpus)
    if _is_whole(items_path(), wrong):
        yield from _answers(params, wrong)


def _is_whole(path: Path, wrong: Wrong) -> bool:
    return path.is_file() and path not in wrong


def _completions(source: str, wrong: Wrong) -> Iterator[Finding]:
    prompts = prompts_path(source)
    asked = Counter(_ids(prompts))
    for style in COMPLETION_STYLES:
        path = distilled_path(source, style)
        if _is_whole(path, wrong):
            answered = Counter(_ids(path))
            mend = repro("distill", source, style)
            for ids, said in (
                (asked - answered, "no completion of"),
                (answered - asked, "a completion too many of"),
            ):
                if ids:
                    yield Finding("balance", f"{path}: {said} {first_few([*ids.elements()])}", mend)


def _ids(path: Path) -> Iterator[str]:
    return (str(row.get("id")) for row in read_jsonl(path))


def _pairs(corpus: str) -> Iterator[Finding]:
    path = pairs_path(corpus)
    lacking: dict[str, list[str]] = {"plain answer": [], "trace and answer": []}
    for pair in iter_pairs(path):
        if not pair.ift.strip():
            lacking["plain answer"].append(pair.id)
        if not _is_traced(pair.reasoning):
            lacking["trace and answer"].append(pair.id)
    for what, ids in lacking.items():
        if ids:
            yield Finding(
                "balance", f"{path}: no {what} in {first_few(ids)}", repro("pairs", corpus)
            )


def _is_traced(reasoning: str) -> bool:
    try:
        return all(part.strip() for part in split_reasoning(reasoning))
    except InputError:
        return False


def _answers(params: Params, wrong: Wrong) -> Iterator[Finding]:
    """Cells that were asked, and not all of the questions or not as often as the others."""
    keys = ["student", "arm", "seed", "decoding", "task"]
    rows = Counter(read_item_rows(items_path())[keys].itertuples(index=False, name=None))
    items = {
        task: len(read_jsonl(task_path(task)))
        for task in params.tasks
        if _is_whole(task_path(task), wrong)
    }
    for cell in cells(params):
        short = []
        for decoding in decodings_of(params, cell.arm):
            for task, count in items.items():
                found = rows[(*cell, decoding, task)]
                samples = resolve_asking(params, cell.arm, decoding, task).decoding.samples
                if found and found != count * samples:
                    short.append(f"{found} of {count * samples} to {task} in {decoding}")
        if short:
            name = "/".join(map(str, cell))
            yield Finding(
                "balance", f"{items_path()}: answers of {name}: {first_few(short)}", repro("score")
            )
