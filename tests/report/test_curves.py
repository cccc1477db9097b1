"""Points, frontier and fits of a cost axis, and the equivalents that are drawn."""

import pytest
from tests.report.conftest import Built

from breakeven.report.curves import cost_of, cost_panels
from breakeven.report.figures.equivalent import equivalent_figure, equivalents, place_words
from breakeven.report.view import StudyView, view_of
from breakeven.results.cell_results import Results
from breakeven.results.replay import replay_results
from breakeven.study.summary import summary_without_records
from breakeven.words import human, p_word, points, scientific, size_word


@pytest.fixture(scope="module")
def published() -> StudyView:
    return view_of(replay_results(), summary_without_records())


def test_untrained_students_have_no_place_on_a_training_axis(built: Built) -> None:
    styles = {p.arm.style for one in cost_panels(built.view, "training") for p in one.points}
    assert styles == {"ift", "mixed", "reasoning"}


def test_lifetime_cost_is_training_plus_queries_times_an_answer(built: Built) -> None:
    queries = built.view.lifetime_queries
    assert queries is not None
    group = built.view.family_groups("math-open")[-1]
    train, answer = group.mean("train_flops"), group.mean("inference_flops")
    assert train and answer
    assert cost_of(group, "lifetime", queries) == train + queries * answer


def test_two_sizes_give_points_and_a_reason_instead_of_a_curve(built: Built) -> None:
    for panel in cost_panels(built.view, "inference"):
        assert len(panel.points) == 8
        for curve in panel.curves:
            assert curve.costs == ()
            assert "needs 4" in (curve.reason or "")


def test_no_point_beats_a_member_of_the_frontier(built: Built) -> None:
    for panel in cost_panels(built.view, "inference", fits=False):
        for member in panel.frontier:
            assert not [
                p
                for p in panel.points
                if p.cost <= member.cost and p.group.accuracy > member.group.accuracy
            ]
            assert member.probability is not None


def test_a_fit_is_extrapolated_to_the_dearest_trained_student(published: StudyView) -> None:
    panel = next(p for p in published.panels if (p.corpus, p.family) == ("general", "math-open"))
    cells = tuple(cell for group in published.panel_groups(panel) for cell in group.cells)
    only = view_of(Results("one panel", "published", cells), summary_without_records())
    (found,) = cost_panels(only, "inference")
    ift = next(curve for curve in found.curves if curve.arm.style == "ift")
    assert ift.factor == pytest.approx(7.1, abs=0.05)
    assert ift.costs[-1] == pytest.approx(max(point.cost for point in found.points))
    assert all(
        low <= best <= high for low, best, high in zip(ift.low, ift.best, ift.high, strict=True)
    )
    assert ift.high[-1] - ift.low[-1] > 0.2


def test_equivalent_sizes_are_those_of_the_published_study(published: StudyView) -> None:
    words = {
        (one.key.family, one.student): place_words(one.placed.position)
        for one in equivalents(published)
        if one.key.corpus == "general"
    }
    assert words["general-open", "Qwen2.5-0.5B"] == "1.8B"
    assert words["general-open", "Qwen2.5-1.5B"] == "9.4B"
    assert words["math-open", "Qwen2.5-3B"] == ">14B"


def test_several_corpora_are_panels_of_their_own(published: StudyView) -> None:
    assert len(published.panels) == 8
    assert published.panels[0].title == "general-mc · general"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1234.0, "1,234"), (3.2e11, "3.2×10¹¹"), (9.96e11, "1.0×10¹²"), (4e-5, "4.0×10⁻⁵")],
)
def test_large_numbers_are_written_with_a_power_of_ten(value: float, text: str) -> None:
    assert scientific(value) == text


def test_sizes_and_differences_are_written_as_people_of_the_field_do() -> None:
    assert [size_word(n) for n in (29_568, 2_001_152, 5e8, 14e9)] == ["30K", "2M", "0.5B", "14B"]
    assert human(999) == "999"
    assert points(-0.0123) == "−1.2"
    assert [p_word(p) for p in (None, 0.0004, 0.0312, 0.25)] == ["–", "<0.001", "0.031", "0.25"]


def test_an_untrained_student_costs_its_answers_over_its_life(built: Built) -> None:
    base = next(
        group for group in built.view.family_groups("math-open") if group.cells[0].style == "base"
    )
    answer = base.mean("inference_flops")
    assert answer
    assert cost_of(base, "lifetime", 1000.0) == 1000 * answer
    assert cost_of(base, "training") is None


def test_places_without_intervals_are_not_called_unknown(published: StudyView) -> None:
    text = equivalent_figure(published).takeaway
    assert "20 lie among the IFT sizes, by the point values alone" in text
    assert "not known" not in text
