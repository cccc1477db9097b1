"""Every benchmark of the catalogue loads from data with its schema, renders, and is graded."""

import re
from pathlib import Path
from typing import Any

import pytest
from tests.catalogue.schemas import COQA_ROW, SCHEMAS, STORY, Schema, write_dataset
from tests.conftest import ROOT
from tests.grading.written import grade_text

from breakeven.catalogue.benchmark import catalogue, parse_catalogue
from breakeven.catalogue.benchmark_items import catalogue_items
from breakeven.core.errors import InputError
from breakeven.hubdata.load_notes import LoadNotes
from breakeven.params import CatalogueTask
from breakeven.rendering import render_prompt
from breakeven.rows.item import Item
from breakeven.tasks.task_items import load_items

# The study's tables: v1's twelve by family, then what v2 adds.
STUDY = {
    "general-mc": {"winogrande", "openbookqa", "mmlu-misc"},
    "general-open": {"squad", "coqa", "ifeval"},
    "math-mc": {"aqua-rat", "mmlu-math", "mmlu-pro-math"},
    "math-open": {"gsm8k", "math-500", "aime"},
    "extra-mc": {"mmlu-pro-law", "mmlu-pro-code", "mmlu-pro-physics"},
    "extra-open": {"consumer-qa", "c-summarization", "scibench"},
}
BENCHMARKS = catalogue().benchmarks


def task(benchmark: str, **more: Any) -> CatalogueTask:
    return CatalogueTask.model_validate(
        {"kind": "catalogue", "benchmark": benchmark, "folder": "copy", **more}
    )


def items_from(project: Path, benchmark: str, schema: Schema, **more: Any) -> list[Item]:
    row = BENCHMARKS[benchmark]
    write_dataset(project / "copy", schema.features, schema.rows, row.config, row.split)
    return load_items("t", task(benchmark, **more))


def test_the_catalogue_holds_the_studys_eighteen_benchmarks_in_their_families() -> None:
    found: dict[str, set[str]] = {}
    for name, benchmark in BENCHMARKS.items():
        found.setdefault(benchmark.family, set()).add(name)
    assert found == STUDY
    assert set(SCHEMAS) == set(BENCHMARKS)


def test_only_scibench_has_no_pinned_commit() -> None:
    commit = re.compile("[0-9a-f]{40}")
    branches = [name for name, row in BENCHMARKS.items() if not commit.fullmatch(row.revision)]
    assert branches == ["scibench"]


@pytest.mark.parametrize("benchmark", sorted(BENCHMARKS))
def test_a_benchmark_loads_renders_and_is_graded(project: Path, benchmark: str) -> None:
    from transformers import AutoTokenizer

    schema, row = SCHEMAS[benchmark], BENCHMARKS[benchmark]
    first = items_from(project, benchmark, schema)[0]

    assert (first.family, first.grader) == (row.family, row.grader)
    if row.grader == "ifeval":
        assert first.prompt == schema.rows[0]["prompt"]
    else:
        assert first.prompt.endswith(r"put the answer, and only the answer, inside \boxed{}.") or (
            first.prompt.endswith(r"Put the answer, and only the answer, inside \boxed{}.")
        )
    if row.chance is not None:
        assert first.chance == pytest.approx(row.chance)
        assert f"\n{first.reference}) " in first.prompt

    tokenizer = AutoTokenizer.from_pretrained(ROOT / "assets/tabletop/t2m")
    assert len(render_prompt(tokenizer, first.prompt)) > len(first.prompt.split())

    if row.grader == "judge":
        assert not grade_text("Doubles it.", "end", first).grade.parsed
    else:
        assert grade_text(
            f"<think>{schema.wrong}</think> {schema.right}", "end", first
        ).grade.correct
        assert not grade_text(schema.wrong, "end", first).grade.correct


def test_a_multiple_choice_prompt_keeps_the_order_of_the_data_set(project: Path) -> None:
    first = items_from(project, "aqua-rat", SCHEMAS["aqua-rat"])[0]
    question, choices, instruction = first.prompt.partition("\nA) 2\nB) 3\nC) 4\nD) 6\nE) 12\n\n")
    assert question == SCHEMAS["aqua-rat"].rows[0]["question"]
    assert choices
    assert instruction.startswith("Answer with the letter of the right choice.")
    assert (first.choices, first.reference) == (("2", "3", "4", "6", "12"), "B")


def test_a_conversation_asks_each_question_after_those_before_it(project: Path) -> None:
    first, second = items_from(project, "coqa", SCHEMAS["coqa"])
    assert f"{STORY}\n\nQ: What does Mira have?\n\n" in first.prompt
    assert "Q: What does Mira have?\nA: a goat\nQ: When is it fed?\n\n" in second.prompt
    assert first.meta["answers"] == ["a goat", "a grey goat", "goat"]
    assert (first.id, second.id) == ("00000-00", "00000-01")
    assert first.cluster == second.cluster


def test_questions_about_one_passage_share_a_cluster_and_keep_all_answers(project: Path) -> None:
    first, second = items_from(project, "squad", SCHEMAS["squad"])
    assert first.cluster == second.cluster
    assert first.cluster is not None
    assert first.content != second.content
    assert first.meta["answers"] == ["Monday", "on Monday"]


def test_only_rows_of_the_kept_subjects_become_items(project: Path) -> None:
    (only,) = items_from(project, "mmlu-math", SCHEMAS["mmlu-math"])
    assert (only.id, only.reference) == ("00001", "C")


