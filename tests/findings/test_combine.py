import pytest

from breakeven.findings.combine import all_of, any_of, conjunction


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [([0.01, 0.2, 0.03], 0.2), ([0.01], 0.01), ([0.01, None], None), ([], None)],
)
def test_all_comparisons_hold_only_as_surely_as_the_weakest(p_values, expected):
    assert all_of(p_values) == expected


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [([0.01, 0.2, 0.03], 0.03), ([0.5, 0.9], 1.0), ([0.01, None], 0.02), ([None], None)],
)
def test_any_comparison_is_corrected_for_how_many_were_tried(p_values, expected):
    assert any_of(p_values) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, 4 * 0.001), (2, 3 * 0.01), (3, 2 * 0.02), (4, 0.5), (5, None), (0, None)],
)
def test_partial_conjunction_scales_the_count_th_smallest(count, expected):
    # Benjamini and Heller (2008): (n - u + 1) times the u-th smallest p.
    found = conjunction([0.5, 0.02, 0.001, 0.01], count)
    assert found == (None if expected is None else pytest.approx(expected))


def test_a_comparison_without_a_p_counts_as_not_shown():
    assert conjunction([0.001, None], 2) == 1.0
    assert conjunction([None, None], 1) is None
