"""Inputs that were got wrong once, where they are at hand; their neighbours are in other tests."""

import os
import shutil
from pathlib import Path

import pytest

from breakeven.core.errors import InputError
from breakeven.hubdata.load_notes import LoadNotes
from breakeven.importing.read_results import import_results
from breakeven.params.sources import DatasetSource
from breakeven.prompts.source_prompts import stream_prompts

ROOT = Path(__file__).parents[2]
CASES = Path(os.environ.get("BREAKEVEN_SHARED", ROOT.parent / "shared")) / "cases"

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"{CASES}: the cases are not here")


def case(number: int) -> Path:
    (folder,) = CASES.glob(f"{number}-*")
    return folder


@pytest.mark.parametrize(
    ("number", "file", "accuracy", "unparsed"),
    [
        (20, "runs.yaml", None, 0),
        (22, "errored.yaml", 2 / 3, 1 / 3),
        (22, "null.yaml", 2 / 3, 1 / 3),
        (22, "yesno.yaml", 2 / 3, 0),
        (24, "RESULTS.CSV", 0.5, None),
    ],
)
def test_a_file_that_was_refused_is_read(number, file, accuracy, unparsed):
    cell = import_results(case(number) / file).cells[0]
    assert accuracy is None or cell.accuracy == pytest.approx(accuracy)
    assert cell.unparsed_share == (None if unparsed is None else pytest.approx(unparsed))


@pytest.mark.parametrize(
    ("file", "prompt", "thinking", "answer"),
    [("cached.yaml", 5915, 0, 281), ("twice.yaml", 620, 450, 53)],
)
def test_tokens_of_several_calls_are_counted_once(file, prompt, thinking, answer):
    cell = import_results(case(21) / file).cells[0]
    assert (cell.prompt_tokens, cell.thinking_tokens, cell.answer_tokens) == (
        prompt,
        thinking,
        answer,
    )


@pytest.mark.parametrize(
    ("number", "file", "message"),
    [
        (23, "zero.csv", "row 2: inference_flops: value is '0'; a zero has no place"),
        (23, "zero_tokens.csv", "row 2: prompt_tokens: value is '0'; a zero has no place"),
        (23, "huge.csv", "row 3: inference_flops: value is '1e308'; use 1"),
        (23, "chance.csv", "row 2: chance: value is '1'; use 0"),
        (24, "yes.csv", "row 2: size_b: value is 'yes'; use a number"),
        (24, "seed.csv", "row 2: seed: value is '1e30'; use 0"),
        (24, "blank.csv", r"row 6: accuracy: value is 1\.6, outside 0"),
    ],
)
def test_a_file_that_was_believed_is_refused_in_one_line(number, file, message):
    with pytest.raises(InputError, match=message) as caught:
        import_results(case(number) / file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("file", "references"),
    [
        ("blank.csv", ["18", None, "7"]),
        ("words.csv", ["NA", "null", "None"]),
        ("zeros.csv", ["00501", "1.50"]),
        ("nan.jsonl", [None, "1.0"]),
        ("empty.jsonl", None),
    ],
)
def test_references_of_a_data_set_stand_as_in_its_file(project, file, references):
    (project / "set").mkdir()
    shutil.copy(case(19) / file, project / "set" / f"train{Path(file).suffix}")
    source = DatasetSource(kind="dataset", folder="set", prompt="question", reference="answer")
    if references is None:
        with pytest.raises(InputError, match="it has no rows"):
            list(stream_prompts("s", source, LoadNotes()))
    else:
        assert [one.reference for one in stream_prompts("s", source, LoadNotes())] == references