def test_instructions_of_ifeval_come_without_the_arguments_they_do_not_have(project: Path) -> None:
    (only,) = items_from(project, "ifeval", SCHEMAS["ifeval"])
    assert only.meta["instruction_id_list"] == ["punctuation:no_comma", "keywords:existence"]
    assert only.meta["kwargs"] == [{}, {"keywords": ["gate"]}]
    assert only.meta["prompt"] == only.prompt


def test_the_number_after_the_marks_is_the_reference(project: Path) -> None:
    (only,) = items_from(project, "gsm8k", SCHEMAS["gsm8k"])
    assert only.reference == "1,200"


def test_a_unit_is_asked_for_and_kept(project: Path) -> None:
    (only,) = items_from(project, "scibench", SCHEMAS["scibench"])
    assert "\n\nUnit of the answer: s\n\n" in only.prompt
    assert only.meta == {"relative_tolerance": 0.05, "unit": "s"}


def test_a_sample_is_seeded_keeps_its_order_and_its_ids(project: Path) -> None:
    rows = [{"problem": f"What is {n} + 1?", "answer": str(n + 1), "id": str(n)} for n in range(30)]
    schema = SCHEMAS["aime"]._replace(rows=rows)
    every = {item.id: item for item in items_from(project, "aime", schema)}
    chosen = catalogue_items("t", task("aime", items=8, seed=1), LoadNotes())
    assert chosen == catalogue_items("t", task("aime", items=8, seed=1), LoadNotes())
    assert [item.id for item in chosen] != [f"{n:05d}" for n in range(8)]
    assert [item.id for item in chosen] == sorted(item.id for item in chosen)
    assert all(every[item.id] == item for item in chosen)
    assert len(chosen) == 8


AIME, GSM8K, OPENBOOKQA = SCHEMAS["aime"], SCHEMAS["gsm8k"], SCHEMAS["openbookqa"]


def changed(schema: Schema, **values: Any) -> Schema:
    return schema._replace(rows=[{**schema.rows[0], **values}])


@pytest.mark.parametrize(
    ("benchmark", "schema", "message"),
    [
        ("aime", GSM8K, r"catalogue\.yaml: aime: .*'problem'.*allowed: answer, question"),
        ("aime", changed(AIME, answer=""), "aime: .*row 0: answer: empty"),
        ("aime", changed(AIME, answer=None), "row 0: answer: NoneType where text is needed"),
        ("gsm8k", changed(GSM8K, answer="1200"), "row 0: answer: nothing in it matches '####"),
        (
            "openbookqa",
            changed(OPENBOOKQA, answerKey="E"),
            "row 0: answerKey: 'E' is not the letter of one of 4 choices",
        ),
        (
            "openbookqa",
            changed(OPENBOOKQA, choices={"text": ["hot"], "label": ["A"]}),
            r"row 0: choices\.text: 1 choices; use 2 to 26",
        ),
        (
            "coqa",
            changed(
                SCHEMAS["coqa"],
                questions={"input_text": ["What?"], "turn_id": [1]},
                answers=COQA_ROW["answers"],
            ),
            r"row 0: answers\.input_text: 2 answers to 1 questions",
        ),
        (
            "mmlu-math",
            SCHEMAS["mmlu-misc"],
            "no row of it belongs to mmlu-math",
        ),
    ],
)
def test_a_data_set_that_is_not_as_the_catalogue_says_is_one_line(
    project: Path, benchmark: str, schema: Schema, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        items_from(project, benchmark, schema)
    assert "\n" not in str(caught.value)


def test_a_benchmark_that_is_not_there_gets_the_closest_name(project: Path) -> None:
    with pytest.raises(InputError, match=r"tasks\.t\.benchmark: 'gsm8'.*did you mean 'gsm8k'"):
        catalogue_items("t", task("gsm8"), LoadNotes())


def test_more_items_than_there_are_is_an_error(project: Path) -> None:
    with pytest.raises(InputError, match=r"tasks\.t\.items: value is 3; aime has 1"):
        items_from(project, "aime", AIME, items=3)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("colour", "blue", r"benchmarks\.a\.colour: Extra inputs"),
        ("family", "math-mc", r"benchmarks\.a: .*family: 'math-mc' with choices None"),
        ("instruction", "box", "instruction: 'box' is none; allowed: plain"),
        ("answer", "letter", "answer: 'letter' does not fit the family 'math-open'"),
    ],
)
def test_a_bad_row_of_the_catalogue_is_named(key: str, value: str, message: str) -> None:
    import yaml

    row = {
        "repo": "a/b",
        "revision": "main",
        "split": "test",
        "fields": {"question": "q", "answer": "a"},
        "instruction": "plain",
        "grader": "math",
        "family": "math-open",
        "rows": 1,
        "items": 1,
        "source": "made up",
    }
    table = {"instructions": {"plain": ""}, "benchmarks": {"a": {**row, key: value}}}
    with pytest.raises(InputError, match=message):
        parse_catalogue(yaml.safe_dump(table))


def test_the_version_of_the_data_set_that_was_read_is_noted(project: Path) -> None:
    write_dataset(project / "copy", AIME.features, AIME.rows, None, "test")
    notes = LoadNotes()
    catalogue_items("t", task("aime"), notes)
    read = notes.details()["data_set"]
    assert (read["place"], read["split"], read["rows"]) == ("copy", "test", 1)
    assert (read["revision"], read["commit"]) == (BENCHMARKS["aime"].revision, None)
