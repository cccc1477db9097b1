"""Rows of single tasks: a family is the mean of its tasks, and has the error of that mean."""

import math

import pytest

from breakeven.core.errors import InputError
from breakeven.findings.contrasts import Term, contrast
from breakeven.findings.corrected import corrected_findings
from breakeven.findings.groups import groups
from breakeven.findings.scored_results import scored_results
from breakeven.importing.read_results import import_results

HEAD = "student,size_b,style,family,task,accuracy,items,inference_flops"
ROWS = (
    "a,1,ift,math-open,gsm8k,0.5,1319,1e12",
    "a,1,ift,math-open,math-500,0.4,500,2e12",
    "a,1,ift,math-open,aime,0.1,30,3e12",
    "a,1,reasoning,math-open,gsm8k,0.6,1319,1e13",
    "a,1,reasoning,math-open,math-500,0.5,500,2e13",
    "a,1,reasoning,math-open,aime,0.2,30,3e13",
)


def imported(tmp_path, rows=ROWS, head=HEAD):
    path = tmp_path / "mine.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return import_results(path)


def test_a_family_is_the_mean_of_its_tasks(tmp_path):
    found = imported(tmp_path)
    assert [(c.style, round(c.accuracy, 6), c.items) for c in found.cells] == [
        ("ift", round(1.0 / 3, 6), 1849),
        ("reasoning", round(1.3 / 3, 6), 1849),
    ]
    assert found.cells[0].inference_flops == pytest.approx(2e12)


def test_its_error_is_that_of_the_mean(tmp_path):
    sample = scored_results(imported(tmp_path))
    (ift,) = groups(sample.results, "ift")
    shares = [(0.5, 1319), (0.4, 500), (0.1, 30)]
    moved = [((a * n + 2) / (n + 4), n) for a, n in shares]
    expected = math.sqrt(sum(a * (1 - a) / n for a, n in moved)) / 3
    assert contrast(sample, [Term(1.0, ift)]).standard_error == pytest.approx(expected)
    # 30 questions carry most of it: three times what 1,849 equal questions would have.
    assert expected > 3 * math.sqrt(0.25 / 1849) / 2


def test_a_lead_of_ten_points_is_not_shown_by_thirty_questions(tmp_path):
    (row,) = corrected_findings(scored_results(imported(tmp_path))).families
    assert row.value == pytest.approx(0.1)
    assert row.low is not None and row.low < 0.1 - 1.96 * 0.03
    assert row.seed_reason is not None


def test_questions_on_one_passage_count_once(tmp_path):
    # 7,983 questions of CoQA are about 500 stories.
    row = "a,1,ift,general-open,coqa,0.5,7983,1e12"
    found = imported(tmp_path, [row])
    assert found.cells[0].tasks[0].clusters == 500
    assert any("coqa" in note for note in found.notes)
    sample = scored_results(found)
    (group,) = groups(sample.results, "ift")
    error = contrast(sample, [Term(1.0, group)]).standard_error
    assert error == pytest.approx(math.sqrt(0.25 / 500))


def test_the_passages_of_a_task_may_be_given(tmp_path):
    head, row = HEAD + ",clusters", "a,1,ift,general-open,mine,0.5,400,1e12,100"
    found = imported(tmp_path, [row], head)
    assert found.cells[0].tasks[0].clusters == 100


def test_a_task_without_its_questions_leaves_the_family_without_an_error(tmp_path):
    rows = [ROWS[0], ROWS[1].replace(",500,", ",,"), *ROWS[2:]]
    found = corrected_findings(scored_results(imported(tmp_path, rows))).families[0]
    assert (found.low, found.p_value, found.direction) == (None, None, "undecided")
    assert found.reason is not None and "one row a task" in found.reason


def test_cells_of_other_tasks_are_not_compared(tmp_path):
    found = corrected_findings(scored_results(imported(tmp_path, ROWS[:5]))).families[0]
    assert (found.low, found.direction) == (None, "undecided")
    assert found.reason is not None and "not tried on the same tasks" in found.reason


def test_whole_families_have_no_error_and_a_note_says_why(tmp_path):
    head = HEAD.replace("task,", "")
    rows = ("a,1,ift,math-open,0.3,1849,1e12", "a,1,reasoning,math-open,0.9,1849,1e13")
    found = imported(tmp_path, rows, head)
    assert any("one row a task" in note for note in found.notes)
    assert corrected_findings(scored_results(found)).families[0].direction == "undecided"


def test_seeds_add_their_spread_to_the_bound(tmp_path):
    head = HEAD.replace("task,", "seed,task,")
    rows = []
    for seed, shift in ((0, 0.0), (1, 0.1)):
        for style, accuracy in (("ift", 0.4), ("reasoning", 0.5)):
            own = accuracy + (shift if style == "reasoning" else 0.0)
            rows.append(f"a,1,{style},math-open,{seed},gsm8k,{own},1319,1e12")
    row = corrected_findings(scored_results(imported(tmp_path, rows, head))).families[0]
    # Two runs whose gains differ by ten points: t on one degree of freedom, 12.7 · 5 points.
    assert row.value == pytest.approx(0.15)
    assert row.high is not None and row.high - row.value > 0.6
    assert row.seed_reason is None


@pytest.mark.parametrize(
    ("rows", "head", "message"),
    [
        ((ROWS[0], ROWS[0]), HEAD, "row 3: the same cell as row 2"),
        ((ROWS[0] + ",2000",), HEAD + ",clusters", "row 2: clusters: value is 2000, more than"),
        ((ROWS[0] + ",1",), HEAD + ",clusters", "row 2: clusters: value is '1'; use 2..1e+09"),
        (
            (ROWS[0], ROWS[3].replace("math-open", "math-mc")),
            HEAD,
            "row 3: family: value is math-mc, but math-open",
        ),
    ],
)
def test_bad_rows_of_tasks_are_refused(tmp_path, rows, head, message):
    with pytest.raises(InputError) as caught:
        imported(tmp_path, rows, head)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("head", "end", "noted"), [("", "", True), (",cluster", ",story 1", False)]
)
def test_answers_that_do_not_name_their_passages_are_told(tmp_path, head, end, noted):
    rows = [
        f"a,1,{style},general-open,coqa,{item},1{end}"
        for style in ("ift", "reasoning")
        for item in ("x", "y")
    ]
    found = imported(tmp_path, rows, f"student,size_b,style,family,task,item,correct{head}")
    assert any("do not say which" in note for note in found.notes) == noted
