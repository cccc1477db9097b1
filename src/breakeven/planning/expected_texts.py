"""What corpora and tasks are expected to hold, before the stages that make them have run.

Where the texts can be had for little (pairs that are there, worked solutions), a sample of them is
counted token by token. Where they cannot, published mean lengths stand in, and `origin` says so.
"""

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from breakeven.core.files import read_rows
from breakeven.core.sides import TUNE_FRACTION_DIVISOR, side_of
from breakeven.params import (
    CatalogueTask,
    DatasetSource,
    GymTask,
    JsonlTask,
    LmEvalTask,
    Params,
    ProceduralSource,
    ProceduralTask,
    PublishedSource,
    Source,
    Task,
    WorkedCompletions,
)
from breakeven.params.references import pick_row
from breakeven.planning.earlier_run import EarlierRun
from breakeven.prompts.source_prompts import load_prompts, procedural_prompt
from breakeven.rendering import Lesson
from breakeven.results.published_tables import released_corpora
from breakeven.rows.item import Item
from breakeven.rows.pair import read_pairs
from breakeven.rows.prompt import Prompt
from breakeven.rows.traces import split_reasoning
from breakeven.tasks.task_items import load_items, task_problems

if TYPE_CHECKING:
    from breakeven.catalogue.benchmark import Benchmark

Row = TypeVar("Row")
# Texts of one source or task that are counted: the mean of so many is known to a per cent.
SAMPLED_TEXTS = 5000


class BothStyles(NamedTuple):
    """One prompt as it would be learnt in each style."""

    ift: Lesson
    reasoning: Lesson


class MeanBytes(NamedTuple):
    """Mean bytes of a prompt and of its completion in each style."""

    prompt: float
    ift: float
    reasoning: float


class ExpectedPairs(NamedTuple):
    """A source's pairs: so many, a sample of their texts, or their mean bytes."""

    pairs: int
    texts: tuple[BothStyles, ...]
    means: MeanBytes | None
    origin: str


class ExpectedItems(NamedTuple):
    """A task's items. Without `texts`, only how many there are is known, and their family."""

    family: str
    items: int
    texts: tuple[BothStyles, ...]
    origin: str


def expected_pairs(earlier_run: EarlierRun, corpus: str) -> list[ExpectedPairs]:
    """What is learnt of a corpus: its pairs where the stage has run, else what its sources promise.

    The tune side is left out where the corpus keeps it: of promised pairs its share, of those that
    are there the pairs themselves.
    """
    params, path = earlier_run.params, earlier_run.pairs(corpus)
    row = pick_row(params.corpora, "corpora", corpus)
    if path is not None:
        pairs = read_pairs(path)
        if row.tuning:
            pairs = [pair for pair in pairs if side_of(pair.content) != "tune"]
        chosen = _sampled(pairs)
        texts = tuple(
            BothStyles(
                Lesson(one.prompt, None, one.ift),
                Lesson(one.prompt, *split_reasoning(one.reasoning)),
            )
            for one in chosen
        )
        return [ExpectedPairs(len(pairs), texts, None, "the pairs of this study")]
    promised = [expected_pairs_of_source(name, params.sources[name]) for name in row.sources]
    if not row.tuning:
        return promised
    learnt = 1 - 1 / TUNE_FRACTION_DIVISOR
    return [one._replace(pairs=round(learnt * one.pairs)) for one in promised]


def expected_pairs_of_source(name: str, source: Source) -> ExpectedPairs:
    """What a source will hold."""
    if isinstance(source, PublishedSource | DatasetSource):
        # Nothing is streamed for a plan. Of public sets only the two published corpora have known
        # lengths, and a name with math in it is taken for one like the second.
        corpus = "math" if "math" in f"{name} {source.repo}".lower() else "general"
        published = released_corpora()[corpus]
        means = MeanBytes(published.prompt_bytes, published.ift_bytes, published.reasoning_bytes)
        origin = f"mean bytes of the published {corpus} pairs"
        return ExpectedPairs(source.prompts or published.pairs, (), means, origin)
    prompts = load_prompts(name, source)
    solved = [one for one in prompts if one.solution is not None and one.reference is not None]
    if not solved:
        published = released_corpora()["general"]
        prompt_bytes = sum(len(one.prompt.encode()) for one in prompts) / len(prompts)
        means = MeanBytes(prompt_bytes, published.ift_bytes, published.reasoning_bytes)
        origin = "its own prompts, with mean bytes of the published general completions"
        return ExpectedPairs(len(prompts), (), means, origin)
    texts = tuple(map(_solved_texts, _sampled(solved)))
    return ExpectedPairs(len(prompts), texts, None, "worked solutions of its prompts")


