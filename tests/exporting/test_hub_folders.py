"""Folders for the hub: other people's libraries load them, and find what the study recorded."""

import contextlib
import io
import json
import re
import shlex
from pathlib import Path

import pandas as pd
import pytest
from huggingface_hub import DatasetCard, ModelCard
from tests.exporting.conftest import STUDENT, exported_study
from typer.testing import CliRunner

from breakeven.cli import app
from breakeven.core.errors import InputError
from breakeven.core.files import digest_file, read_rows
from breakeven.core.layout import answers_path, pairs_path, student_folder, task_path
from breakeven.core.sides import side_of
from breakeven.exporting.answers import export_answers
from breakeven.exporting.pairs import export_pairs
from breakeven.exporting.student import export_student
from breakeven.params.cells import Cell
from breakeven.rows.answer import Answer
from breakeven.rows.item import Item
from breakeven.rows.pair import read_pairs

FOLDER = Path("out")
TASK = "chain-open"


def load(folder: Path, cache: Path):
    from datasets import load_dataset

    return load_dataset(str(folder), cache_dir=str(cache))


def code(card: str) -> str:
    """The block of Python that a card tells people to run."""
    (found,) = re.findall(r"```python\n(.*?)```", card, flags=re.DOTALL)
    return found


def said(folder: Path, question: str) -> str:
    """What a student answers to someone who does as its card says."""
    text = code((folder / "README.md").read_text(encoding="utf-8"))
    text = text.replace("FOLDER OR REPOSITORY", folder.as_posix())
    text = text.replace(json.dumps("What is 2 + 2?"), json.dumps(question))
    heard = io.StringIO()
    with contextlib.redirect_stdout(heard):
        exec(compile(text, "card", "exec"), {})
    return heard.getvalue().removesuffix("\n")


def test_pairs_load_by_side_as_they_were(ran: Path, tmp_path: Path) -> None:
    counts = export_pairs(exported_study(), "general", FOLDER)
    found = load(FOLDER, tmp_path / "cache")
    pairs = read_pairs(pairs_path("general"))
    assert {side: len(found[side]) for side in found} == counts
    assert set(counts) == {"train", "tune"}
    for side in found:
        mine = [one for one in pairs if (side_of(one.content) == "tune") == (side == "tune")]
        assert [row["reasoning"] for row in found[side]] == [one.reasoning for one in mine]
        assert [row["ift"] for row in found[side]] == [one.ift for one in mine]
        assert [row["prompt_tokens"] for row in found[side]] == [one.prompt_tokens for one in mine]


def test_a_card_of_pairs_tells_source_licence_and_digests(ran: Path) -> None:
    export_pairs(exported_study(), "general", FOLDER)
    card = DatasetCard.load(FOLDER / "README.md")
    assert card.data.license == "unknown"
    assert "Not known: nobody stated one." in card.text
    assert "exact solver" in card.text
    for file in (FOLDER / "train.parquet", FOLDER / "tune.parquet", pairs_path("general")):
        assert digest_file(file) in card.text


def test_a_stated_licence_is_told_as_stated(ran: Path) -> None:
    export_pairs(exported_study(), "general", FOLDER, licence="CC-BY-4.0")
    card = DatasetCard.load(FOLDER / "README.md")
    assert card.data.license == "cc-by-4.0"
    assert "CC-BY-4.0, as whoever exported it states it." in card.text


@pytest.mark.parametrize(
    ("arm", "merged"), [("ift", False), ("reasoning", False), ("reasoning", True)]
)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_who_does_as_the_card_says_gets_the_answers_of_the_study(
    ran: Path, arm: str, merged: bool
) -> None:
    made = export_student(exported_study(), Cell(STUDENT, arm, 0), FOLDER, merged=merged)
    assert made.is_adapter == (arm == "reasoning" and not merged)
    assert (FOLDER / "adapter_config.json").exists() == made.is_adapter
    items = read_rows(task_path(TASK), Item)[:3]
    rows = read_rows(answers_path(STUDENT, arm, 0, "greedy", TASK), Answer)
    answers = {one.item: one for one in rows}
    for item in items:
        answer = answers[item.id]
        # Where it ended by itself, `generate` shows its end token too.
        end = "<|im_end|>" if answer.stop == "stop" else ""
        assert said(FOLDER, item.prompt).removesuffix(end) == answer.text


def test_a_card_of_a_student_has_the_scores_with_their_intervals(ran: Path) -> None:
    export_student(exported_study(), Cell(STUDENT, "ift", 0), FOLDER)
    card = ModelCard.load(FOLDER / "README.md")
    assert card.data.license == "apache-2.0"
    assert card.data.library_name == "transformers"
    assert card.data.get("base_model") is None  # a folder is no repository
    scores = pd.read_parquet("scores/items.parquet")
    mine = scores[scores["arm"] == "ift"].groupby("task")["correct"].mean()
    assert {one.dataset_name: one.metric_value for one in card.data.eval_results} == pytest.approx(
        mine.to_dict()
    )
    assert all(
        re.search(r"% \(.* to .*\) of 6$", one.metric_name) for one in card.data.eval_results
    )
    assert digest_file(FOLDER / "model.safetensors") in card.text
    assert "This is a control" not in card.text


