"""Answers in words: exact match and F1 of SQuAD and CoQA, with the official scripts' quirks."""

import importlib
import random
import sys
import types

import pytest
from lm_eval.tasks.qasper.metrics import f1_abstractive, normalize_answer
from tests.grading.test_graders import RIGHT, UNPARSED, WRONG
from tests.grading.test_traps import PIECES
from tests.grading.written import grade_text

from breakeven.core.errors import InputError
from breakeven.grading.graders import F1, GRADERS
from breakeven.grading.overlap import f1, normalised_words
from breakeven.rows.item import Item


def item(grader, *answers, reference=None):
    wanted = answers[0] if reference is None else reference
    meta = {"answers": list(answers)} if answers else {}
    return Item("i1", "t", "general-open", "?", wanted, "c", grader, meta=meta)


SQUAD = [
    ("Denver Broncos", ("Denver Broncos",), RIGHT, 1.0),
    ("the Denver Broncos.", ("Denver Broncos",), RIGHT, 1.0),
    ("  THE  denver\nbroncos! ", ("Denver Broncos",), RIGHT, 1.0),
    ("\\boxed{Denver Broncos}", ("Denver Broncos",), RIGHT, 1.0),
    ("\\boxed{\\text{The Broncos}}", ("Broncos",), RIGHT, 1.0),
    ("It was Carolina. \\boxed{Broncos}", ("Broncos",), RIGHT, 1.0),
    ("\\boxed{Carolina} no, \\boxed{Broncos}", ("Broncos",), RIGHT, 1.0),
    ("Answer: Broncos", ("Broncos",), RIGHT, 1.0),
    ("The answer is the Broncos.", ("Broncos",), RIGHT, 1.0),
    ("So the final answer is: Broncos", ("Broncos",), RIGHT, 1.0),
    ("answering machines", ("answering machines",), RIGHT, 1.0),
    ("Broncos", ("Denver Broncos", "Broncos"), RIGHT, 1.0),
    ("Broncos", ("Denver Broncos", "The Broncos!"), RIGHT, 1.0),
    ("1,000", ("1000",), RIGHT, 1.0),
    ("re-entry", ("reentry",), RIGHT, 1.0),
    ("A", ("A",), RIGHT, 0.0),
    ("a", ("A",), RIGHT, 0.0),
    ("Broncos", ("Denver Broncos",), WRONG, 2 / 3),
    ("Denver Broncos won the game", ("Denver Broncos",), WRONG, 2 / 3),
    ("10 February", ("7 February",), WRONG, 0.5),
    ("Carolina Panthers", ("Denver Broncos",), WRONG, 0.0),
    ("Broncos Denver", ("Denver Broncos",), WRONG, 1.0),
    ("Denver Denver", ("Denver Broncos",), WRONG, 0.5),
    ("New York", ("New York City", "York"), WRONG, 0.8),
    ("", ("Broncos",), UNPARSED, 0.0),
    (" \n", ("Broncos",), UNPARSED, 0.0),
    ("the", ("Broncos",), UNPARSED, 0.0),
    ("...", ("Broncos",), UNPARSED, 0.0),
    ("\\boxed{}", ("Broncos",), UNPARSED, 0.0),
    ("The answer is", ("Broncos",), UNPARSED, 0.0),
]


@pytest.mark.parametrize(("answer", "answers", "grade", "share"), SQUAD)
def test_squad(answer, answers, grade, share):
    one = item("squad", *answers)
    assert GRADERS["squad"](answer, one) == grade
    if "A" not in answers:
        assert F1["squad"](answer, one) == pytest.approx(share)


COQA = [
    ("yes", ("yes",), RIGHT, 1.0),
    ("Yes.", ("yes",), RIGHT, 1.0),
    ("Yes, it was", ("yes",), RIGHT, 0.5),
    ("\\boxed{No}", ("no",), RIGHT, 1.0),
    ("No, she did not", ("no", "she did not"), RIGHT, (6 / 7 + 0.4) / 2),
    ("Yes, it was", ("no",), WRONG, 0.0),
    ("Yes and no", ("yes",), UNPARSED, 0.5),
    ("yes or no", ("yes",), UNPARSED, 0.5),
    ("Yes. There is no doubt.", ("yes",), RIGHT, 1 / 3),
    ("I think so, yes", ("yes",), RIGHT, 0.4),
    ("I would say no.", ("yes",), WRONG, 0.0),
    ("No, it is not", ("no",), RIGHT, 0.4),
    ("There is no dog", ("no",), UNPARSED, 0.4),
    ("It was", ("yes",), UNPARSED, 0.0),
    ("It was", ("yes", "it was"), RIGHT, 0.5),
    ("yes it is red", ("red",), WRONG, 0.4),
    ("yesterday", ("yes",), UNPARSED, 0.0),
    ("white", ("white",), RIGHT, 1.0),
    ("White", ("white", "She was white"), RIGHT, (0.5 + 1.0) / 2),
    ("white", ("white", "white", "She was white"), RIGHT, 1.0),
    ("white", ("white", "grey", "black", "red"), RIGHT, 0.75),
    ("a barn", ("in a barn", "barn"), RIGHT, (1.0 + 2 / 3) / 2),
    ("house", ("in a barn", "barn"), WRONG, 0.0),
    ("", ("white",), UNPARSED, 0.0),
    ("\\boxed{ }", ("white", "grey"), UNPARSED, 0.0),
]


