"""Pairs: a rule judges the pair, and no test content is trained on."""

import csv
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from breakeven.core.errors import InputError
from breakeven.core.files import write_rows
from breakeven.core.layout import distilled_path, dropped_path, pairs_path, prompts_path, task_path
from breakeven.core.records import read_record
from breakeven.core.sides import side_of
from breakeven.pairs.decontaminate import normalise
from breakeven.pairs.stage import run as build_pairs
from breakeven.params import Corpus, JsonlTask
from breakeven.rows.completion import Completion
from breakeven.rows.content import content_of
from breakeven.rows.item import Item
from breakeven.rows.pair import Pair, iter_pairs, read_pairs, write_pairs
from breakeven.rows.prompt import Prompt
from breakeven.rows.traces import with_trace

TASK = JsonlTask(kind="jsonl", path="t.jsonl", family="math-open")


def params(**rules: Any) -> Any:
    corpus = Corpus.model_validate({"sources": ["s"], "rules": rules})
    return SimpleNamespace(corpora={"c": corpus}, tasks={"t": TASK})


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


def prompt(number: int, content: str | None = None, **more: Any) -> Prompt:
    text = more.pop("text", f"Say {number}.")
    content = content or f"c{number}"
    return Prompt(id=f"s-{number}", source="s", prompt=text, content=content, **more)


def completion(number: int, style: str, **changes: Any) -> Completion:
    values = {
        "thinking": "steps" if style == "reasoning" else "",
        "answer": "4",
        "prompt_tokens": 3,
        "thinking_tokens": 5 if style == "reasoning" else 0,
        "answer_tokens": 1,
    }
    return Completion(id=f"s-{number}", style=style, **{**values, **changes})


BAD = [
    ({"stop": "length"}, {}, "a completion was cut at the limit"),
    ({}, {"stop": "length"}, "a completion was cut at the limit"),
    ({}, {"stop": "content_filter"}, "a completion ended by content_filter"),
    ({"answer": " "}, {}, "an answer is empty"),
    ({}, {"answer": ""}, "an answer is empty"),
    ({}, {"closed": False}, "the trace is missing or unclosed"),
    ({}, {"thinking": " "}, "the trace is missing or unclosed"),
    ({"closed": False}, {}, "the plain completion has a trace"),
    ({"thinking": "hm"}, {}, "the plain completion has a trace"),
    ({}, {"thinking": "a </think> b"}, "a think mark is inside the trace"),
    ({"answer": "<think>"}, {}, "a think mark is inside an answer"),
    ({}, {"thinking_tokens": 17}, "longer than 20 tokens in one style"),
    ({"answer_tokens": 18}, {}, "longer than 20 tokens in one style"),
]


def test_a_bad_completion_drops_both_styles_with_the_reason(project: Path) -> None:
    good = len(BAD)
    lay(
        [prompt(number) for number in range(good + 1)],
        [
            completion(number, "ift", **bad)
            for number, (bad, _, _) in enumerate([*BAD, ({}, {}, 0)])
        ],
        [
            completion(number, "reasoning", **bad)
            for number, (_, bad, _) in enumerate([*BAD, ({}, {}, 0)])
        ],
    )
    build_pairs(params(max_tokens=20), "c")
    assert [pair.id for pair in read_pairs(pairs_path("c"))] == [f"s-{good}"]
    with dropped_path("c").open() as handle:
        reasons = [(row["id"], row["reason"]) for row in csv.DictReader(handle)]
    assert reasons == [(f"s-{number}", reason) for number, (_, _, reason) in enumerate(BAD)]
    record = read_record("pairs", "c")
    assert (record.metrics["kept"], record.metrics["dropped"]) == (1, good)
    assert record.details["dropped_by_reason"]["an answer is empty"] == 2
    assert record.tokens == {"prompt": 3, "reasoning": 6, "ift": 1}


def test_what_differs_by_case_and_space_from_a_prompt_of_the_tune_side_is_not_learnt(
    project: Path,
) -> None:
    asked = [f"What is {number} plus 9?" for number in range(60)]
    texts = [*asked, *(text.lower().replace(" is ", "  is ") for text in asked)]
    contents = list(map(content_of, texts))
    sides = list(map(side_of, contents))
    everything = range(len(texts))
    lay(
        [prompt(at, contents[at], text=texts[at]) for at in everything],
        [completion(at, "ift") for at in everything],
        [completion(at, "reasoning") for at in everything],
    )
    build_pairs(params(), "c")
    kept = list(read_pairs(pairs_path("c")))
    apart = [at for at in everything if sides[at] != "tune" and sides[(at + 60) % 120] == "tune"]
    assert apart  # by their digests alone they would be learnt
    assert {pair.id for pair in kept} == {f"s-{at}" for at in everything if at not in apart}
    by_side: dict[bool, set[str]] = {True: set(), False: set()}
    for pair in kept:
        by_side[side_of(pair.content) == "tune"].add(normalise(pair.prompt))
    assert not by_side[True] & by_side[False]
    record = read_record("pairs", "c")
    reason = "same prompt as one of the tune side"
    assert record.details["dropped_by_reason"] == {reason: len(apart)}


