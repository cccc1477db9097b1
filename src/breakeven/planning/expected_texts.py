"""What corpora and tasks are expected to hold, before the stages that make them have run.

Where the texts can be had for little (pairs that are there, worked solutions), a sample of them is
counted token by token. Where they cannot, published mean lengths stand in, and `origin` says so.
"""

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from breakeven import procedural
from breakeven.core.files import read_rows
from breakeven.params import (
    CatalogueTask,
    DatasetSource,
    GymTask,
    JsonlTask,
    LmEvalTask,
    ProceduralTask,
    PublishedSource,
    Source,
    Task,
)
from breakeven.params.references import pick_row
from breakeven.planning.earlier_run import Made
from breakeven.prompts.source_prompts import load_prompts
from breakeven.rendering import Lesson
from breakeven.results.published_tables import released_corpora
from breakeven.rows.item import Item
from breakeven.rows.pair import read_pairs
from breakeven.rows.traces import split_reasoning
from breakeven.tasks.task_items import load_items

if TYPE_CHECKING:
    from breakeven.catalogue.benchmark import Benchmark

Row = TypeVar("Row")
# Texts of one source or task that are counted: the mean of so many is known to a per cent.
SAMPLE = 5000


class Texts(NamedTuple):
    """One prompt as it would be learnt in each style."""

    ift: Lesson
    reasoning: Lesson


class Bytes(NamedTuple):
    """Mean bytes of a prompt and of its completion in each style."""

    prompt: float
    ift: float
    reasoning: float


class Part(NamedTuple):
    """A source's pairs: so many, a sample of their texts, or their mean bytes."""

    pairs: int
    texts: tuple[Texts, ...]
    means: Bytes | None
    origin: str


class Questions(NamedTuple):
    """A task's items. Without `texts`, only how many there are is known, and their family."""

    family: str
    items: int
    texts: tuple[Texts, ...]
    origin: str


def expected_pairs(made: Made, corpus: str) -> list[Part]:
    """What a corpus will hold: its pairs where the stage has run, else what its sources promise."""
    params, path = made.params, made.pairs(corpus)
    if path is not None:
        pairs = read_pairs(path)
        chosen = _thinned(pairs)
        texts = tuple(
            Texts(
                Lesson(one.prompt, None, one.ift),
                Lesson(one.prompt, *split_reasoning(one.reasoning)),
            )
            for one in chosen
        )
        return [Part(len(pairs), texts, None, "the pairs of this study")]
    sources = pick_row(params.corpora, "corpora", corpus).sources
    return [expected_source(name, params.sources[name]) for name in sources]


def expected_source(name: str, source: Source) -> Part:
    """What a source will hold."""
    if isinstance(source, PublishedSource | DatasetSource):
        corpus = "math" if "math" in f"{name} {source.repo}".lower() else "general"
        known = released_corpora()[corpus]
        means = Bytes(known.prompt_bytes, known.ift_bytes, known.reasoning_bytes)
        origin = f"mean bytes of the published {corpus} pairs"
        return Part(source.prompts or known.pairs, (), means, origin)
    prompts = load_prompts(name, source)
    solved = [one for one in prompts if one.solution is not None and one.reference is not None]
    if not solved:
        known = released_corpora()["general"]
        prompt_bytes = sum(len(one.prompt.encode()) for one in prompts) / len(prompts)
        means = Bytes(prompt_bytes, known.ift_bytes, known.reasoning_bytes)
        origin = "its own prompts, with mean bytes of the published general completions"
        return Part(len(prompts), (), means, origin)
    texts = tuple(
        _texts(one.prompt, one.solution or "", one.reference or "") for one in _thinned(solved)
    )
    return Part(len(prompts), texts, None, "worked solutions of its prompts")


def expected_questions(name: str, made: Made) -> Questions:
    """What a task will ask: its items where the stage has run, else what its row promises."""
    task, pinned = made.params.tasks[name], made.task(name)
    if isinstance(task, ProceduralTask):
        return _procedural_questions(task)
    if isinstance(task, GymTask):
        return _gym_questions(name, task)
    if pinned is not None:
        items = read_rows(pinned, Item)
    elif isinstance(task, JsonlTask):
        items = load_items(name, task)
    else:
        return _elsewhere(name, task)
    return Questions(items[0].family, len(items), (), "its items")


def family_of(name: str, task: Task) -> str:
    """The family that a task belongs to."""
    if isinstance(task, CatalogueTask):
        return _benchmark(name, task).family
    return task.family


def _procedural_questions(task: ProceduralTask) -> Questions:
    problems = procedural.generate(
        task.problem,
        count=task.items,
        seed=task.seed,
        partition="test",
        min_depth=task.min_depth,
        max_depth=task.max_depth,
    )
    texts = tuple(
        _texts(
            procedural.prompt(one, task.format),
            procedural.trace(one, task.format),
            procedural.reference(one, task.format),
        )
        for one in _thinned(problems)
    )
    return Questions(task.family, task.items, texts, "worked solutions of its items")


def _gym_questions(name: str, task: GymTask) -> Questions:
    from breakeven.gym import entries

    found = entries(
        f"params.yaml: tasks.{name}",
        task.dataset,
        task.config,
        count=task.items,
        seed=task.seed,
        partition="test",
    )
    texts = tuple(
        _texts(one.prompt, one.worked.steps, one.answer) for one in _thinned(found) if one.worked
    )
    return Questions(task.family, task.items, texts, "worked solutions of its items")


def _texts(prompt: str, thinking: str, answer: str) -> Texts:
    return Texts(Lesson(prompt, None, answer), Lesson(prompt, thinking, answer))


def _thinned(rows: Sequence[Row]) -> Sequence[Row]:
    """At most `SAMPLE` of the rows, drawn: depths come in turn, a stride would meet some only."""
    if len(rows) <= SAMPLE:
        return rows
    places = random.Random(len(rows)).sample(range(len(rows)), SAMPLE)  # noqa: S311
    return [rows[place] for place in sorted(places)]


def _elsewhere(name: str, task: Task) -> Questions:
    """A task whose items are not on this machine yet."""
    if isinstance(task, CatalogueTask):
        row = _benchmark(name, task)
        return Questions(row.family, min(task.items or row.items, row.items), (), "the catalogue")
    if isinstance(task, LmEvalTask) and task.items:
        return Questions(task.family, task.items, (), "params.yaml")
    items = load_items(name, task)
    return Questions(items[0].family, len(items), (), "its items")


def _benchmark(name: str, task: CatalogueTask) -> "Benchmark":
    from breakeven.catalogue.benchmark import catalogue
    from breakeven.catalogue.benchmark_items import pick_benchmark

    return pick_benchmark(task.benchmark, catalogue(), f"params.yaml: tasks.{name}.benchmark")