@pytest.mark.parametrize(("answer", "answers", "grade", "share"), COQA)
def test_coqa(answer, answers, grade, share):
    one = item("coqa", *answers)
    assert GRADERS["coqa"](answer, one) == grade
    assert F1["coqa"](answer, one) == pytest.approx(share)


def test_f1_and_exact_match_are_those_of_the_official_script():
    """As lm-eval ships SQuAD's `evaluate-v1.1.py`."""
    draw = random.Random(5)
    words = [
        "the",
        "an",
        "A",
        "Denver",
        "broncos,",
        "of",
        "New-York",
        "it's",
        "1,000",
        "(x)",
        "“q”",
    ]
    for _ in range(500):
        said, wanted = (" ".join(draw.choices(words, k=draw.randrange(1, 6))) for _ in range(2))
        assert " ".join(normalised_words(said)) == normalize_answer(said)
        if normalised_words(said) or normalised_words(wanted):
            assert f1(said, wanted) == pytest.approx(f1_abstractive([said], [wanted]))
        else:  # CoQA's script calls any two texts without words equal
            assert f1(said, wanted) == float(said.casefold() == wanted.casefold())


@pytest.mark.parametrize("grader", ["squad", "coqa"])
@pytest.mark.parametrize("said", ["!", "The", "A", "?", "", " ", "an the", "...", "yes"])
@pytest.mark.parametrize("wanted", ["?", "A", "the", "yes"])
def test_what_is_neither_right_nor_parsed_has_no_f1_of_1(grader, said, wanted):
    one = Item("i1", "t", "general-open", "?", wanted, "c", grader, meta={"answers": [wanted]})
    grade = GRADERS[grader](said, one)
    assert (F1[grader](said, one) == 1.0) == grade.correct == (said.lower() == wanted.lower())


def test_coqa_is_scored_as_lm_eval_does(monkeypatch):
    """Its script reads both measures from a module that transformers 5 no longer has."""
    measures = types.ModuleType("squad_metrics")
    measures.compute_f1 = lambda wanted, said: f1(said, wanted)
    measures.compute_exact = lambda wanted, said: int(f1(said, wanted) == 1.0)
    for name in ("transformers.data", "transformers.data.metrics"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, "transformers.data.metrics.squad_metrics", measures)
    compute_scores = importlib.import_module("lm_eval.tasks.coqa.utils").compute_scores
    draw = random.Random(6)
    words = ["red", "barn", "in", "a", "white", "horse"]

    def phrase():
        return " ".join(draw.choices(words, k=draw.randrange(1, 4)))

    for _ in range(300):
        said, answers = phrase(), [phrase() for _ in range(draw.randrange(1, 5))]
        ours = F1["coqa"](said, item("coqa", *answers))
        assert ours == pytest.approx(compute_scores(answers, said)["f1"])


def test_the_reference_is_the_right_answer_where_there_are_no_others():
    assert GRADERS["squad"]("unanswerable", item("squad", reference="unanswerable")) == RIGHT


@pytest.mark.parametrize("answers", ["Broncos", ["Broncos", 7], [""], {"text": ["Broncos"]}])
def test_right_answers_that_are_no_texts_name_the_item(answers):
    bad = Item("i1", "t", "general-open", "?", "x", "c", "squad", meta={"answers": answers})
    with pytest.raises(InputError, match=r"item i1 of t: meta\.answers: value is .*; use a list"):
        GRADERS["squad"]("x", bad)


def test_an_item_without_any_right_answer_is_refused():
    with pytest.raises(InputError, match=r"meta\.answers"):
        GRADERS["coqa"]("x", item("coqa", reference=""))


def test_a_cut_answer_is_not_searched():
    assert grade_text("Denver Broncos", "length", item("squad", "Denver Broncos")).grade == UNPARSED


def test_f1_of_junk_is_a_share():
    draw = random.Random(7)
    for _ in range(500):
        texts = ["".join(draw.choices(PIECES, k=draw.randrange(9))) for _ in range(2)]
        assert 0 <= f1(*texts) <= 1
