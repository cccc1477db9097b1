"""What the page says of its numbers: what they lack, what is not known, no pick of the largest."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.decide.packed import unpacked
from tests.report.scored import Key, scored

from breakeven.core.known_numbers import known_sum
from breakeven.decide.family_options import family_options
from breakeven.findings.accuracies import mean_over_items
from breakeven.report.accuracy_tables import accuracy_table, chance_table
from breakeven.report.comparison_tables import verdict_table
from breakeven.report.curves import cost_panels
from breakeven.report.data_tables import corpus_table
from breakeven.report.figures.equivalent import equivalent_figure, equivalents
from breakeven.report.figures.frontier import frontier_figure
from breakeven.report.growth_tables import crossing_table
from breakeven.report.headline import headline
from breakeven.report.interval_scope import ONE_SEED, band_scope, scope_sentence
from breakeven.report.limits import limit_lines
from breakeven.report.setup_tables import rate_words
from breakeven.report.view import StudyView, view_of
from breakeven.report.write import _tables, build_report
from breakeven.results.cell_results import CellResult, Results
from breakeven.results.replay import replay_results
from breakeven.study.summary import (
    BootstrapSettings,
    CorpusRow,
    StudySummary,
    TrainingRow,
    summary_without_records,
)

TASK = "math-open/sums"
FEW = StudySummary(settings=BootstrapSettings(draws=200))


def sizes_study(ift: tuple[int, ...], reasoning: tuple[int, ...], seeds: int = 1) -> StudyView:
    """Three sizes on 200 questions; a seed after the first gets two more right."""
    right: dict[Key, int] = {}
    for seed in range(seeds):
        for student, plain, thinking in zip(
            ("small", "middle", "large"), ift, reasoning, strict=True
        ):
            right[student, "ift", TASK, seed] = plain + 2 * seed
            right[student, "reasoning", TASK, seed] = thinking + 2 * seed
    return view_of(scored(right, apart=True), FEW)


@pytest.mark.parametrize(
    ("seeds", "words", "band"),
    [
        (1, ONE_SEED, "lack what another training run would change"),
        (
            3,
            "They hold other training runs, by 3 seeds each",
            "variance between training runs, by 3 seeds",
        ),
    ],
)
def test_intervals_and_bands_say_whether_they_hold_other_training_runs(
    seeds: int, words: str, band: str
) -> None:
    view = sizes_study((40, 60, 80), (50, 90, 150), seeds)
    assert words in scope_sentence(view)
    assert words in accuracy_table(view).note
    assert words in frontier_figure(view, "inference").how_to_read
    said = band_scope(view, sampled=True)
    assert band in said
    assert "pointwise" in said


def test_each_table_says_whose_seeds_tell_how_far_trainings_lie_apart() -> None:
    view = sizes_study((40, 60, 80), (50, 90, 150), 3)
    told = "how far seeds lie apart is told by those of all "
    assert f"{told}6 trained arms and sizes" in accuracy_table(view).note
    # What is resampled knows the sizes of its arm, and lengths no seeds but their own.
    assert f"{told}sizes of an arm" in crossing_table(view).note
    assert f"{told}sizes of an arm" in equivalent_figure(view).how_to_read
    own = scope_sentence(view, told_by="itself")
    assert own.endswith("how far seeds lie apart is told by each one's own alone.")
    few = sizes_study((40, 60, 80), (50, 90, 150), 1)
    assert scope_sentence(few, told_by="the arm") == f"They {ONE_SEED}"


def test_a_study_of_which_some_arms_have_one_seed_says_so() -> None:
    right: dict[Key, int] = {("small", "ift", TASK, seed): 40 + seed for seed in range(3)}
    right["small", "reasoning", TASK, 0] = 60
    assert "where it has one" in scope_sentence(view_of(scored(right), FEW))


def test_an_equivalent_size_whose_interval_is_the_whole_axis_is_not_told() -> None:
    # IFT is as good at every size, so a reasoning student's place among them is anywhere.
    open_ = sizes_study((100, 101, 102), (100, 101, 102))
    told = sizes_study((20, 100, 180), (60, 140, 195))
    assert not any(one.is_informative for one in equivalents(open_))
    assert sum(one.is_informative for one in equivalents(told)) == 3
    text = equivalent_figure(open_).takeaway
    assert "their worth is not known" in text
    assert "is worth" not in text
    assert "small reasoning on math-open is worth" in equivalent_figure(told).takeaway


def test_the_arm_of_the_most_accurate_student_is_named_only_where_draws_tell() -> None:
    sure = frontier_figure(sizes_study((40, 60, 80), (50, 90, 190)), "inference").takeaway
    assert "The arm of the most accurate student is reasoning in math-open" in sure
    close = view_of(scored({("large", "ift", TASK): 150, ("large", "reasoning", TASK): 150}), FEW)
    shares = [point.leads for point in cost_panels(close, "inference", fits=False)[0].points]
    assert sum(share for share in shares if share is not None) == pytest.approx(1)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, "–"),
        (0.0, "0.0%"),
        (0.85, "85.0%"),
        (1.0, "100.0%"),
        (1.23, "123.0% (ceiling measured under load)"),
    ],
)
def test_a_share_over_the_whole_rate_says_why(share: float | None, text: str) -> None:
    assert rate_words(share) == text


def test_a_sum_with_an_unknown_part_is_not_known() -> None:
    assert known_sum([1.0, 0.0]) == 1.0
    assert known_sum([]) == 0
    assert known_sum([1.0, None]) is None


@pytest.mark.parametrize(("large", "unequal"), [(400, True), (399, False)])
def test_a_family_of_unequal_tasks_gives_both_means(large: int, unequal: bool) -> None:
    sizes = {"math-open/aime": 40, "math-open/gsm": large}
    right: dict[Key, int] = {
        ("small", arm, task): size // 4 if task.endswith("aime") else size // 2
        for arm in ("ift", "reasoning")
        for task, size in sizes.items()
    }
    view = view_of(scored(right, items=sizes), summary_without_records())
    table = accuracy_table(view)
    assert ("40 (math-open/aime) to 400 items" in table.note) == unequal
    assert all(("over items" in row[-1]) == unequal for row in table.body)
    group = view.family_groups("math-open")[0]
    assert group.accuracy == pytest.approx((10 / 40 + (large // 2) / large) / 2)
    assert mean_over_items(view.scored, group) == pytest.approx((10 + large // 2) / (40 + large))


def without_flops(results: Results, student: str) -> Results:
    """The results as they are where the architecture of a student is not known."""
    cells = tuple(
        replace(one, inference_flops=None, train_flops=None) if one.student == student else one
        for one in results.cells
    )
    assert results.items is not None
    items = results.items.copy()
    items.loc[items["student"] == student, "inference_flops"] = None
    return replace(results, cells=cells, items=items)


@pytest.mark.parametrize("unknown", [("middle",), ("small", "middle", "large")])
def test_students_of_unknown_flops_have_accuracies_and_no_place_on_cost_axes(
    unknown: tuple[str, ...], project: Path
) -> None:
    results = sizes_study((40, 60, 80), (50, 90, 150)).results
    for student in unknown:
        results = without_flops(results, student)
    build_report(results, FEW, project / "out")
    page = (project / "out/index.html").read_text()
    assert "Traceback" not in page
    if len(unknown) == 1:
        assert "not drawn: middle ift, middle reasoning" in page
    else:
        assert "Absent: no group has inference FLOPs" in page


def test_a_control_is_shown_as_one_and_changes_no_sentence(
    project: Path,
) -> None:
    right: dict[Key, int] = {
        ("small", "ift", TASK): 60,
        ("small", "reasoning", TASK): 110,
        ("large", "ift", TASK): 80,
        ("large", "reasoning", TASK): 150,
    }
    plain = view_of(scored(right), FEW)
    beside = scored({**right, ("small", "perturbed", TASK): 190, ("large", "perturbed", TASK): 195})
    view = view_of(beside, FEW)
    assert headline(view) == headline(plain)
    for kind in ("inference", "training"):
        (with_control, without) = (cost_panels(one, kind, fits=False)[0] for one in (view, plain))
        names = [[point.group.label for point in one.frontier] for one in (with_control, without)]
        assert names[0] == names[1] != []
    options = family_options(view.scored, "math-open", draws=200).options
    assert {option.arm for option in options} == {"ift", "reasoning"}
    build_report(beside, FEW, project / "out")
    page = (project / "out/index.html").read_text()
    assert "perturbed (control)" in page
    assert "Controls, in no pair of styles and no claim: perturbed." in page


def test_every_table_that_names_a_control_says_that_it_is_one() -> None:
    right: dict[Key, int] = {
        (student, arm, task): 60
        for student in ("small", "large")
        for arm in ("base", "ift", "reasoning", "perturbed")
        for task in (TASK, "general-mc/quiz")
    }
    training = TrainingRow("small", "perturbed", 0, 9, 9, 9, 1.0, 9.0, 9.0, "cpu")
    summary = replace(FEW, trainings=(training,))
    view = view_of(scored(right, chance={"general-mc/quiz": 0.25}), summary)
    tables = {one.name: one.body for group in _tables(view) for one in group.tables}
    named = {
        name: {cell for row in body for cell in row if "perturbed" in cell}
        for name, body in tables.items()
    }
    assert {name for name, cells in named.items() if cells} == {
        "accuracy",
        "accuracy-by-task",
        "beyond-chance",
        "controls",
        "costs",
        "control-verdicts",
        "gain-kept",
        "growth",
        "modes",
        "query-spread",
        "training",
        "truncated-and-unparsed",
    }
    assert set().union(*named.values()) == {"perturbed (control)"}


@pytest.mark.parametrize("arm", ["perturbed", "shuffled"])
def test_a_control_makes_no_panel_and_is_not_said_to_lack_a_cost(arm: str) -> None:
    right: dict[Key, int] = {
        ("small", "base", TASK): 20,
        ("small", "ift", TASK): 60,
        ("small", "reasoning", TASK): 110,
    }
    plain, view = (view_of(scored(one), FEW) for one in (right, {**right, ("small", arm, TASK): 9}))
    assert view.panels == plain.panels
    assert [one.name for one in view.panel_arms(view.panels[0])][-1] == arm
    for kind in ("inference", "training", "lifetime"):
        caption = frontier_figure(view, kind).how_to_read
        assert caption == f"{frontier_figure(plain, kind).how_to_read} Controls are not drawn."


@pytest.mark.parametrize(("of_styles", "of_control"), [((0, 1), (0,)), ((0,), (0, 1))])
def test_the_seeds_of_a_control_say_nothing_of_intervals(
    of_styles: tuple[int, ...], of_control: tuple[int, ...]
) -> None:
    right: dict[Key, int] = {}
    for seed in of_styles:
        right["small", "ift", TASK, seed] = 60 + 3 * seed
        right["small", "reasoning", TASK, seed] = 110 + 9 * seed
    control: dict[Key, int] = {("small", "perturbed", TASK, seed): 150 for seed in of_control}
    plain, view = (view_of(scored(one), FEW) for one in (right, {**right, **control}))
    assert scope_sentence(view) == scope_sentence(plain)
    assert view.lifetime_queries == plain.lifetime_queries
    assert [line for line in limit_lines(view) if "ontrols" not in line] == limit_lines(plain)
    drawn, alone = view.draws("math-open"), plain.draws("math-open")
    assert drawn is not None
    assert alone is not None
    assert (drawn.draws == alone.draws).all()


def test_controls_alone_draw_no_frontier() -> None:
    view = view_of(scored({("small", "shuffled", TASK): 9}), FEW)
    assert frontier_figure(view, "inference").reason == "no group but controls has inference FLOPs"


@pytest.mark.parametrize("alone", [True, False])
def test_a_family_of_controls_alone_is_shown_and_offers_nothing(project: Path, alone: bool) -> None:
    control: dict[Key, int] = {("small", "perturbed", "general-open/talk"): 60}
    pair: dict[Key, int] = {("small", "ift", TASK): 60, ("small", "reasoning", TASK): 110}
    results = scored(control if alone else {**pair, **control})
    build_report(results, FEW, project / "out")
    page = (project / "out/index.html").read_text()
    assert "perturbed (control)" in page
    data = unpacked(page.split('id="decide-data">')[1].split("</script>")[0])
    assert list(data["families"]) == ([] if alone else ["math-open"])


def test_a_study_of_one_size_and_one_test_speaks_of_no_others() -> None:
    right: dict[Key, int] = {("small", "ift", TASK): 40, ("small", "reasoning", TASK): 110}
    found = scored(right)
    cells = tuple(replace(one, inference_flops=None, train_flops=None) for one in found.cells)
    view = view_of(replace(found, cells=cells), FEW)
    accuracy, growth, _ = headline(view)
    assert view.findings.comparisons == 1
    assert "At the only size, small" in accuracy.text
    assert "decided at 5% as the only test of this report" in accuracy.text
    assert growth.text.startswith(
        "Fewer than three sizes with both styles; whether it lies where a"
    )


def test_nothing_is_said_of_intervals_where_there_are_none() -> None:
    cells = replay_results().cells
    view = view_of(Results("whole", "imported", tuple(map(without_tasks, cells))), FEW)
    assert view.findings.comparisons == 0
    notes = [table(view).note for table in (accuracy_table, chance_table, crossing_table)] + [
        verdict_table(view).note
    ]
    assert not [note for note in notes if "They speak" in note or "The intervals" in note]
    assert "at 5% (here nothing could be tested)" in notes[-1]


def without_tasks(cell: CellResult) -> CellResult:
    """A cell of which the whole family's accuracy is known and nothing else."""
    return replace(cell, tasks=(), items=None)


def test_a_sentence_on_intervals_names_them() -> None:
    for seeds, words in ((1, "The intervals speak of"), (3, "The intervals hold other")):
        view = sizes_study((40, 60, 80), (50, 90, 150), seeds)
        assert f"taken literally. {words}" in verdict_table(view).note


@pytest.mark.parametrize(("kept", "word"), [(None, "–"), (0, "0"), (1200, "1,200")])
def test_a_count_of_pairs_that_is_not_known_is_no_zero(kept: int | None, word: str) -> None:
    row = CorpusRow("general", kept, 3, {}, {})
    table = corpus_table(StudySummary(corpora=(row,)))
    assert table.body[0][1:3] == (word, "3")
    assert table.rows[0]["kept"] == kept
