"""What was run, as the lines of a list at the head of the page."""

from collections.abc import Mapping, Sequence

from breakeven import words
from breakeven.core.records import Record
from breakeven.params import Params
from breakeven.params.cells import Cell, cells
from breakeven.results.cell_results import Results


def what_was_run(
    params: Params,
    results: Results,
    records: Mapping[Cell, Record],
    answering: Mapping[str, Record | None],
) -> tuple[tuple[str, str], ...]:
    """What was run, as lines of a list."""
    trained = [record for key, record in records.items() if params.arms[key[1]].trained]
    answered = [record for record in answering.values() if record is not None]
    worked = [*trained, *answered]
    devices = dict.fromkeys(record.device for record in worked)
    first = next(iter(worked), None)
    versions = "" if first is None else ", ".join(f"{k} {v}" for k, v in first.versions.items())
    decodings = ", ".join(
        f"{name} (temperature {row.temperature:g}, {row.samples} a question)"
        for name, row in params.answering.decodings.items()
    )
    facts = (
        ("study", params.study),
        (
            "cells",
            words.cells(
                len(params.students), len(params.arms), len(params.seeds), len(list(cells(params)))
            ),
        ),
        ("questions", f"{len(params.tasks)} tasks, {_questions(results):,} questions a cell"),
        ("teacher", params.teacher.kind),
        ("training", _training_words(trained)),
        ("answering", f"at most {params.answering.max_new_tokens:,} new tokens; {decodings}"),
        ("memory", _memory_words(trained, answered)),
        ("device", ", ".join(device for device in devices if device)),
        ("versions", versions),
    )
    return tuple((name, value) for name, value in facts if value)


def _memory_words(trained: Sequence[Record], answered: Sequence[Record]) -> str:
    """How often memory ran out and work went on in halves; nothing where it never did."""
    said = []
    for what, key, records in (
        ("trainings, which made the same steps in smaller passes", "micro_batch_halvings", trained),
        ("answers, which went on in smaller batches", "batch_halvings", answered),
    ):
        count = sum(record.metrics.get(key) or 0 for record in records)
        if count:
            said.append(f"ran out {count:,.0f} time{'' if count == 1 else 's'} in {what}")
    return "; ".join(said)


def _training_words(trained: list[Record]) -> str:
    """The methods and learning rates that cells were trained with; more than two are a range."""
    methods = dict.fromkeys(
        str(method) for record in trained if (method := record.parameters.get("method"))
    )
    rates = sorted({rate for record in trained if (rate := learning_rate(record)) is not None})
    named = ", ".join(methods)
    if not rates:
        return named
    # One rate a style is the usual case; more are a search or rates by size.
    if len(rates) <= 2:
        numbers = " and ".join(f"{rate:g}" for rate in rates)
        return f"{named}, learning rate{'s' if len(rates) > 1 else ''} {numbers}"
    return (
        f"{named}, learning rates {rates[0]:g} to {rates[-1]:g}, by cell in the table of training"
    )


def learning_rate(record: Record) -> float | None:
    """The rate that a cell was trained with, as its record says."""
    rate = record.parameters.get("learning_rate")
    return None if rate is None else float(rate)


def _questions(results: Results) -> int:
    by_family: dict[str, int] = {}
    for cell in results.cells:
        # A cell may lack a task; the fullest one tells how many questions there are.
        by_family[cell.family] = max(by_family.get(cell.family, 0), cell.items or 0)
    return sum(by_family.values())
