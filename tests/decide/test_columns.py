"""Rows come back from their columns to the bit, and take less room."""

import json

from hypothesis import given
from hypothesis import strategies as st
from tests.decide.packed import rows_of

from breakeven.decide.columns import in_columns

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
FINITE = SCALARS.filter(lambda one: one not in (float("inf"), float("-inf")))
VALUES = st.recursive(
    FINITE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(VALUES, max_size=6))
def test_any_rows_come_back(rows: list) -> None:
    # As text: 0, 0.0 and False are three.
    packed = json.loads(json.dumps(in_columns(rows)))
    assert json.dumps(rows_of(packed)) == json.dumps(rows)


def test_options_that_have_most_in_common_take_a_quarter_of_the_room() -> None:
    nothing = {"value": 0.0, "reason": None}
    rows = [
        {
            "name": f"student {number}",
            "accuracy": number / 7,
            "training": dict.fromkeys(("flops", "device_seconds", "joules"), nothing),
            "answer": {
                "flops": {"value": number * 1e9 / 3, "reason": None},
                "joules": {"value": None, "reason": "energy was not metered"},
            },
        }
        for number in range(100)
    ]
    assert len(json.dumps(in_columns(rows))) < 0.25 * len(json.dumps(rows))
    assert rows_of(in_columns(rows)) == rows
