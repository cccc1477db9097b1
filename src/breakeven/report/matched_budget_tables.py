"""Arms that were given one training budget, side by side, with what is decided of them."""

from breakeven.findings.direction import Direction
from breakeven.findings.matched_budgets import MatchedDifference
from breakeven.report.figures.spec import CsvRow
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.table import Table
from breakeven.report.view import StudyView
from breakeven.words import p_word, percent, points_interval, unsigned_points

_UNITS = {
    "samples": "samples",
    "tokens": "tokens",
    "supervised_tokens": "supervised tokens",
    "train_flops": "training FLOPs",
}
_WORDS: dict[Direction, str] = {
    "ahead": "more accurate",
    "behind": "less accurate",
    "undecided": "undecided",
}


def matched_budget_table(view: StudyView) -> Table:
    """A row a match and family: what each arm used, and the difference with its verdict."""
    return Table(
        "matched-budgets",
        "At equal training budgets",
        "The arm with more traces minus the other, in points with its 95% interval paired by item; "
        "decided at 5% after Holm over the whole report. Used: what the matched arm used of the "
        "unit over what the other did, by their records, of the seed that is furthest from 1. "
        f"{scope_sentence(view)}",
        (
            *("student", "arms", "matched in", "used", "family", "accuracy", "difference"),
            *("p Holm", "shows", "verdict"),
        ),
        tuple(_words(one) for one in view.findings.budgets),
        tuple(_row(one) for one in view.findings.budgets),
    )


def _words(one: MatchedDifference) -> tuple[str, ...]:
    row, match = one.difference, one.match
    return (
        row.student,
        f"{row.arm} − {row.ift_arm}",
        _UNITS[match.unit],
        "–" if match.ratio is None else f"{match.ratio:.3f}",
        row.family,
        f"{percent(row.accuracy)} against {percent(row.ift_accuracy)}",
        points_interval(row.value, row.low, row.high),
        p_word(row.adjusted_p_value),
        unsigned_points(row.detectable),
        _WORDS[row.direction],
    )


def _row(one: MatchedDifference) -> CsvRow:
    row, match = one.difference, one.match
    return {
        "student": row.student,
        "arm": row.arm,
        "other": row.ift_arm,
        "matched_arm": match.arm,
        "unit": match.unit,
        "used": match.used,
        "other_used": match.other_used,
        "used_ratio": match.ratio,
        "family": row.family,
        "accuracy": row.accuracy,
        "other_accuracy": row.ift_accuracy,
        "difference": row.value,
        "low": row.low,
        "high": row.high,
        "p_value": row.p_value,
        "holm_p_value": row.adjusted_p_value,
        "detectable_at_80_percent": row.detectable,
        "verdict": _WORDS[row.direction],
    }
