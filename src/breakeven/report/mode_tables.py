"""How often arms think, and accuracy and length of their answers with and without a trace."""

from collections.abc import Iterator, Sequence

from breakeven.findings.modes import GroupModes, ModeAnswers
from breakeven.report.figures.modes import NO_MODES, TITLE, mode_row
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.table import Table, absent_table
from breakeven.report.view import StudyView
from breakeven.words import fixed, percent, percent_interval


def thinking_table(view: StudyView) -> Table:
    """How often each arm writes a trace: a style that leaks into the other shows here."""
    name, families = "modes", view.results.families()
    if not view.modes:
        return absent_table(name, TITLE, NO_MODES)
    lines: dict[tuple[str, str], dict[str, str]] = {
        (student, arm.name): {} for student in view.results.students() for arm in view.arms
    }
    for one in view.modes:
        cell, share = one.group.cells[0], one.thinking_share
        words = percent_interval(share.value, share.low, share.high)
        lines[cell.student, cell.arm][cell.family] = words
    return Table(
        name,
        TITLE,
        "Share of answers with a trace. A student taught plain answers should show none, one "
        "taught traces all; a mixed one chooses where no tag tells it which is wanted. The CSV has "
        "the share that leaks from the other mode. "
        f"Intervals at 95%. {scope_sentence(view)}",
        ("student", "arm", *families),
        tuple(
            (
                student,
                view.arm_label(arm),
                *(shares.get(family, "–") for family in families),
            )
            for (student, arm), shares in lines.items()
            if shares
        ),
        tuple(mode_row(one) for one in view.modes),
    )


def mode_table(view: StudyView) -> Table:
    """Accuracy and tokens of answers with and without a trace, of arms that write both."""
    name, title = "answers-by-mode", "Answers with and without a trace"
    if not view.modes:
        return absent_table(name, title, NO_MODES)
    both = [one for one in view.modes if one.plain is not None and one.thinking is not None]
    if not both:
        return absent_table(name, title, "every arm answers in one mode only")
    return Table(
        name,
        title,
        "Of arms that answer in both modes. An arm chooses its mode question by question, so the "
        "modes are asked different questions, and their difference is no effect of thinking. Over "
        "all answers of a mode alike; 95% intervals speak of these trained models. The CSV is "
        "modes.csv.",
        ("family", "student", "arm", "trace", "answers", "accuracy", "tokens"),
        tuple(_lines(view, both)),
    )


def _lines(view: StudyView, both: Sequence[GroupModes]) -> Iterator[tuple[str, ...]]:
    for one in both:
        cell = one.group.cells[0]
        for word, mode in (("without", one.plain), ("with", one.thinking)):
            if mode is not None:
                where = (cell.family, cell.student, view.arm_label(cell.arm))
                yield (*where, word, f"{mode.answers:,}", *_words(mode))


def _words(mode: ModeAnswers) -> tuple[str, str]:
    accuracy, tokens = mode.accuracy, mode.tokens
    if tokens.value is None:
        length = percent(None)
    elif tokens.low is None or tokens.high is None:
        length = fixed(tokens.value)
    else:
        length = f"{fixed(tokens.value)} ({fixed(tokens.low)} to {fixed(tokens.high)})"
    return percent_interval(accuracy.value, accuracy.low, accuracy.high), length
