"""The columns of `scores/items.parquet`: one row a sample of an item by a cell.

Columns:
    student: The student.
    arm: Its arm.
    seed: Training seed.
    decoding: How it was asked.
    task: The task.
    family: The task's family.
    item: The item's id.
    sample: Number of the sample, from 0.
    correct: Whether it is right; an answer that was cut is not.
    parsed: Whether anything that could be right was found in it.
    truncated: Whether it was cut: at the limit, or within its trace.
    outcome: What became of it: one of right, wrong, unparsed, looping, cut, unclosed.
    prompt_tokens: What was read.
    thinking_tokens: The trace with its marks.
    answer_tokens: What came after the trace, the end token with it.
    inference_flops: FLOPs of the answer on its own, prompt included, by the exact formula; null
        where the student's shape is not known.
    prompt_flops: Those of reading the prompt, which samples of an item could share.
    memory_bytes: Weights and cache of a whole answer on its own, at 16 bits a number.
    depth: Serial steps of the item; null where it has none.
    cluster: What items share; null where the item is independent.
    content: What is asked, apart from its format.
    f1: Share of words in common, by a grader that has one, else null; a cut answer has 0.
    vote: What it votes for among the samples of its item: the number of the first sample that
        says the same; null where nothing was read.
    logprob_sum: Log-probability of all that was generated, in nats; null where the engine does
        not tell it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from breakeven.core.files import atomic_path
from breakeven.core.layout import answers_path
from breakeven.costs.architecture import Architecture
from breakeven.costs.exact import answer_flops, prefill_flops
from breakeven.grading.graders import F1, GradedAnswer
from breakeven.grading.same_answers import Same, votes_of
from breakeven.models.memory import answering_memory
from breakeven.rows.answer import Answer
from breakeven.rows.grade import Grade
from breakeven.rows.item import Item
from breakeven.rows.outcomes import outcome_of, regraded

if TYPE_CHECKING:
    import pyarrow as pa

# By their types in Arrow.
COLUMNS = {
    "student": "string",
    "arm": "string",
    "seed": "int64",
    "decoding": "string",
    "task": "string",
    "family": "string",
    "item": "string",
    "sample": "int64",
    "correct": "bool",
    "parsed": "bool",
    "truncated": "bool",
    "outcome": "string",
    "prompt_tokens": "int64",
    "thinking_tokens": "int64",
    "answer_tokens": "int64",
    "inference_flops": "float64",
    "prompt_flops": "float64",
    "memory_bytes": "float64",
    "depth": "int64",
    "cluster": "string",
    "content": "string",
    "f1": "float64",
    "vote": "int64",
    "logprob_sum": "float64",
}


class AnswerSet(NamedTuple):
    """One cell's answers to one task with one decoding; its fields are columns of the table."""

    student: str
    arm: str
    seed: int
    decoding: str
    task: str

    @property
    def path(self) -> Path:
        """The file of these answers."""
        return answers_path(*self)


