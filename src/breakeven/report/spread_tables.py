"""The table of what a query takes, on average with its interval, and at its tail."""

from breakeven.findings.query_spread import QuerySpread
from breakeven.report.figures.spec import CsvRow
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.table import Table, absent_table
from breakeven.report.view import StudyView
from breakeven.statistics.estimates import Estimate
from breakeven.words import scientific, whole


def spread_table(view: StudyView) -> Table:
    """Tokens and FLOPs of a query by family, size and arm."""
    name, title = "query-spread", "What a query takes: mean, interval and tail"
    found = [(g, s) for g, s in view.query_spreads.items() if s.tokens or s.flops]
    if not found:
        return absent_table(name, title, "no answers by item tell their tokens")
    return Table(
        name,
        title,
        "Generated tokens, trace and answer together: the mean over tasks, training runs and "
        "questions with its 95% interval, and what 95% of the answers stay within; then FLOPs. A "
        "budget has to hold the tail, which a mean does not show. A mean without variation has no "
        f"interval. {scope_sentence(view, told_by='itself')}",
        (
            "family",
            "student",
            "arm",
            "tokens",
            "95% interval",
            "95% of answers",
            "FLOPs",
            "interval",
        ),
        tuple(
            (
                group.cells[0].family,
                group.cells[0].student,
                view.arm_label(group.cells[0].arm),
                *_words(one.tokens),
                whole(one.late_tokens),
                *_words(one.flops),
            )
            for group, one in found
        ),
        tuple(
            {
                "family": group.cells[0].family,
                "student": group.cells[0].student,
                "arm": group.cells[0].arm,
                **_numbers(one),
            }
            for group, one in found
        ),
    )


def _words(mean: Estimate | None) -> tuple[str, str]:
    if mean is None:
        return "–", "–"
    if mean.low is None or mean.high is None:
        return scientific(mean.value), "–"
    return scientific(mean.value), f"{scientific(mean.low)} to {scientific(mean.high)}"


def _numbers(one: QuerySpread) -> CsvRow:
    found: dict[str, float | None] = {}
    for name, mean in (("tokens", one.tokens), ("flops", one.flops)):
        for end in ("value", "low", "high"):
            found[f"{name}_{end}"] = None if mean is None else getattr(mean, end)
    return {**found, "tokens_p95": one.late_tokens}
