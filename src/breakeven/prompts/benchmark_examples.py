"""Worked examples of a benchmark, for untrained students: questions with their answers."""

from pathlib import Path

from breakeven.catalogue.benchmark import catalogue
from breakeven.catalogue.benchmark_items import (
    item_of,
    numbered_questions,
    open_rows,
    pick_benchmark,
)
from breakeven.core.errors import InputError
from breakeven.hubdata import sample
from breakeven.hubdata.load_notes import LoadNotes
from breakeven.params import CatalogueSource
from breakeven.rows.item import Item
from breakeven.rows.prompt import Prompt


def example_prompts(name: str, source: CatalogueSource, notes: LoadNotes) -> list[Prompt]:
    r"""Questions of the benchmark's split for examples, at most as many as are asked for.

    They are put as its test items are; the reference is written as an answer is, in its `\boxed{}`.

    Raises:
        InputError: the benchmark is not in the catalogue or has no examples of its own, or its
            data set is not as the catalogue says.
        MachineError: the hub cannot be reached.
    """
    table, where = catalogue(), f"params.yaml: sources.{name}.benchmark"
    benchmark = pick_benchmark(source.benchmark, table, where)
    # A benchmark that borrows another's examples has none to pin: name the other one as the source.
    split = benchmark.shots.split if benchmark.shots else None
    if split is None:
        own = [one for one in table.benchmarks if table.shown(one) == one]
        raise InputError(
            f"{where}: value is {source.benchmark!r}, which has no split for examples; "
            f"use one of {', '.join(own)}"
        )
    folder = Path(source.folder) if source.folder else None
    rows = open_rows(source.benchmark, benchmark, folder, split=split)
    notes.add_data_set(folder or benchmark.repo, benchmark.revision, rows)
    instruction = table.instructions[benchmark.instruction]
    asked = sample(enumerate(numbered_questions(rows, benchmark)), source.prompts, source.seed)
    items = [item_of(name, benchmark, instruction, row, one) for _, (row, one) in asked]
    if not items:
        raise InputError(f"{rows.where}: no row of it belongs to {source.benchmark}")
    return [_prompt(name, item) for item in items]


def _prompt(name: str, item: Item) -> Prompt:
    # In a box, as the instruction asks: an example that did otherwise would teach against it.
    return Prompt(
        id=f"{name}-{item.id}",
        source=name,
        prompt=item.prompt,
        content=item.content,
        reference=rf"\boxed{{{item.reference}}}" if item.reference else None,
        format="choice" if item.choices else "open",
        grader=item.grader,
    )
