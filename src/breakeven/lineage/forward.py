"""From a number to what it rests on: scores, items, answers, weights, base, pairs, completions."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from breakeven.catalogue.shot_sources import shot_sources
from breakeven.core.files import read_jsonl
from breakeven.core.layout import (
    answers_path,
    base_folder,
    distilled_path,
    items_path,
    pairs_path,
    prompts_path,
    student_folder,
    task_path,
)
from breakeven.lineage.learnt import Learnt, Trainings, sources_of_pairs
from breakeven.lineage.links import Link, link
from breakeven.lineage.numbers import Number, NumberName, Scores
from breakeven.models.pointer import read_pointer
from breakeven.params import Params
from breakeven.params.cells import Cell, resolve_asking, resolve_cell


class Chain(NamedTuple):
    """A number, the links that it rests on, and what each of its trainings learnt, by seed."""

    number: Number
    links: tuple[Link, ...]
    learnt: dict[int, Learnt]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: completions learnt as corpus, pair, style and how often, by seed."""
        number = {**self.number._asdict(), "name": str(self.number.name)}
        return {
            "number": number,
            "links": [one._asdict() for one in self.links],
            "learnt": {
                str(seed): [
                    {**lesson._asdict(), "times": times} for lesson, times in one.times.items()
                ]
                for seed, one in self.learnt.items()
            },
        }


def trace_number(params: Params, name: NumberName) -> Chain:
    """All that a number rests on.

    Raises:
        InputError: there is no such number, or what it rests on is gone or another one by now.
    """
    number = Scores(params).number(name)
    learnt = _learnt(params, number)
    links = [
        link("scores", items_path(), "score", note=f"{number.answers:,} answers"),
        *_items(number),
        *_answers(number),
        *_weights(params, number, learnt),
        *(_data(params, number, learnt) if learnt else _examples(params, number)),
    ]
    return Chain(number, tuple(links), learnt)


def _learnt(params: Params, number: Number) -> dict[int, Learnt]:
    name = number.name
    cells = [Cell(name.student, name.arm, seed) for seed in number.by_seed]
    if all(resolve_cell(params, cell).training is None for cell in cells):
        return {}
    trainings = Trainings(params, name.student)
    found = {cell.seed: trainings.learnt(name.arm, cell.seed) for cell in cells}
    return {seed: one for seed, one in found.items() if one is not None}


def _items(number: Number) -> Iterator[Link]:
    for task in number.tasks:
        path = task_path(task)
        yield link("items", path, "tasks", task, note=f"{len(read_jsonl(path)):,} items")


def _answers(number: Number) -> Iterator[Link]:
    name = number.name
    for seed in number.by_seed:
        for task in number.tasks:
            path = answers_path(name.student, name.arm, seed, name.decoding, task)
            yield link("answers", path, "answer", name.student)


def _weights(params: Params, number: Number, learnt: dict[int, Learnt]) -> Iterator[Link]:
    student, arm = number.name.student, number.name.arm
    for seed in number.by_seed:
        method = resolve_cell(params, Cell(student, arm, seed)).method
        note = f"{method}, {len(learnt[seed].times):,} completions" if seed in learnt else method
        yield link(
            "weights", student_folder(student, arm, seed), "train", student, arm, seed, note=note
        )
    pointer = read_pointer(student)
    yield link("base", base_folder(student), "base", student)._replace(
        digest=pointer.digest, note=pointer.name
    )


def _data(params: Params, number: Number, learnt: dict[int, Learnt]) -> Iterator[Link]:
    corpora = params.arms[number.name.arm].corpora
    sources = sources_of_pairs(corpora)
    by_source: Counter[tuple[str, str]] = Counter()
    for one in learnt.values():
        by_source |= one.of_source(sources)
    for corpus in corpora:
        pairs = sum(1 for name, _ in sources if name == corpus)
        yield link("pairs", pairs_path(corpus), "pairs", corpus, note=f"{pairs:,} pairs")
    for (source, style), count in sorted(by_source.items()):
        note = f"{'up to ' if len(learnt) > 1 else ''}{count:,} learnt by a seed"
        yield link(
            "completions", distilled_path(source, style), "distill", source, style, note=note
        )
    for source in sorted({source for source, _ in by_source}):
        yield link("prompts", prompts_path(source), "prompts", source)


def _examples(params: Params, number: Number) -> Iterator[Link]:
    """The prompts that an untrained arm's examples are drawn from."""
    name = number.name
    shown = {
        source
        for task in number.tasks
        if resolve_asking(params, name.arm, name.decoding, task).shots
        for source in shot_sources(params, task)
    }
    for source in sorted(shown):
        yield link("prompts", prompts_path(source), "prompts", source, note="shown as examples")
