"""Prompts from data sets with the columns that the study's prompt sources have."""

from pathlib import Path
from typing import Any

import pytest
from tests.hubdata.folders import write_split

from breakeven.core.errors import InputError
from breakeven.hubdata.load_notes import LoadNotes
from breakeven.params import DatasetSource, JsonlSource
from breakeven.prompts.source_prompts import load_prompts, stream_prompts


def source(**more: Any) -> DatasetSource:
    return DatasetSource.model_validate({"kind": "dataset", "folder": "set", **more})


def test_the_first_turn_of_a_conversation_is_the_prompt(project: Path) -> None:
    turns = [
        [{"from": "human", "value": f"Ask {number}"}, {"from": "gpt", "value": "Say"}]
        for number in range(3)
    ]
    rows = [{"id": number, "conversations": one} for number, one in enumerate(turns)]
    write_split(project / "set", "train", [*rows, {"id": 3, "conversations": []}])
    notes = LoadNotes()
    prompts = list(stream_prompts("inf", source(prompt="conversations.0.value"), notes))
    assert [prompt.prompt for prompt in prompts] == ["Ask 0", "Ask 1", "Ask 2"]
    assert {(prompt.reference, prompt.grader) for prompt in prompts} == {(None, None)}
    assert notes.dropped == {"the prompt is missing": 1}


def test_references_go_with_their_grader(project: Path) -> None:
    rows = [
        {"problem": "1 + 1", "expected_answer": "2"},
        {"problem": "Prove it.", "expected_answer": None},
        {"problem": " ", "expected_answer": "3"},
    ]
    write_split(project / "set", "math", rows)
    row = source(split="math", prompt="problem", reference="expected_answer", grader="math")
    notes = LoadNotes()
    prompts = list(stream_prompts("nem", row, notes))
    assert [(one.reference, one.grader) for one in prompts] == [("2", "math"), (None, None)]
    assert notes.dropped == {"the prompt is empty": 1}


def test_a_number_is_a_reference_and_a_list_is_none(project: Path) -> None:
    write_split(project / "set", "train", [{"q": "a", "n": 7, "l": [1]}])
    assert load_prompts("s", source(prompt="q", reference="n"))[0].reference == "7"
    with pytest.raises(InputError, match="mostly since the reference is neither text nor a number"):
        load_prompts("s", source(prompt="q", reference="l"))


def test_a_field_that_is_not_there_is_named_with_the_columns(project: Path) -> None:
    write_split(project / "set", "train", [{"question": "a", "answer": "b"}])
    with pytest.raises(InputError, match=r"sources.s: .* no 'quest'; did you mean 'question'\?"):
        load_prompts("s", source(prompt="quest"))


def test_one_prompt_has_one_content_in_any_source(project: Path) -> None:
    write_split(project / "set", "train", [{"q": "What  is\n1 + 1?"}])
    (project / "own.jsonl").write_text('{"prompt": "What is 1 + 1?", "reference": "2"}\n')
    own = load_prompts("j", JsonlSource(kind="jsonl", path="own.jsonl", grader="math"))
    assert own[0].content == load_prompts("s", source(prompt="q"))[0].content
    assert own[0].grader == "math"


def test_a_sample_of_a_file_is_seeded_and_keeps_its_order(project: Path) -> None:
    lines = [f'{{"prompt": "p{number}"}}\n' for number in range(30)]
    (project / "own.jsonl").write_text("".join(lines))
    row = JsonlSource(kind="jsonl", path="own.jsonl", prompts=6, seed=2)
    first, again = (load_prompts("j", row) for _ in range(2))
    assert first == again
    assert len(first) == 6
    assert [prompt.id for prompt in first] == sorted(prompt.id for prompt in first)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({}, "repo: give a repo of the hub or a folder"),
        ({"folder": "set", "repo": "a/b"}, "repo: give a repo of the hub or a folder"),
        ({"repo": "a/b"}, "revision: missing; use a commit, or main"),
        ({"folder": "set", "revision": "main"}, "revision: a folder has none; use digest"),
        ({"repo": "a/b", "revision": "main", "digest": "0" * 64}, "digest: a repo is pinned"),
        ({"folder": "../set"}, "must be a path inside the project"),
        ({"repo": "../set", "revision": "main"}, "repo"),
    ],
)
def test_a_place_is_a_repo_at_a_revision_or_a_folder(row: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DatasetSource.model_validate({"kind": "dataset", "prompt": "q", **row})
