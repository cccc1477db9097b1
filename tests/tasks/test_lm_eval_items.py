"""Tasks of lm-evaluation-harness, from task files of one's own: no network."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.grading.written import grade_text

from breakeven.core.errors import InputError, MachineError
from breakeven.params import LmEvalTask
from breakeven.rows.item import Item
from breakeven.tasks.lm_eval_items import _indexed
from breakeven.tasks.task_items import load_items

OPEN = """
task: made_up_sums
dataset_path: json
dataset_kwargs: {data_files: {test: FOLDER/sums.jsonl}}
test_split: test
output_type: generate_until
doc_to_text: "Question: {{question}}\\nAnswer:"
doc_to_target: "{{answer}}"
generation_kwargs: {until: ["\\n"]}
"""
CHOICE = """
task: made_up_colours
dataset_path: json
dataset_kwargs: {data_files: {validation: FOLDER/colours.jsonl}}
validation_split: validation
output_type: multiple_choice
doc_to_text: question
doc_to_target: label
doc_to_choice: options
"""
LETTERED = """
task: made_up_letters
dataset_path: json
dataset_kwargs: {data_files: {validation: FOLDER/colours.jsonl}}
validation_split: validation
output_type: multiple_choice
doc_to_text: "{{question}}\\nA. {{options[0]}}\\nB. {{options[1]}}\\nAnswer:"
doc_to_target: label
doc_to_choice: [A, B]
"""
LIKELIHOOD = """
task: made_up_text
dataset_path: json
dataset_kwargs: {data_files: {test: FOLDER/sums.jsonl}}
test_split: test
output_type: loglikelihood
doc_to_text: question
doc_to_target: answer
"""
SUMS = [{"question": f"What is {n} + {n}?", "answer": f"add them\n#### {2 * n}"} for n in range(6)]
COLOURS = [
    {"question": "Grass is", "options": ["red", "green"], "label": 1},
    {"question": "Snow is", "options": ["white", "black"], "label": 0},
]


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with task files, as the working directory; its data sets are built once."""
    project = tmp_path_factory.mktemp("project")
    folder = project / "harness"
    folder.mkdir()
    for number, text in enumerate((OPEN, CHOICE, LETTERED, LIKELIHOOD)):
        (folder / f"{number}.yaml").write_text(text.replace("FOLDER", str(folder)))
    for name, rows in (("sums", SUMS), ("colours", COLOURS)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    before = Path.cwd()
    os.chdir(project)
    yield project
    os.chdir(before)


def items(task: str, family: str, **more: Any) -> list[Item]:
    row = {"kind": "lm-eval", "task": task, "family": family, "include": "harness", **more}
    return load_items("t", LmEvalTask.model_validate(row))


@pytest.mark.usefixtures("tasks")
class TestTasks:
    def test_an_open_task_asks_for_a_box_and_its_target_is_cut(self) -> None:
        found = items("made_up_sums", "math-open", grader="math", reference_pattern=r"#### (\d+)")
        assert [item.reference for item in found] == ["0", "2", "4", "6", "8", "10"]
        assert found[3].prompt == (
            "Question: What is 3 + 3?\n\nPut the answer, and only the answer, inside \\boxed{}."
        )
        assert grade_text(r"<think>3 and 3</think> \boxed{6}", "end", found[3]).grade.correct
        assert not grade_text(r"\boxed{33}", "end", found[3]).grade.correct

    def test_choices_become_letters_in_the_order_of_the_harness(self) -> None:
        grass, snow = items("made_up_colours", "general-mc")
        assert grass.prompt.startswith("Grass is\nA) red\nB) green\n\nAnswer with the letter")
        assert (grass.reference, snow.reference) == ("B", "A")
        assert (grass.choices, grass.grader) == (("red", "green"), "letter")
        assert grade_text(r"\boxed{B}", "end", grass).grade.correct

    def test_choices_that_the_question_lists_are_not_listed_again(self) -> None:
        grass, _ = items("made_up_letters", "general-mc")
        assert grass.prompt.startswith("Grass is\nA. red\nB. green\n\nAnswer with the letter")
        assert grass.reference == "B"

    def test_a_sample_is_seeded_and_keeps_its_order(self) -> None:
        chosen = items("made_up_sums", "math-open", items=3, seed=1)
        assert chosen == items("made_up_sums", "math-open", items=3, seed=1)
        assert [item.id for item in chosen] == sorted(item.id for item in chosen)
        assert len(chosen) == 3

    def test_tasks_of_one_folder_share_its_index(self) -> None:
        items("made_up_sums", "math-open")
        made = _indexed.cache_info().misses
        row = {"kind": "lm-eval", "task": "made_up_colours", "family": "general-mc"}
        load_items("another", LmEvalTask.model_validate({**row, "include": "harness"}))
        assert _indexed.cache_info().misses == made

    @pytest.mark.parametrize(
        ("task", "family", "more", "message"),
        [
            ("made_up_sum", "math-open", {}, r"no 'made_up_sum'; did you mean 'made_up_sums'\?$"),
            ("mmlu", "general-mc", {}, "'mmlu' is a group of tasks; name one of them"),
            ("made_up_text", "math-open", {}, "answered by loglikelihood, not in words"),
            ("made_up_sums", "math-mc", {}, "family: value is 'math-mc'; .* use math-open"),
            ("made_up_colours", "general-open", {}, "is multiple choice; use general-mc"),
            ("made_up_sums", "math-open", {"items": 7}, r"items: value is 7; .* has 6"),
            ("made_up_sums", "math-open", {"include": "none"}, "include: none: no such folder"),
            (
                "made_up_sums",
                "math-open",
                {"reference_pattern": "(x)"},
                r"tasks.t: document 0: nothing in its target matches reference_pattern '\(x\)'",
            ),
        ],
    )
    def test_what_cannot_be_asked_is_one_line(
        self, task: str, family: str, more: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(InputError, match=message) as caught:
            items(task, family, **more)
        assert "\n" not in str(caught.value)

    def test_without_a_hub_a_task_of_the_harness_says_so(self) -> None:
        with pytest.raises(MachineError, match="the data set of sciq is on the hub, which cannot"):
            items("sciq", "general-mc")
