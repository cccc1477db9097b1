"""`breakeven show`: the right questions, the texts as written, and nothing that steers."""

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from tests.report.synthetic import HOSTILE, write_study
from typer.testing import CliRunner

from breakeven.browse.sample_text import folded, printable, sample_lines
from breakeven.browse.samples import Wanted, find_questions
from breakeven.browse.turns import Turn
from breakeven.cli import app
from breakeven.core.errors import InputError
from breakeven.core.files import read_rows
from breakeven.core.layout import answers_path, items_path, task_path
from breakeven.params import Params
from breakeven.rows.answer import Answer
from breakeven.rows.item import Item

TASK = "chain-open"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Params]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("browse"))
        yield write_study(items=40, students=("t30k", "t2m"), draws=200)


def scores(**wanted: object) -> pd.DataFrame:
    rows = pd.read_parquet(items_path())
    for name, value in wanted.items():
        rows = rows[rows[name] == value]
    return rows


def test_every_answer_is_the_text_in_its_file_and_the_mark_in_its_score(study: Params) -> None:
    found = find_questions(study, Wanted(TASK, "t30k", most=1000))
    assert (len(found.questions), found.matching, found.of) == (40, 40, 40)
    items = {item.id: item for item in read_rows(task_path(TASK), Item)}
    for question in found.questions:
        assert question.prompt == items[question.item].prompt
        assert [answer.arm for answer in question.answers] == list(study.arms)
        for answer in question.answers:
            (text,) = [
                one.text
                for one in read_rows(answers_path("t30k", answer.arm, 0, "greedy", TASK), Answer)
                if one.item == question.item
            ]
            (row,) = scores(student="t30k", task=TASK, item=question.item, arm=answer.arm).to_dict(
                "records"
            )
            assert (answer.text, answer.correct) == (text, row["correct"])
            assert (answer.outcome, answer.thinking_tokens) == (
                row["outcome"],
                row["thinking_tokens"],
            )


def test_flips_are_wrong_without_a_trace_and_right_with_one(study: Params) -> None:
    found = find_questions(study, Wanted(TASK, "t2m", turned="gained", most=1000))
    right = {
        arm: set(scores(student="t2m", task=TASK, arm=arm, correct=True)["item"])
        for arm in ("ift", "reasoning")
    }
    every = {item.id for item in read_rows(task_path(TASK), Item)}
    assert {one.item for one in found.questions} == (every - right["ift"]) & right["reasoning"]
    assert {one.turns for one in found.questions} == {(Turn("gained", ("ift",), ("reasoning",)),)}


def test_what_a_trace_lost_is_right_without_one_and_wrong_with_one(study: Params) -> None:
    found = find_questions(study, Wanted("odd-one-out-mc", "t30k", turned="lost", most=1000))
    right = {
        arm: set(scores(student="t30k", task="odd-one-out-mc", arm=arm, correct=True)["item"])
        for arm in ("ift", "reasoning")
    }
    assert {one.item for one in found.questions} == right["ift"] - right["reasoning"]
    assert {one.turns for one in found.questions} == {(Turn("lost", ("ift",), ("reasoning",)),)}


def test_flips_come_first_where_all_are_shown(study: Params) -> None:
    found = find_questions(study, Wanted("math-open", "t2m", most=1000))
    flips = ["gained" in {turn.turned for turn in one.turns} for one in found.questions]
    assert flips == sorted(flips, reverse=True)
    assert {True, False} == set(flips)


def test_without_a_student_the_largest_answers(study: Params) -> None:
    assert find_questions(study, Wanted(TASK)).student == "t2m"


def test_all_are_the_questions_of_every_task(study: Params) -> None:
    parts = [find_questions(study, Wanted(task, "t2m")).of for task in study.tasks]
    assert find_questions(study, Wanted("all", "t2m")).of == sum(parts)


def test_an_outcome_an_arm_and_a_question_narrow_what_is_shown(study: Params) -> None:
    found = find_questions(study, Wanted(TASK, "t30k", ("ift",), outcomes=("wrong",), most=1000))
    wrong = set(scores(student="t30k", task=TASK, arm="ift", outcome="wrong")["item"])
    assert {one.item for one in found.questions} == wrong
    one = found.questions[0].item
    only = find_questions(study, Wanted(TASK, "t30k", item=one))
    assert [question.item for question in only.questions] == [one]


