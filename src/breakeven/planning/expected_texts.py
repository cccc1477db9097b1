"""What corpora and tasks are expected to hold, before the stages that make them have run.

Where the texts can be had for little (pairs that are there, worked solutions), a sample of them is
counted token by token. Where they cannot, published mean lengths stand in, and `origin` says so.
"""

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from breakeven.core.files import read_rows
from breakeven.core.sides import TUNE_FRACTION_DIVISOR, side_of
from breakeven.params import (
    Arm,
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
from breakeven.params.training import Traces
from breakeven.planning.earlier_run import EarlierRun
from breakeven.procedural import Problem
from breakeven.prompts.source_prompts import load_prompts, procedural_prompt
from breakeven.rendering import Lesson
from breakeven.results.published_tables import released_corpora
from breakeven.rows.item import Item
from breakeven.rows.pair import Pair, read_pairs
from breakeven.rows.prompt import Prompt
from breakeven.rows.traces import split_reasoning
from breakeven.tasks.task_items import load_items, task_problems
from breakeven.train.trace_steps import common_words, compressed

if TYPE_CHECKING:
    from breakeven.catalogue.benchmark import Benchmark

Row = TypeVar("Row")
# Texts of one source or task that are counted: the mean of so many is known to a per cent.
SAMPLED_TEXTS = 5000


class BothStyles(NamedTuple):
    """One prompt as it would be learnt in each style."""

    ift: Lesson
    reasoning: Lesson


class Taught(NamedTuple):
    """What decides the completions of an arm: the sources it learns, and what stands for a trace.

    An untrained arm has no sources.
    """

    sources: tuple[str, ...]
    traces: Traces

    @classmethod
    def by(cls, params: Params, arm: Arm) -> "Taught":
        """What an arm is taught."""
        sources = (one for corpus in arm.corpora for one in params.corpora[corpus].sources)
        return cls(tuple(dict.fromkeys(sources)), length_of(arm.traces))


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

    def in_form(self, form: Traces) -> "ExpectedPairs":
        """The same with something else in place of the traces."""
        if self.means is None:
            return self._replace(texts=in_form(self.texts, form))
        plain, traced = self.means.ift, self.means.reasoning
        # Without texts nothing tells how many words of a trace are prose.
        shorter = {"answer-only": plain, "truncated-50": (plain + traced) / 2}
        means = self.means._replace(reasoning=shorter.get(form, traced))
        whole = form == "compressed"
        origin = f"{self.origin}, as long as with whole traces" if whole else self.origin
        return self._replace(means=means, origin=origin)


class ExpectedItems(NamedTuple):
    """A task's items. Without `texts`, only how many there are is known, and their family."""

    family: str
    items: int
    texts: tuple[BothStyles, ...]
    origin: str


def expected_pairs(
    earlier_run: EarlierRun, corpus: str, of_source: Callable[[str], ExpectedPairs]
) -> list[ExpectedPairs]:
    """What is learnt of a corpus: its pairs where the stage has run, else what its sources promise.

    The tune side is left out where the corpus keeps it: of promised pairs its share, of those that
    are there the pairs themselves.
    """
    params, path = earlier_run.params, earlier_run.pairs(corpus)
    row = pick_row(params.corpora, "corpora", corpus)
    if path is not None:
        by_source: dict[str, list[Pair]] = {}
        for pair in read_pairs(path):
            if not row.tuning or side_of(pair.content) != "tune":
                by_source.setdefault(pair.source, []).append(pair)
        return [
            ExpectedPairs(
                len(pairs),
                tuple(map(_texts_of_pair, _sampled(pairs))),
                None,
                "the pairs of this study",
            )
            for pairs in by_source.values()
        ]
    promised = [of_source(name) for name in row.sources]
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
    return ExpectedPairs(len(prompts), texts, None, "worked solutions of training prompts")


def expected_items(
    name: str,
    earlier_run: EarlierRun,
    taught: Taught,
    problems: Callable[[ProceduralTask], Sequence[Problem]],
) -> ExpectedItems:
    """What a task will ask: its items where the stage has run, else what its row promises.

    With the completions that an arm learns for problems of their kind; `problems` are those of a
    task, as `sampled_problems` makes them.
    """
    task, earlier_items = earlier_run.params.tasks[name], earlier_run.task(name)
    # Pinned items hold no worked solutions; their generator makes the same items again, with them.
    if isinstance(task, ProceduralTask):
        return _procedural_items(name, task, problems(task), earlier_run.params, taught)
    if isinstance(task, GymTask):
        return _gym_items(name, task, taught)
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


def sampled_problems(task: ProceduralTask) -> Sequence[Problem]:
    """The problems of a task whose texts are counted."""
    return _sampled(task_problems(task))


def _procedural_items(
    name: str,
    task: ProceduralTask,
    problems: Sequence[Problem],
    params: Params,
    taught: Taught,
) -> ExpectedItems:
    # Who has not learnt such problems is expected to answer as others do.
    learnt = (
        _completions(params, task, taught.sources)
        or _completions(params, task, tuple(params.sources))
        or [WorkedCompletions()]
    )
    if not taught.sources:
        # An untrained student follows examples, which show no working.
        learnt = [one.model_copy(update={"working": "none"}) for one in learnt]
    texts = tuple(
        _solved_texts(
            procedural_prompt(name, number, problem, task.format, learnt[number % len(learnt)])
        )
        for number, problem in enumerate(problems)
    )
    origin = "worked solutions of test items"
    return ExpectedItems(task.family, task.items, in_form(texts, taught.traces), origin)


def _completions(
    params: Params, task: ProceduralTask, sources: Sequence[str]
) -> list[WorkedCompletions]:
    """What the solver writes in those of some sources that ask what a task asks."""
    rows = (params.sources[name] for name in sources)
    return [
        row.completions
        for row in rows
        if isinstance(row, ProceduralSource) and row.problem == task.problem
    ]


def length_of(form: Traces) -> Traces:
    """The form whose traces are as long: other steps, marks or prompts change no length."""
    return form if form in _OTHER_LENGTHS else "as-written"


_OTHER_LENGTHS: frozenset[Traces] = frozenset({"answer-only", "truncated-50", "compressed"})


def in_form(texts: Sequence[BothStyles], form: Traces) -> tuple[BothStyles, ...]:
    """Texts of one source with something else in place of their traces, about as long as learnt.

    Half of a trace is half of its tokens where it is learnt, and of its characters here.
    """
    if length_of(form) == "as-written":
        return tuple(texts)
    traces = [str(one.reasoning.thinking) for one in texts]
    prose = common_words(traces) if form == "compressed" else frozenset()
    shorter: list[str | None] = [
        {
            "answer-only": None,
            "truncated-50": trace[: max(1, len(trace) // 2)],
            "compressed": compressed(trace, prose),
        }[form]
        for trace in traces
    ]
    return tuple(
        one._replace(reasoning=one.reasoning._replace(thinking=trace))
        for one, trace in zip(texts, shorter, strict=True)
    )


def _gym_items(name: str, task: GymTask, taught: Taught) -> ExpectedItems:
    from breakeven.tasks.gym_items import task_entries

    texts = tuple(
        _both_styles(one.prompt, one.worked.steps, one.answer)
        for one in _sampled(task_entries(name, task))
        if one.worked
    )
    origin = "worked solutions of test items"
    return ExpectedItems(task.family, task.items, in_form(texts, taught.traces), origin)


def _texts_of_pair(pair: Pair) -> BothStyles:
    return BothStyles(
        Lesson(pair.prompt, None, pair.ift), Lesson(pair.prompt, *split_reasoning(pair.reasoning))
    )


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