def test_a_control_is_called_one(ran: Path) -> None:
    export_student(exported_study(), Cell(STUDENT, "shuffled", 0), FOLDER)
    card = ModelCard.load(FOLDER / "README.md")
    assert (
        "**This is a control**: in place of the teacher's traces it learnt `shuffled`" in card.text
    )
    assert "control" in card.data.tags


def test_a_student_that_was_not_scored_says_so(ran: Path) -> None:
    Path("scores/items.parquet").unlink()
    export_student(exported_study(), Cell(STUDENT, "ift", 0), FOLDER)
    card = ModelCard.load(FOLDER / "README.md")
    assert card.data.get("eval_results") is None
    assert "Not measured" in card.text


def test_answers_load_with_their_grades(ran: Path, tmp_path: Path) -> None:
    made = export_answers(exported_study(), FOLDER)
    found = load(FOLDER, tmp_path / "cache")["test"].to_pandas()
    scores = pd.read_parquet("scores/items.parquet")
    assert made.answers == len(found) == len(scores)
    keys = ["arm", "task"]
    assert found.groupby(keys)["correct"].mean().to_dict() == (
        scores.groupby(keys)["correct"].mean().to_dict()
    )
    answer = read_rows(answers_path(STUDENT, "ift", 0, "greedy", TASK), Answer)[0]
    row = found[(found["arm"] == "ift") & (found["task"] == TASK) & (found["item"] == answer.item)]
    assert row["text"].item() == answer.text
    assert row["answer_tokens"].item() == answer.answer_tokens
    assert set(found["style"]) == {"base", "ift", "reasoning", "control"}
    assert "e+0" not in (FOLDER / "README.md").read_text()


def damage(path: Path) -> None:
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("how", ["damaged", "missing"])
@pytest.mark.parametrize("what", ["pairs", "student", "answers", "scores"])
def test_what_is_not_as_it_was_written_is_one_line_and_no_folder(
    ran: Path, what: str, how: str
) -> None:
    files = {
        "pairs": pairs_path("general"),
        "student": student_folder(STUDENT, "ift", 0) / "model.safetensors",
        "answers": answers_path(STUDENT, "ift", 0, "greedy", TASK),
        "scores": Path("scores/items.parquet"),
    }
    if how == "damaged":
        damage(files[what])
    else:
        files[what].unlink()
    params = exported_study()
    with pytest.raises(InputError) as caught:
        if what == "pairs":
            export_pairs(params, "general", FOLDER)
        elif what == "student":
            export_student(params, Cell(STUDENT, "ift", 0), FOLDER)
        else:
            export_answers(params, FOLDER)
    assert "\n" not in str(caught.value)
    assert "dvc repro" in str(caught.value)
    assert not list(Path().glob("*out*"))


def test_a_folder_that_is_there_stays_as_it_is(ran: Path) -> None:
    FOLDER.mkdir()
    (FOLDER / "mine.txt").write_text("mine")
    exports = (
        lambda: export_pairs(exported_study(), "general", FOLDER),
        lambda: export_student(exported_study(), Cell(STUDENT, "ift", 0), FOLDER),
        lambda: export_answers(exported_study(), FOLDER),
    )
    for one in exports:
        with pytest.raises(InputError, match="'out' is there already; name another, or remove it"):
            one()
    assert [file.name for file in FOLDER.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (Cell("t31k", "ift", 0), r"students: 't31k' is not in it; did you mean"),
        (Cell(STUDENT, "../ift", 0), r"arms: '\.\./ift' is not in it"),
        (Cell(STUDENT, "ift", 7), "--seed: value is 7; params.yaml has 0"),
        (Cell(STUDENT, "base", 0), "trained nothing"),
    ],
)
def test_who_is_no_trained_cell_is_told(ran: Path, cell: Cell, message: str) -> None:
    with pytest.raises(InputError, match=message):
        export_student(exported_study(), cell, FOLDER)


def test_a_corpus_that_is_none_is_told(ran: Path) -> None:
    with pytest.raises(InputError, match=r"corpora: 'generl' is not in it; did you mean 'general'"):
        export_pairs(exported_study(), "generl", FOLDER)


def examples(*command: str) -> list[list[str]]:
    """The commands that a help text shows, on the names of the study here."""
    text = CliRunner().invoke(app, [*command, "--help"], terminal_width=200).output
    shown = " ".join(re.findall(r"Examples?: (.*?)(?:\n\n|$)", text, flags=re.DOTALL)[0].split())
    names = {"t500k": STUDENT, "bare": "general", "1": "0"}
    return [[names.get(word, word) for word in shlex.split(one)[1:]] for one in shown.split(";")]


@pytest.mark.parametrize("kind", [(), ("pairs",), ("student",), ("answers",)])
def test_examples_of_the_help_run(ran: Path, kind: tuple[str, ...]) -> None:
    for words in examples("export", *kind):
        done = CliRunner().invoke(app, words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        assert done.output.startswith(("export", "hub/"))


def test_a_folder_before_the_kind_is_refused(ran: Path) -> None:
    words = ["export", "--folder", "x", "pairs", "general"]
    with pytest.raises(InputError, match="goes behind the kind"):
        CliRunner().invoke(app, words, catch_exceptions=False)