def test_a_pair_of_exactly_the_limit_stays(project: Path) -> None:
    lay(
        [prompt(0)],
        [completion(0, "ift")],
        [completion(0, "reasoning", thinking_tokens=16)],
    )
    build_pairs(params(max_tokens=20), "c")
    assert read_record("pairs", "c").metrics["kept"] == 1


def test_pairs_without_counts_pass_the_limit_and_are_counted(project: Path) -> None:
    uncounted = {"prompt_tokens": None, "thinking_tokens": None, "answer_tokens": None}
    lay(
        [prompt(0), prompt(1)],
        [completion(0, "ift", **uncounted), completion(1, "ift")],
        [completion(0, "reasoning", **uncounted), completion(1, "reasoning")],
    )
    build_pairs(params(max_tokens=20), "c")
    record = read_record("pairs", "c")
    assert record.metrics["kept"] == 2
    assert record.details["max_tokens_not_checked"] == 1
    assert record.tokens == {"prompt": None, "reasoning": None, "ift": None}
    assert record.absent["tokens.ift"] == "1 of 2 pairs came without the teacher's counts"


ANSWERS = [  # reference, grader, the plain answer, the one after a trace
    ("4", "exact", "4", "4"),
    ("4", "exact", "5", "4"),
    ("4", "exact", "4", "5"),
    (None, None, "4", "4"),
    ("4", "judge", "4", "4"),
    ("B", "letter", "The answer is B.", "\\boxed{B}"),
    ("0.5", "math", "\\boxed{\\frac12}", "It is 1/2."),
]


def lay_answers() -> None:
    lay(
        [
            prompt(number, reference=reference, grader=grader)
            for number, (reference, grader, _, _) in enumerate(ANSWERS)
        ],
        [completion(number, "ift", answer=row[2]) for number, row in enumerate(ANSWERS)],
        [completion(number, "reasoning", answer=row[3]) for number, row in enumerate(ANSWERS)],
    )


def test_agreement_asks_both_answers(project: Path) -> None:
    lay_answers()
    build_pairs(params(agreement=True), "c")
    assert [pair.id for pair in read_pairs(pairs_path("c"))] == ["s-0", "s-5", "s-6"]
    assert read_record("pairs", "c").details["dropped_by_reason"] == {
        "an answer disagrees with the reference": 2,
        "no reference to agree with": 1,
        "no rule compares an answer with the reference": 1,
    }


def test_the_teacher_is_graded_in_both_modes_on_all_prompts_and_on_kept_pairs(
    project: Path,
) -> None:
    lay_answers()
    build_pairs(params(agreement=True), "c")
    record = read_record("pairs", "c")
    everything, kept = record.details["teacher"]["all"], record.details["teacher"]["kept"]
    assert everything["prompts"] == 5  # two tell nothing: no reference, no rule
    assert record.metrics["teacher_accuracy_ift"] == everything["ift"]["value"] == 0.8
    assert record.metrics["teacher_accuracy_reasoning"] == 0.8
    # Wilson, 4 of 5 at 95%: (0.8 + z²/10 ∓ z·sqrt(0.16/5 + z²/100)) / (1 + z²/5).
    assert everything["ift"]["low"] == pytest.approx(0.37553, abs=1e-5)
    assert everything["ift"]["high"] == pytest.approx(0.96377, abs=1e-5)
    difference = everything["difference"]
    assert (difference["value"], difference["only_ift"], difference["only_reasoning"]) == (0, 1, 1)
    assert difference["low"] < 0 < difference["high"]
    assert (kept["prompts"], kept["ift"]["value"], kept["reasoning"]["value"]) == (3, 1, 1)


def test_an_unfinished_completion_is_a_wrong_answer_of_the_teacher(project: Path) -> None:
    lay(
        [prompt(number, reference="4", grader="exact") for number in range(3)],
        [completion(number, "ift") for number in range(3)],
        [
            completion(0, "reasoning"),
            completion(1, "reasoning", stop="length"),
            completion(2, "reasoning", closed=False),
        ],
    )
    build_pairs(params(), "c")
    metrics = read_record("pairs", "c").metrics
    assert metrics["teacher_accuracy_reasoning"] == pytest.approx(1 / 3)
    assert metrics["teacher_accuracy_difference"] == pytest.approx(-2 / 3)
    assert metrics["teacher_kept_accuracy_reasoning"] == 1


def test_without_references_the_teacher_s_accuracy_is_absent(project: Path) -> None:
    lay([prompt(0)], [completion(0, "ift")], [completion(0, "reasoning")])
    build_pairs(params(), "c")
    record = read_record("pairs", "c")
    assert record.metrics["teacher_accuracy_ift"] is None
    assert "no prompt has a reference" in record.absent["metrics.teacher_accuracy_ift"]
    assert record.details["teacher"]["all"]["prompts"] == 0


def test_completions_in_another_order_find_their_prompts(project: Path) -> None:
    lay(
        [prompt(number) for number in range(3)],
        [completion(number, "ift", answer=str(number)) for number in (2, 0, 1)],
        [completion(number, "reasoning") for number in (1, 2, 0)],
    )
    build_pairs(params(), "c")
    assert [pair.ift for pair in iter_pairs(pairs_path("c"))] == ["0", "1", "2"]


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
