"""What the teacher wrote, told from the records of distill."""

import math
from pathlib import Path

import pytest

from breakeven.core.records import Record
from breakeven.distill.token_counts import COMPLETIONS_BY_TOKENS, TokenCounts
from breakeven.params import load_params
from breakeven.rows.completion import Completion
from breakeven.study.collect_data import teacher_rows

ROOT = Path(__file__).resolve().parents[2]


def completion(number: int, new_tokens: int | None) -> Completion:
    return Completion(str(number), "ift", "", "7", 5, 0, new_tokens)


def write(source: str, lengths: list[int | None]) -> None:
    counts = TokenCounts()
    list(counts.counted(completion(number, one) for number, one in enumerate(lengths)))
    Record(
        "distill",
        {"source": source, "style": "ift"},
        metrics=counts.metrics(),
        tokens=counts.tokens(),
        details={COMPLETIONS_BY_TOKENS: counts.lengths()},
    ).write()


def test_completions_of_all_sources_have_their_mean_interval_and_tail(project: Path) -> None:
    params = load_params(ROOT / "params.yaml")
    first, second, *_ = params.sources
    write(first, [10] * 60 + [20] * 34)
    write(second, [30, 30, 30, 30, 40, 100])
    (row,) = teacher_rows(params)
    # 600 + 680 + 120 + 40 + 100 of a hundred completions.
    assert row.new_tokens_value == pytest.approx(15.4)
    squares = 60 * 5.4**2 + 34 * 4.6**2 + 4 * 14.6**2 + 24.6**2 + 84.6**2
    half = 1.98422 * math.sqrt(squares / 99) / 10
    assert row.new_tokens_low == pytest.approx(15.4 - half, rel=1e-5)
    assert row.new_tokens_high == pytest.approx(15.4 + half, rel=1e-5)
    assert row.new_tokens_p95 == 30


def test_where_one_completion_has_no_count_nothing_is_told_of_the_rest(project: Path) -> None:
    params = load_params(ROOT / "params.yaml")
    write(next(iter(params.sources)), [10, None, 20])
    (row,) = teacher_rows(params)
    assert (row.completions, row.new_tokens_value, row.new_tokens_p95) == (3, None, None)
