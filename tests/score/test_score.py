"""The table of scores: complete, in the order of params.yaml, and its errors."""

import time
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from breakeven.core.errors import InputError
from breakeven.core.files import digest_file, read_rows, write_json, write_rows
from breakeven.core.layout import answers_path, items_path, task_path
from breakeven.core.records import read_record
from breakeven.costs.exact import answer_flops, prefill_flops
from breakeven.costs.model_shapes import load_architecture
from breakeven.models.pointer import BasePointer, write_pointer
from breakeven.params import Params
from breakeven.rows.answer import Answer
from breakeven.rows.item import Item
from breakeven.rows.outcomes import OUTCOMES
from breakeven.rows.traces import split_trace
from breakeven.score.item_rows import COLUMNS
from breakeven.score.stage import run as score

CONFIG = {
    "model_type": "qwen2",
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 64,
    "vocab_size": 200,
    "tie_word_embeddings": True,
}
ITEMS = {
    "sums": [
        Item("s1", "sums", "math-open", "1+1?", "2", "sum 1+1", "exact", depth=1),
        Item("s2", "sums", "math-open", "2+2?", "4", "sum 2+2", "exact", depth=2, cluster="k"),
    ],
    "picks": [
        Item("p1", "picks", "general-mc", "?", "B", "pick 1", "letter", choices=("1", "2")),
    ],
}
TEXTS = {"s1": "2", "s2": "<think>\n2+2 = 4", "p1": "I cannot tell"}


def study(students=("a",), arms=("ift",), decodings=None, items=None) -> Params:
    tasks = {
        "sums": {"kind": "jsonl", "path": "sums.jsonl", "family": "math-open"},
        "picks": {"kind": "jsonl", "path": "picks.jsonl", "family": "general-mc"},
    }
    return Params.model_validate(
        {
            "study": "tiny",
            "sources": {"s": {"kind": "jsonl", "path": "s.jsonl"}},
            "teacher": {"kind": "solver", "tokenizer": "t"},
            "corpora": {"c": {"sources": ["s"]}},
            "students": {name: {"base": {"kind": "folder", "path": "base"}} for name in students},
            "arms": {name: {"corpus": "c", "reasoning_share": 0.0} for name in arms},
            "tasks": {name: tasks[name] for name in items or ITEMS},
            "answering": {"max_new_tokens": 9, "decodings": decodings or {"greedy": {}}},
        }
    )


def answer(item, sample=0, text=None, stop="stop", closed=None):
    text = TEXTS[item] if text is None else text
    closed = split_trace(text).closed if closed is None else closed
    return Answer(item, sample, text, stop, 10, 3, 2, closed)


def lay(params, items=None):
    write_json(items_path().parents[1] / "base/config.json", CONFIG)
    items = items or ITEMS
    for task, rows in items.items():
        write_rows(task_path(task), rows)
    for student in params.students:
        write_pointer(student, BasePointer("folder", "base", "digest"))
        for arm in params.arms:
            for decoding, settings in params.answering.decodings.items():
                for task, rows in items.items():
                    write_rows(
                        answers_path(student, arm, 0, decoding, task),
                        [
                            answer(item.id, sample, TEXTS.get(item.id, item.reference))
                            for item in rows
                            for sample in range(settings.samples)
                        ],
                    )


def rows():
    return pq.read_table(items_path()).to_pylist()


def test_every_answer_is_a_row_with_the_columns_that_others_read(project):
    params = study()
    lay(params)
    score(params)
    assert pq.read_schema(items_path()).names == list(COLUMNS)
    first, second, third = rows()
    flops = answer_flops(load_architecture("base"), 10, 5)
    assert first == {
        "student": "a",
        "arm": "ift",
        "seed": 0,
        "decoding": "greedy",
        "task": "sums",
        "family": "math-open",
        "item": "s1",
        "sample": 0,
        "correct": True,
        "parsed": True,
        "truncated": False,
        "outcome": "right",
        "prompt_tokens": 10,
        "thinking_tokens": 3,
        "answer_tokens": 2,
        "inference_flops": float(flops),
        "prompt_flops": float(prefill_flops(load_architecture("base"), 10)),
        # Two bytes a weight; and of 15 tokens, in two layers, a key and a value of two heads.
        "memory_bytes": 2.0 * load_architecture("base").total_parameters + 2 * 15 * 2 * 2 * 2 * 8,
        "depth": 1,
        "cluster": None,
        "content": "sum 1+1",
        "f1": None,
        "vote": 0,
        "logprob_sum": None,
    }
    assert (second["correct"], second["truncated"], second["cluster"]) == (False, True, "k")
    assert (third["correct"], third["parsed"], third["truncated"]) == (False, False, False)
    assert third["depth"] is None
    assert [row["outcome"] for row in (first, second, third)] == ["right", "unclosed", "unparsed"]


def test_the_log_probability_of_an_answer_reaches_its_row(project):
    params = study(items=["sums"])
    lay(params, {"sums": ITEMS["sums"]})
    path = answers_path("a", "ift", 0, "greedy", "sums")
    told, *others = read_rows(path, Answer)
    told = replace(told, thinking_logprob_sum=-1.5, answer_logprob_sum=-0.25)
    write_rows(path, [told, *others])
    score(params)
    assert [row["logprob_sum"] for row in rows()] == [-1.75, *[None] * len(others)]


