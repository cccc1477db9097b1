"""Test items of a benchmark of the catalogue, from the hub or from a copy of its data set."""

from collections.abc import Iterator
from pathlib import Path

from breakeven.catalogue.benchmark import CATALOGUE, Benchmark, Catalogue, catalogue
from breakeven.catalogue.item_text import paragraphs, with_choices
from breakeven.catalogue.questions import Question, is_kept, questions_of
from breakeven.catalogue.unit_powers import without_power
from breakeven.core.errors import InputError, did_you_mean
from breakeven.core.files import digest_json
from breakeven.hubdata import Rows, sample, stream_rows
from breakeven.hubdata.load_notes import LoadNotes
from breakeven.params import CatalogueTask
from breakeven.rows.content import content_of
from breakeven.rows.item import Item


def catalogue_items(name: str, task: CatalogueTask, notes: LoadNotes) -> list[Item]:
    """The items of a benchmark in the order of its split, or a seeded sample of them.

    `notes` takes down which data set was read, at which commit.

    Raises:
        InputError: there is no such benchmark, or its data set is not as the catalogue says.
        MachineError: the hub cannot be reached.
    """
    table = catalogue()
    benchmark = pick_benchmark(task.benchmark, table, f"params.yaml: tasks.{name}.benchmark")
    folder = Path(task.folder) if task.folder else None
    rows = open_rows(task.benchmark, benchmark, folder)
    notes.add_data_set(folder or benchmark.repo, benchmark.revision, rows)
    # All are made before some are drawn: rows and questions are not one to one, and `items` counts
    # questions.
    asked = list(numbered_questions(rows, benchmark))
    if not asked:
        raise InputError(f"{rows.where}: no row of it belongs to {task.benchmark}")
    if task.items is not None and task.items > len(asked):
        raise InputError(
            f"params.yaml: tasks.{name}.items: value is {task.items}; {task.benchmark} has "
            f"{len(asked)}; use at most that, or leave it away for all"
        )
    chosen = sample(enumerate(asked), task.items, task.seed, total=len(asked))
    instruction = table.instructions[benchmark.instruction]
    return [item_of(name, benchmark, instruction, row, one) for _, (row, one) in chosen]


def pick_benchmark(benchmark: str, table: Catalogue, key: str) -> Benchmark:
    """The row of the catalogue; raises InputError where there is none."""
    if benchmark not in table.benchmarks:
        raise InputError(
            f"{key}: {benchmark!r} is not in the catalogue; "
            f"{did_you_mean(benchmark, table.benchmarks)}"
        )
    return table.benchmarks[benchmark]


def open_rows(
    name: str, benchmark: Benchmark, folder: Path | None, *, split: str | None = None
) -> Rows:
    """The benchmark's split, or another, from a folder with a copy of the data set or the hub."""
    return stream_rows(
        benchmark.repo if folder is None else folder,
        benchmark.revision,
        key=f"{CATALOGUE}: {name}",
        config=benchmark.config,
        split=split or benchmark.split,
        fields=(*benchmark.keep, *benchmark.fields.paths),
    )


def numbered_questions(rows: Rows, benchmark: Benchmark) -> Iterator[tuple[int, Question]]:
    """Every question of the rows that belong, with the number of its row in the split."""
    for number, row in rows.numbered:
        where = f"{rows.where}: row {number}"
        if is_kept(row, benchmark, where):
            for question in questions_of(row, benchmark, where):
                yield number, question


def item_of(
    name: str, benchmark: Benchmark, instruction: str, row: int, question: Question
) -> Item:
    """A question as the item that students answer; its id is its place in the split."""
    asked = with_choices(question.text, question.choices) if question.choices else question.text
    reference, unit = question.answers[0] if question.answers else "", question.unit
    # The question asks for the unit without its power of ten, so the reference has it.
    if unit:
        reference, unit = without_power(reference, unit)
    asked_in = f"Unit of the answer: {unit}" if unit else None
    body = paragraphs([question.context, asked, asked_in])
    meta = {**benchmark.meta, **question.meta}
    if benchmark.answer == "texts":
        meta["answers"] = list(question.answers)
    if unit:
        meta["unit"] = " ".join(unit.replace("$", " ").replace("~", " ").split())
    return Item(
        id=f"{row:05d}" if question.part is None else f"{row:05d}-{question.part:02d}",
        task=name,
        family=benchmark.family,
        prompt=paragraphs([benchmark.opening, body, instruction]),
        reference=reference,
        content=content_of(body),  # the opening and the instruction are the same for every item
        grader=benchmark.grader,
        choices=question.choices,
        cluster=_cluster(question.cluster),
        meta=meta,
    )


def _cluster(shared: str | None) -> str | None:
    return None if shared is None else f"passage {digest_json(shared)[:16]}"
