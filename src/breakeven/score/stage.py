"""What the `score` stage does: grade every answer of a study into one table."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from breakeven.core.errors import InputError
from breakeven.core.files import digest_path, read_rows
from breakeven.core.layout import answers_folder, items_path, task_path
from breakeven.core.records import Record, require_as_recorded, versions
from breakeven.costs.model_shapes import known_architecture
from breakeven.grading.graders import grade_answer, graders, remembering
from breakeven.grading.maths.algebra import algebra
from breakeven.grading.same_answers import comparisons
from breakeven.gym.scoring import scoring_child
from breakeven.models.pointer import base_config_path
from breakeven.params import Params
from breakeven.params.cells import cells, decodings_of, resolve_asking
from breakeven.rows.answer import Answer
from breakeven.rows.item import Item
from breakeven.rows.outcomes import OUTCOMES
from breakeven.score.item_rows import AnswerSet, answer_table, with_grades, write_table
from breakeven.score.judging.open_cases import CasesForJudges, check_judges

if TYPE_CHECKING:
    import pyarrow as pa

    from breakeven.score.judging.judgements import Judgements


def run(params: Params) -> None:
    """Grade every cell of params.yaml; writes `scores/items.parquet` and the record.

    What rules leave open goes to the judges of `grading`, where it has any.

    Raises:
        InputError: answers are missing, an item lacks one, an answer has no item or comes twice,
            an item names no grader or one that needs judges, or a judge refuses.
        MachineError: a judge cannot be reached; what it has said is kept.
    """
    started = time.perf_counter()
    # Before the work: an input that changes meanwhile must not pass for the one that was read.
    inputs = {str(path): digest_path(path) for path in map(task_path, params.tasks)}
    require_as_recorded(map(task_path, params.tasks))
    require_as_recorded(map(answers_folder, params.students))
    items = {task: _items(task) for task in params.tasks}
    check_judges(params.grading, items)
    rules = {name: remembering(one) for name, one in graders(params.grading).items()}
    selected = CasesForJudges(params.grading)
    same = comparisons(params.grading)
    # From the config beside the pointer to a model of the hub: scoring downloads no weights.
    shapes = {name: known_architecture(base_config_path(name)) for name in params.students}
    tables = []
    for number, answer_set in enumerate(answer_sets(params)):
        asked = items[answer_set.task]
        asking = resolve_asking(params, answer_set.arm, answer_set.decoding, answer_set.task)
        answers = _answers(answer_set, asked, asking.decoding.samples)
        graded = [grade_answer(answer, asked[answer.item], rules) for answer in answers]
        if params.grading.judges:
            selected.add(number, answers, graded, asked)
        shape = shapes[answer_set.student]
        tables.append(answer_table(answer_set, answers, graded, asked, shape=shape, same=same))
    judgements = _judgements(params, selected)
    if judgements:
        tables = [
            with_grades(table, judgements.grades.get(n, {}), items[answer_set.task], same)
            for n, (answer_set, table) in enumerate(zip(answer_sets(params), tables, strict=True))
        ]
    write_table(items_path(), tables)
    _record(params, tables, judgements, time.perf_counter() - started, inputs).write()


def _judgements(params: Params, selected: CasesForJudges) -> "Judgements | None":
    """The judges' verdicts, where there are judges."""
    # Their modules load an HTTP client, which a study without judges does not need.
    if not params.grading.judges:
        return None
    from breakeven.score.judging.judgements import judge_cases

    return judge_cases(params.grading, selected)


def answer_sets(params: Params) -> Iterator[AnswerSet]:
    """Every cell, decoding and task in the order of params.yaml, never from listing folders."""
    for cell in cells(params):
        for decoding in decodings_of(params, cell.arm):
            for task in params.tasks:
                yield AnswerSet(*cell, decoding, task)


def _items(task: str) -> dict[str, Item]:
    path = task_path(task)
    items: dict[str, Item] = {}
    for number, item in enumerate(read_rows(path, Item), start=1):
        if item.id in items:
            raise InputError(f"{path}: line {number}: id: {item.id!r} is there twice; use another")
        items[item.id] = item
    return items


