"""Pairs: a rule judges the pair, and no test content is trained on."""

import csv
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from breakeven.errors import InputError
from breakeven.files import write_rows
from breakeven.layout import distilled_path, dropped_path, pairs_path, prompts_path, task_path
from breakeven.pairs.build import build_pairs
from breakeven.pairs.decontaminate import gather
from breakeven.pairs.pair import Pair, read_pairs, with_trace, write_pairs
from breakeven.params import Corpus
from breakeven.prompts.prompt import Prompt
from breakeven.records import read_record
from breakeven.tasks.items import Item
from breakeven.teacher.completion import Completion


def params(ngram_words: int | None = None) -> Any:
    corpus = Corpus.model_validate(
        {"sources": ["s"], "decontamination": {"ngram_words": ngram_words}}
    )
    return SimpleNamespace(corpora={"c": corpus}, tasks={"t": None})


def lay(prompts: list[Prompt], plain: list[Completion], traced: list[Completion]) -> None:
    write_rows(prompts_path("s"), prompts)
    write_rows(distilled_path("s", "ift"), plain)
    write_rows(distilled_path("s", "reasoning"), traced)
    item = Item(
        id="0",
        task="t",
        family="math-open",
        prompt="What is  2 plus 2, say the wise ones of old?",
        reference="4",
        content="sum 2 2",
        grader="exact",
    )
    write_rows(task_path("t"), [item])


def prompt(number: int, text: str = "Say it.", content: str | None = None) -> Prompt:
    return Prompt(id=f"s-{number}", source="s", prompt=text, content=content or f"c{number}")


def completion(number: int, style: str, **changes: Any) -> Completion:
    values = {
        "thinking": "steps" if style == "reasoning" else "",
        "answer": "4",
        "prompt_tokens": 3,
        "thinking_tokens": 5 if style == "reasoning" else 0,
        "answer_tokens": 1,
    }
    return Completion(id=f"s-{number}", style=style, **{**values, **changes})


def test_a_bad_completion_drops_both_styles_with_the_reason(project: Path) -> None:
    lay(
        [prompt(number) for number in range(5)],
        [
            completion(0, "ift"),
            completion(1, "ift", stop="length"),
            completion(2, "ift", answer=" "),
            completion(3, "ift"),
            completion(4, "ift"),
        ],
        [
            completion(0, "reasoning"),
            completion(1, "reasoning"),
            completion(2, "reasoning"),
            completion(3, "reasoning", closed=False),
            completion(4, "reasoning", thinking=""),
        ],
    )
    build_pairs(params(), "c")
    assert [pair.id for pair in read_pairs(pairs_path("c"))] == ["s-0"]
    with dropped_path("c").open() as handle:
        reasons = {row["id"]: row["reason"] for row in csv.DictReader(handle)}
    assert reasons == {
        "s-1": "a completion was cut at the limit",
        "s-2": "an answer is empty",
        "s-3": "the trace is missing or unclosed",
        "s-4": "the trace is missing or unclosed",
    }
    record = read_record("pairs", "c")
    assert record.metrics == {"kept": 1, "dropped": 4}
    assert record.tokens == {"prompt": 3, "reasoning": 6, "ift": 1}


@pytest.mark.parametrize(
    ("text", "content", "ngram_words", "reason"),
    [
        ("Other words.", "sum 2 2", None, "same content as a test item"),
        ("what is 2 PLUS 2, say the wise ones of old?", "x", None, "same prompt as a test item"),
        ("I ask: what is 2 plus 2, say the wise?", "x", 8, "shares 8 words in a row"),
        ("I ask: what is 2 plus 2, say the wise?", "x", None, None),
        ("what is 2 plus 2, say the", "x", 8, None),
    ],
)
def test_what_is_near_a_test_item_is_dropped(
    text: str, content: str, ngram_words: int | None, reason: str | None
) -> None:
    tests = gather([("What is  2 plus 2, say the wise ones of old?", "sum 2 2")], ngram_words)
    found = tests.overlap(text, content)
    assert found is None if reason is None else reason in str(found)


def test_a_missing_completion_names_the_stage_to_run(project: Path) -> None:
    lay([prompt(0)], [completion(0, "ift")], [])
    with pytest.raises(InputError, match="no completion of s-0; run `dvc repro distill@s-reas"):
        build_pairs(params(), "c")


def test_a_corpus_without_pairs_says_why(project: Path) -> None:
    lay([prompt(0, content="sum 2 2")], [completion(0, "ift")], [completion(0, "reasoning")])
    with pytest.raises(InputError, match=r"no pair is left of 1; .*same content as a test item"):
        build_pairs(params(), "c")


def test_the_same_pairs_give_the_same_bytes(tmp_path: Path) -> None:
    pairs = [Pair("a", "s", "c", "p", with_trace("t", "1"), "1", 1, None, 3)]
    write_pairs(tmp_path / "a.parquet", pairs)
    write_pairs(tmp_path / "b.parquet", pairs)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert read_pairs(tmp_path / "a.parquet") == pairs
