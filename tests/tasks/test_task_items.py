"""Items of a task: from a generator or a file, the same each time."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from breakeven.core.errors import InputError
from breakeven.params import JsonlTask, ProceduralSource, ProceduralTask
from breakeven.prompts.source_prompts import load_prompts
from breakeven.tasks.task_items import load_items


def procedural(form: str, family: str) -> ProceduralTask:
    return ProceduralTask.model_validate(
        {"kind": "procedural", "problem": "chain", "format": form, "family": family, "items": 40}
    )


def jsonl(
    project: Path, *rows: dict[str, Any], family: str = "math-open", **more: Any
) -> JsonlTask:
    (project / "task.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return JsonlTask.model_validate(
        {"kind": "jsonl", "path": "task.jsonl", "family": family, **more}
    )


def test_both_formats_ask_the_same_problems() -> None:
    opened = load_items("chain-open", procedural("open", "math-open"))
    choice = load_items("chain-mc", procedural("choice", "math-mc"))
    assert [item.content for item in opened] == [item.content for item in choice]
    assert [item.depth for item in opened] == [item.depth for item in choice]
    for one, other in zip(opened, choice, strict=True):
        assert other.choices["ABCD".index(other.reference)] == one.reference
        assert other.prompt.startswith(one.prompt)
    assert choice[0].chance == 0.25
    assert opened[0].chance is None


def test_test_items_and_training_prompts_share_no_content() -> None:
    items = load_items("t", procedural("open", "math-open"))
    source = ProceduralSource.model_validate(
        {"kind": "procedural", "problem": "chain", "prompts": 400}
    )
    prompts = load_prompts("s", source)
    assert not {item.content for item in items} & {prompt.content for prompt in prompts}


def test_formats_of_training_prompts_are_shared_evenly_at_every_depth() -> None:
    source = ProceduralSource.model_validate(
        {"kind": "procedural", "problem": "chain", "prompts": 1200}
    )
    prompts = load_prompts("s", source)
    assert sum(prompt.format == "open" for prompt in prompts) == 600
    for depth in {prompt.depth for prompt in prompts}:
        formats = [prompt.format for prompt in prompts if prompt.depth == depth]
        assert 0.35 < formats.count("open") / len(formats) < 0.65


def test_a_choice_given_as_text_becomes_its_letter(project: Path) -> None:
    task = jsonl(
        project,
        {"question": "Who?", "choices": ["Ann", "Bob"], "reference": "Bob", "cluster": "p1"},
        {"question": "Who?", "choices": ["Ann", "Bob", "Cy"], "reference": "A"},
        family="general-mc",
    )
    first, second = load_items("t", task)
    assert (first.reference, first.prompt, first.cluster) == ("B", "Who?\nA) Ann\nB) Bob", "p1")
    assert (second.reference, second.grader, second.chance) == ("A", "letter", 1 / 3)


def test_a_sample_of_a_file_is_seeded_and_keeps_its_order(project: Path) -> None:
    rows = [{"question": str(n), "reference": "1"} for n in range(50)]
    chosen = [load_items("t", jsonl(project, *rows, items=10, seed=3)) for _ in range(2)]
    assert chosen[0] == chosen[1]
    assert len(chosen[0]) == 10
    assert [item.id for item in chosen[0]] == sorted(item.id for item in chosen[0])


@pytest.mark.parametrize(
    ("rows", "family", "message"),
    [
        ([{"question": "a"}], "math-open", "line 1: reference: Field required"),
        ([{"question": "a", "reference": "1", "x": 1}], "math-open", "line 1: x: Extra inputs"),
        ([{"question": "a", "reference": " \n"}], "math-open", "line 1: reference: "),
        ([{"question": "\t", "reference": "1"}], "math-open", "line 1: question: "),
        ([{"question": "a", "reference": "1", "id": ""}], "math-open", "line 1: id: "),
        ([{"question": "a", "reference": "1", "id": "\ud800"}], "math-open", "line 1: id: "),
        ([{"question": "a", "reference": "1", "depth": -1}], "math-open", "line 1: depth: "),
        ([{"question": "a", "reference": "1", "depth": 2**63}], "math-open", "line 1: depth: "),
        (
            [{"question": "a", "reference": "1", "depth": True}],
            "math-open",
            "line 1: depth: value is true; use a whole number",
        ),
        (
            [{"question": "a", "choices": ["x", "y", "x "], "reference": "x"}],
            "math-mc",
            "line 1: choices: 'x' is given twice; change or remove one",
        ),
        (
            [{"question": "a", "choices": ["x", "\udfff"], "reference": "x"}],
            "math-mc",
            "line 1: choices.1: ",
        ),
        ([], "math-open", "no rows; a task needs at least one item"),
        ([{"question": "a", "reference": "1"}], "math-mc", "line 1: no choices in a row"),
        (
            [{"question": "a", "choices": ["x", "y"], "reference": "z"}],
            "math-mc",
            "line 1: reference: 'z' is neither a choice nor one of the letters AB",
        ),
        (
            [{"id": "q", "question": "a", "reference": "1"}] * 2,
            "math-open",
            "id 'q' is given to two rows",
        ),
    ],
)
def test_a_bad_row_is_named(
    project: Path, rows: list[dict[str, Any]], family: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        load_items("t", jsonl(project, *rows, family=family))


def test_ids_of_a_long_file_are_compared_in_a_moment(project: Path) -> None:
    count = 40_000
    rows = [{"question": "a", "reference": "1", "id": str(min(n, count - 2))} for n in range(count)]
    task = jsonl(project, *rows)
    before = time.process_time()
    with pytest.raises(InputError, match=f"id '{count - 2}' is given to two rows"):
        load_items("t", task)
    assert time.process_time() - before < 5
