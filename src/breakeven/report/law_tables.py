"""The law of the gain on the page: its equation, coefficients, range, and how far it misses."""

from breakeven.findings.gain_law_words import failing_words, misfit_words, range_words
from breakeven.findings.law import Law
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.table import Table, absent_table
from breakeven.report.view import StudyView
from breakeven.words import fixed, p_word, unsigned_points

NAME, TITLE = "law", "The law of the gain: size, serial depth, extra tokens"
TERM_WORDS = (
    "in the middle",
    "for ten times the parameters",
    "for a further step in a row",
    "for ten times the ratio of tokens",
)


def law_table(view: StudyView) -> Table:
    """The coefficients under their equation; undecided, with every reason, where there is none."""
    law, reasons = view.law
    if law is None:
        return absent_table(NAME, TITLE, f"undecided: {'; '.join(reasons)}")
    left_out = law.left_out.coefficients
    ends = [(float(column.min()), float(column.max())) for column in left_out.T]
    rows = list(zip(TERM_WORDS, law.terms, ends, strict=True))
    return Table(
        NAME,
        TITLE,
        _note(view, law),
        ("term", "log-odds", "95% interval", "p", "without one size"),
        tuple(
            (
                words,
                _odds(term.value),
                f"{_odds(term.low)} to {_odds(term.high)}",
                p_word(term.p_value),
                f"{_odds(low)} to {_odds(high)}",
            )
            for words, term, (low, high) in rows
        ),
        tuple(
            {
                "term": words,
                "log_odds": term.value,
                "low": term.low,
                "high": term.high,
                "standard_error": term.standard_error,
                "p_value": term.p_value,
                "lowest_without_one_size": low,
                "highest_without_one_size": high,
            }
            for words, term, (low, high) in rows
        ),
        about={"": {"student": law.students, "arm": law.arms}},
    )


def _odds(value: float) -> str:
    return fixed(value, 2, signed=True)


def _note(view: StudyView, law: Law) -> str:
    ift, thinking = law.arms
    failing = failing_words(law)
    return (
        f"{'' if failing is None else f'{failing}. '}"
        f"{law.equation}. Fitted to {len(law.students)} sizes, {len(law.tasks)} tasks with serial "
        f"steps, {law.contents:,} contents and {law.seeds} seeds of {thinking} and {ift}, "
        f"{range_words(law)}. {misfit_words(law)}. In log-odds, as a gain in points is "
        "bounded by what IFT leaves; IFT's own level is as measured in every size, task and depth. "
        "Tokens are as the traces came: their coefficient says where longer traces stood, not what "
        "lengthening one does. At a size left out of the fit it misses reasoning's accuracy by "
        f"{unsigned_points(law.miss)} points in the mean of sizes, tasks and depths. Descriptive: "
        "each interval and p by itself, no part of the correction of this report. "
        f"{scope_sentence(view, 'The intervals', told_by='itself')}"
    )