def test_an_outcome_may_be_asked_of_one_arm_beside_others_that_are_shown(study: Params) -> None:
    asked = Wanted(TASK, "t30k", outcomes=("right", "cut"), outcome_of="reasoning", most=1000)
    found = find_questions(study, asked)
    mine = scores(student="t30k", task=TASK, arm="reasoning")
    assert {one.item for one in found.questions} == set(
        mine.loc[mine["outcome"].isin(["right", "cut"]), "item"]
    )
    assert [answer.arm for answer in found.questions[0].answers] == list(study.arms)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Wanted("chain-opne"), "'chain-opne' is no task and no family of this study; did you mean"),
        (Wanted(TASK, "t3k"), "params.yaml: students: 't3k' is not in it; did you mean 't30k'"),
        (Wanted(TASK, arms=("x",)), "params.yaml: arms: 'x' is not in it"),
        (Wanted(TASK, seed=7), "--seed: 7 is none of 0"),
        (Wanted(TASK, item="x"), f"--item: 'x' is no item of {TASK} that was answered; use one"),
        (Wanted(TASK, decoding="x"), "params.yaml: answering.decodings: 'x' is not in it"),
        (Wanted(TASK, outcomes=("rihgt",)), "--outcome: 'rihgt' is none; did you mean 'right'?"),
        (
            Wanted(TASK, arms=("ift",), outcome_of="base"),
            "--of: 'base' is no arm shown; allowed: ift",
        ),
    ],
)
def test_a_wrong_name_is_one_line(study: Params, wanted: Wanted, message: str) -> None:
    with pytest.raises(InputError) as error:
        find_questions(study, wanted)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_before_tasks_are_made_no_family_is_called_unknown(study: Params) -> None:
    path = task_path(TASK)
    text = path.read_bytes()
    path.unlink()
    with pytest.raises(InputError, match=f"{path}: no such file.*run `dvc repro tasks`"):
        find_questions(study, Wanted("extra-open"))
    path.write_bytes(text)


def test_answers_that_are_gone_are_told_with_the_command_that_brings_them(study: Params) -> None:
    path = answers_path("t30k", "ift", 0, "greedy", TASK)
    away = path.rename(path.with_suffix(".away"))
    try:
        with pytest.raises(InputError, match=r"no such file; run `dvc pull` or `dvc repro answer`"):
            find_questions(study, Wanted(TASK, "t30k"))
    finally:
        away.rename(path)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\r\nb", "a\\r\nb"),
        ("\x07\x00", "\\x07\\x00"),
        ("\u202eabc", "\\u202eabc"),
        ("half \ud800", "half \\ud800"),
        ("Ünï → ✓ 漢", "Ünï → ✓ 漢"),
    ],
)
def test_a_text_cannot_steer_the_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_long_trace_is_cut_in_its_middle_and_the_answer_is_not() -> None:
    text = f"<think>\n{'x' * 5000}\n</think>\n\n{'y' * 600}"
    assert folded(text).endswith("y" * 600)
    assert len(folded(text)) < 1000
    assert "characters …]" in folded(text)
    assert folded("y" * 5000) == "y" * 5000


def test_lines_say_how_many_there_are(study: Params) -> None:
    found = find_questions(study, Wanted(TASK, "t30k", most=2))
    lines = list(sample_lines(found, whole=True))
    assert lines[-1] == "2 of 40 that match, of 40 questions; --most N shows more"
    assert sum(line.startswith("── ") for line in lines) == 2


@pytest.mark.parametrize(
    ("wanted", "without"),
    [
        (Wanted(TASK, arms=("ift",), turned="gained"), "without --flips 40 do"),
        (
            Wanted(TASK, arms=("ift",), turned="lost", outcomes=("unclosed",)),
            "without --lost and --outcome 40 do",
        ),
    ],
)
def test_where_none_matches_it_is_said_what_to_leave_out(
    study: Params, wanted: Wanted, without: str
) -> None:
    (line,) = sample_lines(find_questions(study, wanted), whole=False)
    assert line == f"none of 40 questions matches; {without}"


def test_each_option_that_alone_lets_nothing_through_is_counted(study: Params) -> None:
    right = set(scores(student="t30k", task=TASK, arm="ift", correct=True)["item"])
    one = min(right)
    wanted = Wanted(TASK, "t30k", ("ift",), outcomes=("wrong",), item=one)
    found = find_questions(study, wanted)
    assert found.without == {"--outcome": 1, "--item": 40 - len(right)}
    (line,) = sample_lines(found, whole=False)
    assert "without --outcome 1 does, without --item" in line


def test_the_command_prints_text_or_one_object(study: Params) -> None:
    runner = CliRunner()
    told = runner.invoke(app, ["show", "math-open", "--flips", "--most", "1"])
    assert told.exit_code == 0, told.output
    assert "\n   wrong without a trace: ift; right with one: reasoning\n" in told.output
    lost = runner.invoke(app, ["show", "general-mc", "--lost", "--student", "t30k", "--most", "1"])
    assert "\n   right without a trace: ift; wrong with one: reasoning\n" in lost.output
    both = runner.invoke(app, ["show", "math-open", "--lost", "--flips"])
    assert isinstance(both.exception, InputError)
    found = json.loads(runner.invoke(app, ["show", TASK, "--most", "3", "--json"]).output)
    assert len(found["questions"]) == 3
    assert found["questions"][0]["answers"][0]["arm"] == next(iter(study.arms))


def test_markup_in_an_answer_is_text_like_any_other(study: Params) -> None:
    path = answers_path("t30k", "ift", 0, "greedy", TASK)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    before = path.read_text()
    rows[0]["text"] = HOSTILE + "\x1b]0;owned\x07"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    try:
        wanted = Wanted(TASK, "t30k", ("ift",), item=rows[0]["item"])
        lines = "\n".join(sample_lines(find_questions(study, wanted), whole=True))
    finally:
        Path(path).write_text(before)
    assert HOSTILE in lines
    assert "\x1b" not in lines
    assert "\\x1b]0;owned\\x07" in lines