def _answers(answer_set: AnswerSet, items: Mapping[str, Item], samples: int) -> list[Answer]:
    """The answers of a set, each item's samples complete."""
    again = f"run `dvc repro answer@{answer_set.student}`"
    path = answer_set.path
    if not path.is_file():
        raise InputError(f"{path}: no such file; {again}")
    answers = read_rows(path, Answer)
    seen: set[tuple[str, int]] = set()
    for number, answer in enumerate(answers, start=1):
        where = f"{path}: line {number}"
        if answer.item not in items:
            raise InputError(
                f"{where}: item: {answer.item!r} is not in {task_path(answer_set.task)}; {again}"
            )
        if (answer.item, answer.sample) in seen:
            raise InputError(f"{where}: sample {answer.sample} of {answer.item} is there twice")
        seen.add((answer.item, answer.sample))
    # Accuracy over the answers that are there would compare cells on different questions.
    wanted = ((item, sample) for item in items for sample in range(samples))
    missing = next((one for one in wanted if one not in seen), None)
    if missing or len(seen) > len(items) * samples:
        what = f"sample {missing[1]} of {missing[0]} is missing" if missing else "too many samples"
        raise InputError(f"{path}: {what}, each item needs {samples}; {again}")
    return answers


def _record(
    params: Params,
    tables: "Sequence[pa.Table]",
    judgements: "Judgements | None",
    seconds: float,
    inputs: Mapping[str, str],
) -> Record:
    """How many rows there are, and how many are right, cut or without an answer, by cell."""
    cells = [
        _counts(answer_set, table)
        for answer_set, table in zip(answer_sets(params), tables, strict=True)
    ]
    names = ("rows", "correct", "unparsed", "truncated")
    return Record(
        stage="score",
        cell={},
        metrics={name: sum(cell[name] for cell in cells) for name in names},
        device_seconds={"cpu": seconds},
        inputs=inputs,
        outputs={str(items_path()): digest_path(items_path())},
        versions=versions(),
        **_details(params, cells, judgements),
    )


def _details(
    params: Params, cells: list[dict[str, Any]], judgements: "Judgements | None"
) -> dict[str, Any]:
    """What the record says of the cells, of what compared them, and of judges, if any."""
    # Those of this process, which has graded everything: how often limits decided, and not a rule.
    asked = algebra(params.grading.math_seconds)
    scorer = scoring_child()
    details = {
        "cells": cells,
        "algebra": {"compared": asked.compared, "given_up": asked.given_up},
        "reasoning_gym": {"scored": scorer.asked, "given_up": scorer.given_up},
    }
    if judgements is None:
        return {"details": details}
    from breakeven.costs.bill import NO_COST
    from breakeven.score.judging.judge_costs import cost_to_json

    costs = [cost_to_json(judgements.costs.get(n, NO_COST)) for n in range(len(cells))]
    with_costs = [{**cell, "judging": cost} for cell, cost in zip(cells, costs, strict=True)]
    whole = cost_to_json(judgements.cost)
    return {
        "tokens": {
            "judge_prompt": whole["read_tokens"],
            "judge_new": whole["new_tokens"],
            "judge_cached": whole["cached_tokens"],
        },
        "flops": {"judge": whole["flops"]},
        "absent": {f"judging.{name}": reason for name, reason in whole["absent"].items()},
        "details": {**details, "cells": with_costs, "judging": judgements.details},
    }


def _counts(answer_set: AnswerSet, table: "pa.Table") -> dict[str, Any]:
    import pyarrow.compute as pc

    outcomes = Counter(table["outcome"].to_pylist())
    true = {name: int(pc.sum(table[name]).as_py()) for name in ("correct", "parsed", "truncated")}
    return {
        **answer_set._asdict(),
        "rows": table.num_rows,
        "correct": true["correct"],
        "unparsed": table.num_rows - true["parsed"],
        "truncated": true["truncated"],
        "outcomes": {name: outcomes[name] for name in OUTCOMES},
    }
