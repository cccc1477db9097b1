"""What the solver writes for generated prompts: today's by default, else as the source says."""

from itertools import cycle, islice

import pytest
from pydantic import ValidationError

from breakeven.base.tokenizer import build_tokenizer
from breakeven.distill.solver_teacher import solve
from breakeven.grading.graders import GRADERS
from breakeven.pairs.teacher_accuracy import gradable_item
from breakeven.params import ProceduralSource, SolverTeacher
from breakeven.prompts.source_prompts import load_prompts

KINDS = ("chain", "addition", "most-digit", "hops", "lookup", "odd-one-out")


def prompts(kind, count=12, **completions):
    row = {"kind": "procedural", "problem": kind, "prompts": count, "completions": completions}
    return load_prompts(kind, ProceduralSource.model_validate(row))


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    build_tokenizer().save_pretrained(folder)
    return SolverTeacher.model_construct(kind="solver", tokenizer=str(folder), model=None)


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_say_answers_are_bare_and_traces_the_steps(teacher, kind):
    made = prompts(kind)
    assert all(one.meta == {} for one in made)
    assert [one.answer for one in solve(teacher, made, "ift")] == [one.reference for one in made]
    traced = list(solve(teacher, made, "reasoning"))
    assert [(one.thinking, one.answer) for one in traced] == [
        (one.solution, one.reference) for one in made
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_both_styles_name_item_and_letter_and_rules_grade_them_right(teacher, kind):
    made = prompts(kind, working="short", choice="item", checks=1, slips=0.3)
    assert {one.format for one in made} == {"open", "choice"}
    for style in ("ift", "reasoning"):
        for prompt, one in zip(made, solve(teacher, made, style), strict=True):
            item = gradable_item(prompt)
            assert GRADERS[item.grader](one.answer, item).correct
            assert (f"({prompt.reference})" in one.answer) == (prompt.format == "choice")
            assert ("Answer: " in one.answer) == (style == "ift")


@pytest.mark.parametrize("kind", KINDS)
def test_checks_make_a_trace_five_times_as_long_as_the_working(teacher, kind):
    made = prompts(kind, 40, working="short", choice="item", checks=2, slips=0.2)
    plain, traced = (list(solve(teacher, made, style)) for style in ("ift", "reasoning"))
    working, thinking = (
        sum(one.new_tokens for one in each) / len(each) for each in (plain, traced)
    )
    assert thinking > 5 * working


def test_slips_without_a_check_are_refused():
    with pytest.raises(ValidationError, match="slips: a slip is found out by a check"):
        prompts("chain", slips=0.2)


def test_prompts_are_solved_as_they_come_whatever_their_number(teacher):
    made = prompts("chain", 3)
    alone = [one for prompt in made for one in solve(teacher, [prompt], "reasoning")]
    without_end = solve(teacher, cycle(made), "reasoning")
    assert list(islice(without_end, 3000)) == alone * 1000