def expected_items(name: str, earlier_run: EarlierRun) -> ExpectedItems:
    """What a task will ask: its items where the stage has run, else what its row promises."""
    task, earlier_items = earlier_run.params.tasks[name], earlier_run.task(name)
    # Pinned items hold no worked solutions; their generator makes the same items again, with them.
    if isinstance(task, ProceduralTask):
        return _procedural_items(name, task, earlier_run.params)
    if isinstance(task, GymTask):
        return _gym_items(name, task)
    if earlier_items is not None:
        items = read_rows(earlier_items, Item)
    elif isinstance(task, JsonlTask):
        items = load_items(name, task)
    else:
        return _items_not_here_yet(name, task)
    return ExpectedItems(items[0].family, len(items), (), "its items")


def family_of(name: str, task: Task) -> str:
    """The family that a task belongs to."""
    if isinstance(task, CatalogueTask):
        return _benchmark(name, task).family
    return task.family


def _procedural_items(name: str, task: ProceduralTask, params: Params) -> ExpectedItems:
    """Items with the completions that students learn for problems of their kind."""
    sources = (row for row in params.sources.values() if isinstance(row, ProceduralSource))
    alike = [row.completions for row in sources if row.problem == task.problem]
    completions = alike[0] if alike else WorkedCompletions()
    texts = tuple(
        _solved_texts(procedural_prompt(name, number, problem, task.format, completions))
        for number, problem in enumerate(_sampled(task_problems(task)))
    )
    return ExpectedItems(task.family, task.items, texts, "worked solutions of its items")


def _gym_items(name: str, task: GymTask) -> ExpectedItems:
    from breakeven.tasks.gym_items import task_entries

    texts = tuple(
        _both_styles(one.prompt, one.worked.steps, one.answer)
        for one in _sampled(task_entries(name, task))
        if one.worked
    )
    return ExpectedItems(task.family, task.items, texts, "worked solutions of its items")


def _solved_texts(prompt: Prompt) -> BothStyles:
    """What the solver writes for a prompt."""
    return BothStyles(
        Lesson(prompt.prompt, None, str(prompt.plain_answer)),
        Lesson(prompt.prompt, str(prompt.solution), str(prompt.final_answer)),
    )


def _both_styles(prompt: str, thinking: str, answer: str) -> BothStyles:
    return BothStyles(Lesson(prompt, None, answer), Lesson(prompt, thinking, answer))


def _sampled(rows: Sequence[Row]) -> Sequence[Row]:
    """At most `SAMPLED_TEXTS` rows, drawn: depths come in turn, a stride would meet some only."""
    if len(rows) <= SAMPLED_TEXTS:
        return rows
    # Seeded by their number, so that a plan says the same each time.
    places = random.Random(len(rows)).sample(range(len(rows)), SAMPLED_TEXTS)  # noqa: S311
    return [rows[place] for place in sorted(places)]


def _items_not_here_yet(name: str, task: Task) -> ExpectedItems:
    """A task whose items are not on this machine yet."""
    if isinstance(task, CatalogueTask):
        row = _benchmark(name, task)
        return ExpectedItems(
            row.family, min(task.items or row.items, row.items), (), "the catalogue"
        )
    if isinstance(task, LmEvalTask) and task.items:
        return ExpectedItems(task.family, task.items, (), "params.yaml")
    items = load_items(name, task)
    return ExpectedItems(items[0].family, len(items), (), "its items")


def _benchmark(name: str, task: CatalogueTask) -> "Benchmark":
    from breakeven.catalogue.benchmark import catalogue
    from breakeven.catalogue.benchmark_items import pick_benchmark

    return pick_benchmark(task.benchmark, catalogue(), f"params.yaml: tasks.{name}.benchmark")
