"""What is written into figures: beside one another, and readable on any ground."""

from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from matplotlib.figure import Figure
from tests.report.conftest import Built

from breakeven.report.figure_files import drawing, panel_svg
from breakeven.report.figures.axes import accuracy_axis, label_point, name_columns, place_labels
from breakeven.report.figures.flips import flips_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Students of two arms that lie side by side, as on an axis of training FLOPs.
CROWD = [(1.0, 0.30, "t270k"), (1.04, 0.28, "t270k"), (1.1, 0.29, "SmolLM2-135M-Instruct")]


def _labelled(points: list[tuple[float, float, str]]) -> "Axes":
    with drawing():
        axes = Figure(figsize=(4.9, 3.1), layout="constrained").subplots()
        for x, y, _ in points:
            axes.plot(x, y, "o", markersize=6.5)
        axes.set_xlim(0, 2)
        accuracy_axis(axes, 0.25)
        for x, y, name in points:
            label_point(axes, x, y, name, side="below")
        axes.figure.draw_without_rendering()
        place_labels(axes)
    return axes


def test_labels_lie_over_no_label_no_marker_and_no_line() -> None:
    axes = _labelled(CROWD)
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 1 + len(CROWD)
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    level = axes.transData.transform((0, 0.25))[1]
    for box in boxes[1:]:
        assert not box.y0 < level < box.y1
        for x, y, _ in CROWD:
            assert not box.contains(*axes.transData.transform((x, y)))


def test_a_label_is_on_the_side_where_no_line_runs() -> None:
    with drawing():
        axes = Figure(figsize=(4.9, 3.1), layout="constrained").subplots()
        axes.plot([1, 3], [0.5, 0.8], "o", markersize=6.5)
        axes.step([1, 3], [0.5, 0.8], where="post")
        axes.plot([1, 3], [0.5, 0.8], ls=":")
        axes.set(xlim=(0, 4), ylim=(0, 1))
        label_point(axes, 1, 0.5, "gemma3-270m", side="right")
        axes.figure.draw_without_rendering()
        place_labels(axes)
    box = axes.texts[0].get_window_extent()
    right, level = axes.transData.transform((1, 0.5))
    assert not (right < box.x1 and box.y0 < level < box.y1)


def test_a_label_without_room_is_left_out() -> None:
    axes = _labelled(
        [(1 + 0.03 * (place % 9), 0.4 + 0.02 * (place // 9), "1M") for place in range(81)]
    )
    assert 1 < len(axes.texts) < 82


def test_a_long_name_stays_within_the_axes() -> None:
    axes = _labelled([(x, 0.6, "SmolLM2-1.7B-Instruct-of-everyone") for x in (0.05, 1.95)])
    names = axes.texts[1:]
    assert [one.get_text() for one in names] == ["SmolLM2-1.7B-Instruct…f-everyone"] * 2
    room = axes.get_window_extent()
    for name in names:
        assert room.x0 <= name.get_window_extent().x0 < name.get_window_extent().x1 <= room.x1


def test_names_of_columns_are_turned_where_they_would_meet() -> None:
    for names, turned in ((("t30k", "t2m"), 0), ([f"SmolLM2-{one}00M" for one in range(6)], 25)):
        with drawing():
            axes = Figure(figsize=(4.9, 3.1)).subplots()
            name_columns(axes, names)
        assert {one.get_rotation() for one in axes.get_xticklabels()} == {turned}


def test_chance_is_named_beside_the_axes_where_no_point_lies() -> None:
    axes = _labelled([(1.99, 0.25, "1M"), (0.01, 0.25, "2M")])
    (chance,) = (text for text in axes.texts if text.get_text() == "chance")
    assert chance.get_window_extent().x0 >= axes.get_window_extent().x1


@pytest.mark.parametrize("mark", ["opacity", "--style"])
def test_a_cell_of_turned_rankings_is_tinted_alike_on_light_and_dark_ground(
    built: Built, mark: str
) -> None:
    for number, panel in enumerate(flips_figure(built.view).panels):
        assert mark not in panel_svg("cost-flips", number, panel)