def answer_table(
    answer_set: AnswerSet,
    answers: Sequence[Answer],
    graded: Sequence[GradedAnswer],
    items: Mapping[str, Item],
    *,
    shape: Architecture | str,
    same: Mapping[str, Same],
) -> "pa.Table":
    """The rows of a part, in the order of its answers.

    `inference_flops` are those of the answer on its own: a prompt's beginning that the engine read
    once for many items counts for each, as it would for a single query. They are null where the
    student's shape is not known, and `shape` says why. `memory_bytes` are the weights and the cache
    of a whole answer on its own, at 16 bits a number. `same` compares what samples say.
    """
    import pyarrow as pa

    asked = [items[answer.item] for answer in answers]
    tokens = {
        name: np.array([getattr(answer, name) for answer in answers], dtype=np.int64)
        for name in ("prompt_tokens", "thinking_tokens", "answer_tokens")
    }
    new_tokens = tokens["thinking_tokens"] + tokens["answer_tokens"]
    columns: dict[str, Any] = {
        **{name: [value] * len(answers) for name, value in answer_set._asdict().items()},
        **tokens,
        "family": [item.family for item in asked],
        "item": [answer.item for answer in answers],
        "sample": [answer.sample for answer in answers],
        "correct": [one.grade.correct for one in graded],
        "parsed": [one.grade.parsed for one in graded],
        "truncated": [one.truncated for one in graded],
        "outcome": [
            outcome_of(answer, one.grade) for answer, one in zip(answers, graded, strict=True)
        ],
        "inference_flops": [None] * len(answers)
        if isinstance(shape, str)
        else answer_flops(shape, tokens["prompt_tokens"], new_tokens),
        "prompt_flops": [None] * len(answers)
        if isinstance(shape, str)
        else prefill_flops(shape, tokens["prompt_tokens"]),
        "memory_bytes": [None] * len(answers)
        if isinstance(shape, str)
        else [_memory_bytes(shape, int(length)) for length in tokens["prompt_tokens"] + new_tokens],
        "depth": [item.depth for item in asked],
        "cluster": [item.cluster for item in asked],
        "content": [item.content for item in asked],
        "logprob_sum": [answer.logprob_sum for answer in answers],
        "f1": [
            _f1(answer, one, item) for answer, one, item in zip(answers, graded, asked, strict=True)
        ],
        "vote": _votes(answers, graded, items, same),
    }
    # Arrow would infer a type of nulls for a `depth` that no item of the task has.
    schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in COLUMNS.items()])
    return pa.table(columns, schema=schema)


def with_grades(
    table: "pa.Table",
    grades: Mapping[int, Grade],
    items: Mapping[str, Item],
    same: Mapping[str, Same],
) -> "pa.Table":
    """The table with other grades in some of its rows.

    What rules could not read is compared with nothing: where the item's grader names answers, such
    a sample votes alone.
    """
    import pyarrow as pa

    columns = {name: table[name].to_pylist() for name in ("correct", "parsed", "outcome", "vote")}
    asked, samples = table["item"].to_pylist(), table["sample"].to_pylist()
    for row, grade in grades.items():
        columns["correct"][row], columns["parsed"][row] = grade.correct, grade.parsed
        columns["outcome"][row] = regraded(columns["outcome"][row], grade)
        if not grade.parsed:
            columns["vote"][row] = None
        elif columns["vote"][row] is None and items[asked[row]].grader in same:
            columns["vote"][row] = samples[row]
    for name, values in columns.items():
        place = table.schema.get_field_index(name)
        table = table.set_column(
            place, table.schema.field(place), [pa.array(values, table.schema.field(place).type)]
        )
    return table


def write_table(path: Path, tables: "Sequence[pa.Table]") -> None:
    """Write the rows of all parts as one parquet file: the same rows give the same bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with atomic_path(path) as temporary:
        # Chunks become row groups: without this the bytes would tell how the rows were gathered.
        whole = pa.concat_tables(tables).combine_chunks()
        pq.write_table(whole, temporary, compression="zstd")


def _memory_bytes(shape: Architecture, tokens: int) -> float:
    """Of the weights and the cache of one sequence."""
    need = answering_memory(shape, sequences=1, tokens=tokens, weight_bytes=2, cache_bytes=2)
    return need.weights + need.cache


def _votes(
    answers: Sequence[Answer],
    graded: Sequence[GradedAnswer],
    items: Mapping[str, Item],
    same: Mapping[str, Same],
) -> list[int | None]:
    """What each answer votes for among the samples of its item."""
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, answer in enumerate(answers):
        rows_of[answer.item].append(row)
    votes: list[int | None] = [None] * len(answers)
    for item, rows in rows_of.items():
        samples, grades = [answers[row].sample for row in rows], [graded[row].grade for row in rows]
        for row, vote in zip(rows, votes_of(samples, grades, items[item], same), strict=True):
            votes[row] = vote
    return votes


def _f1(answer: Answer, graded: GradedAnswer, item: Item) -> float | None:
    if item.grader not in F1:
        return None
    return 0.0 if graded.truncated else F1[item.grader](answer.without_trace, item)