def test_an_answer_that_loops_is_told_from_one_that_is_only_cut(project):
    params = study(items=["sums"])
    lay(params, {"sums": ITEMS["sums"]})
    path = answers_path("a", "ift", 0, "greedy", "sums")
    loop = answer("s1", text="<think>" + "1 + 1 is 2. " * 40, stop="length", closed=False)
    long = answer("s2", text="<think>" + "".join(f"{n} + " for n in range(99)), stop="length")
    write_rows(path, [loop, long])
    score(params)
    assert [row["outcome"] for row in rows()] == ["looping", "cut"]
    assert all(row["truncated"] for row in rows())


def test_samples_that_say_the_same_have_one_vote(project):
    items = {"sums": [Item("s1", "sums", "math-open", "1/4+1/4?", "1/2", "sum", "math")]}
    params = study(decodings={"five": {"temperature": 1.0, "samples": 5}}, items=items)
    lay(params, items)
    texts = ["0.5", "It is 3.", "<think>\nso 1/2", "1/2", "I do not know."]
    path = answers_path("a", "ift", 0, "five", "sums")
    write_rows(path, [answer("s1", number, text) for number, text in enumerate(texts)])
    score(params)
    assert [row["vote"] for row in rows()] == [0, 1, None, 0, None]
    assert [row["correct"] for row in rows()] == [True, False, False, True, False]


def test_cells_come_from_params_in_their_order_and_leftovers_are_not_read(project):
    params = study(students=("b", "a"), arms=("reasoning", "ift"))
    lay(study(students=("a", "b", "gone"), arms=("ift", "reasoning", "gone")))
    score(params)
    cells = [(row["student"], row["arm"]) for row in rows()]
    assert list(dict.fromkeys(cells)) == [
        ("b", "reasoning"), ("b", "ift"), ("a", "reasoning"), ("a", "ift"),
    ]  # fmt: skip


def test_the_same_answers_give_the_same_bytes(project):
    params = study()
    lay(params)
    score(params)
    first = digest_file(items_path())
    items_path().unlink()
    score(params)
    assert digest_file(items_path()) == first


def test_the_record_counts_by_cell(project):
    params = study()
    lay(params)
    score(params)
    record = read_record("score")
    assert record.metrics == {"rows": 3, "correct": 1, "unparsed": 2, "truncated": 1}
    assert [cell["correct"] for cell in record.details["cells"]] == [1, 0]
    first = record.details["cells"][0]["outcomes"]
    assert first == dict.fromkeys(OUTCOMES, 0) | {"right": 1, "unclosed": 1}


def test_every_sample_of_a_decoding_is_a_row(project):
    params = study(decodings={"vote": {"temperature": 1.0, "samples": 3}})
    lay(params)
    score(params)
    assert [(row["item"], row["sample"]) for row in rows()][:3] == [("s1", 0), ("s1", 1), ("s1", 2)]


SUMS = answers_path("a", "ift", 0, "greedy", "sums")


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([answer("s1")], r"sums\.jsonl: sample 0 of s2 is missing, each item needs 1"),
        ([answer("s1"), answer("s2"), answer("p1")], r"line 3: item: 'p1' is not in data/tasks"),
        ([answer("s1"), answer("s1"), answer("s2")], r"line 2: sample 0 of s1 is there twice"),
        ([answer("s1"), answer("s2"), answer("s2", 1)], r"too many samples, each item needs 1"),
        (None, r"answers/a/ift/0/greedy/sums\.jsonl: no such file; run `dvc repro answer@a`"),
    ],
)
def test_answers_that_do_not_match_the_items_are_refused(project, answers, message):
    params = study()
    lay(params)
    if answers is None:
        SUMS.unlink()
    else:
        write_rows(SUMS, answers)
    with pytest.raises(InputError, match=message):
        score(params)
    assert not items_path().exists()


def test_a_trace_that_the_prompt_opened_and_nobody_closed_is_no_answer(project):
    """Its text has no marks: only the engine knows."""
    params = study(items={"sums": ITEMS["sums"]})
    lay(params, {"sums": ITEMS["sums"]})
    rows = [answer("s1", text="2", closed=False), answer("s2", text="so\n</think>\n\n4")]
    write_rows(answers_path("a", "ift", 0, "greedy", "sums"), rows)
    score(params)
    table = pq.read_table(items_path()).to_pylist()
    assert [row["truncated"] for row in table] == [True, False]
    assert [row["correct"] for row in table] == [False, True]


def test_an_item_that_is_there_twice_is_refused(project):
    params = study()
    lay(params)
    write_rows(task_path("sums"), [ITEMS["sums"][0]] * 2)
    with pytest.raises(InputError, match=r"sums\.jsonl: line 2: id: 's1' is there twice"):
        score(params)


def test_tens_of_thousands_of_rows_take_seconds(project):
    items = {
        "sums": [
            Item(f"s{n}", "sums", "math-open", f"{n}?", str(n), f"sum {n}", "exact")
            for n in range(5000)
        ]
    }
    params = study(students=("a", "b"), items=items)
    lay(params, items)
    assert len(read_rows(SUMS, Answer)) == 5000
    started = time.process_time()
    score(params)
    assert time.process_time() - started < 3
    assert len(rows()) == 10_000
