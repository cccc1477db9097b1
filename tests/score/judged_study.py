"""A study of one student and one task that judges score."""

import pyarrow.parquet as pq
from tests.score.test_score import CONFIG

from breakeven.core.files import write_json, write_rows
from breakeven.core.layout import answers_path, items_path, task_path
from breakeven.models.pointer import BasePointer, write_pointer
from breakeven.params import Params
from breakeven.rows.answer import Answer
from breakeven.rows.item import Item
from breakeven.rows.traces import split_trace

ITEMS = [
    Item(f"s{n}", "sums", "math-open", f"What is {n}+{7 - n}?", "7", f"sum {n}", "math")
    for n in range(4)
]
# What rules read, what they do not, what names no answer, and what was cut.
TEXTS = ["7", "It is perhaps seven.", "No idea at all, sorry", "<think>perhaps seven"]


def study(judges, arms=("ift", "reasoning"), audit=0, **grading) -> Params:
    """Params of one student and one task; `judges` maps a name to a server's URL."""
    return Params.model_validate(
        {
            "study": "tiny",
            "sources": {"s": {"kind": "jsonl", "path": "s.jsonl"}},
            "teacher": {"kind": "solver", "tokenizer": "t"},
            "corpora": {"c": {"sources": ["s"]}},
            "students": {"tinystudent": {"base": {"kind": "folder", "path": "base"}}},
            "arms": {name: {"corpus": "c", "reasoning_share": 0.0} for name in arms},
            "tasks": {"sums": {"kind": "jsonl", "path": "sums.jsonl", "family": "math-open"}},
            "answering": {"max_new_tokens": 9, "decodings": {"greedy": {}}},
            "grading": {
                "audit": audit,
                "judges": {
                    name: {
                        "model": "teacher",
                        "base_url": url,
                        "key_variable": "JUDGE_KEY",
                        "attempts": 2,
                        **more,
                    }
                    for name, (url, more) in judges.items()
                },
                **grading,
            },
        }
    )


def lay(params, texts=TEXTS, items=ITEMS, by_arm=()):
    write_json(items_path().parents[1] / "base/config.json", CONFIG)
    write_rows(task_path("sums"), items)
    write_pointer("tinystudent", BasePointer("folder", "base", "digest"))
    for arm in params.arms:
        said = dict(by_arm).get(arm, texts)
        rows = [
            Answer(item.id, 0, text, "stop", 10, 3, 2, split_trace(text).closed)
            for item, text in zip(items, said, strict=True)
        ]
        write_rows(answers_path("tinystudent", arm, 0, "greedy", "sums"), rows)


def grades():
    rows = pq.read_table(items_path()).to_pylist()
    return [(row["correct"], row["parsed"], row["truncated"]) for row in rows]
