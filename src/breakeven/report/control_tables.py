"""Controls in numbers: the verdict on each, the gain that it keeps, and both styles by family."""

from breakeven.core.known_numbers import known_mean
from breakeven.findings.contrasts import Contrast
from breakeven.findings.controls import ControlComparison, ControlVerdict, KeptGain
from breakeven.findings.direction import Direction
from breakeven.report.control_words import (
    NO_CONTROL,
    TITLE,
    control_words,
    control_words_of,
    same_training,
)
from breakeven.report.figures.controls import comparison_row
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.table import Table, absent_table
from breakeven.report.view import StudyView
from breakeven.words import p_word, percent, percent_interval, points_interval

ALONE = "Each interval is held at 95% by itself; the verdicts have a table of their own."
_STANDS: dict[Direction, str] = {"ahead": "above", "behind": "below", "undecided": "undecided"}


def control_verdict_table(view: StudyView) -> Table:
    """Every control against both styles, over its sizes and families, as decided."""
    name, title = "control-verdicts", "What each control shows"
    if not view.control_verdicts:
        return absent_table(name, title, NO_CONTROL)
    rows = [(one, same_of_all(view, one)) for one in view.control_verdicts]
    return Table(
        name,
        title,
        "Accuracy minus that of either style in points, over the mean of the families and sizes "
        "that the control was trained for, on the same questions, with 95% intervals. Verdicts at "
        f"5% {view.findings.together_beside}. {scope_sentence(view)}",
        (
            "arm",
            "in place of the trace",
            "sizes",
            "minus IFT",
            "p, Holm",
            "minus reasoning",
            "p, Holm",
            "verdict",
        ),
        tuple(
            (
                view.arm_label(one.arm),
                control_words(view, one.arm) or "–",
                ", ".join(map(view.label, one.students)),
                _points(one.to_ift),
                p_word(one.adjusted_to_ift),
                _points(one.to_reasoning),
                p_word(one.adjusted_to_reasoning),
                control_verdict(one)
                if same is None
                else f"none: the same training as {view.arm_label(same)}",
            )
            for one, same in rows
        ),
        tuple(
            {
                "arm": one.arm,
                "students": " ".join(one.students),
                "families": " ".join(one.families),
                **_tested("over_ift", one.to_ift, one.adjusted_to_ift),
                **_tested("over_reasoning", one.to_reasoning, one.adjusted_to_reasoning),
                "verdict": control_verdict(one) if same is None else None,
                "same_as": same,
            }
            for one, same in rows
        ),
    )


def control_verdict(one: ControlVerdict) -> str:
    """What was decided of a control, such as "above IFT, below reasoning"."""
    if one.over_ift == one.over_reasoning == "undecided":
        return "undecided"
    return ", ".join(
        f"{_STANDS[stands]} {style}" if stands != "undecided" else f"from {style} undecided"
        for stands, style in ((one.over_ift, "IFT"), (one.over_reasoning, "reasoning"))
    )


def same_of_all(view: StudyView, one: ControlVerdict) -> str | None:
    """Another arm whose training the control is at every size that it is judged at."""
    found = {same_training(view, student, one.arm) for student in one.students}
    return found.pop() if len(found) == 1 else None


def _tested(name: str, apart: Contrast, adjusted: float | None) -> dict[str, float | None]:
    return {
        name: apart.value,
        f"{name}_low": apart.low,
        f"{name}_high": apart.high,
        f"{name}_p": apart.two_sided_p,
        f"{name}_p_holm": adjusted,
    }


def control_table(view: StudyView) -> Table:
    """Every control on every family: accuracy, and how far it is from IFT and from reasoning."""
    name, title = "controls", "Controls by family"
    if not view.control_comparisons:
        return absent_table(name, title, NO_CONTROL)
    return Table(
        name,
        title,
        "Differences in points on the same questions, with the arm that the control is compared "
        f"with. {ALONE} {scope_sentence(view)}",
        (
            "family",
            "size",
            "arm",
            "in place of the trace",
            "accuracy",
            "minus IFT",
            "minus reasoning",
            "reasoning minus IFT",
        ),
        tuple(
            (
                (cell := one.control.cells[0]).family,
                view.label(cell.student),
                view.arm_label(cell.arm),
                control_words_of(view, cell.student, cell.arm) or "–",
                _accuracy_words(view, one),
                *map(_points, (one.over_ift, one.over_reasoning, one.gain)),
            )
            for one in view.control_comparisons
        ),
        tuple(comparison_row(view, one) for one in view.control_comparisons),
    )


def kept_table(view: StudyView) -> Table:
    """What each control keeps of the gain, over all families."""
    if not view.kept_gains:
        return absent_table("gain-kept", TITLE, NO_CONTROL)
    reasons = "; ".join(dict.fromkeys(one.reason for one in view.kept_gains if one.reason))
    return Table(
        "gain-kept",
        TITLE,
        "The share of reasoning's gain over IFT that is left with something else in place of the "
        "trace, over the mean of all families: 0% is IFT, 100% is reasoning. Changed: the share of "
        "the traces learnt that are other ones than the teacher's. Intervals are Fieller's, on "
        f"the same questions. {ALONE} {scope_sentence(view)}"
        + (f" Absent: {reasons}." if reasons else ""),
        ("size", "arm", "in place of the trace", "gain of reasoning", "gain kept", "changed"),
        tuple(
            (
                view.label(one.student),
                view.arm_label(one.arm),
                control_words_of(view, one.student, one.arm) or "–",
                _points(one.gain),
                "–"
                if same_training(view, one.student, one.arm)
                else percent_interval(one.value, one.low, one.high),
                percent(_changed_share(view, one)),
            )
            for one in view.kept_gains
        ),
        tuple(
            {
                "student": one.student,
                "arm": one.arm,
                "families": " ".join(one.families),
                "gain": one.gain.value,
                "gain_low": one.gain.low,
                "gain_high": one.gain.high,
                **_kept_numbers(view, one),
                "traces_changed_share": _changed_share(view, one),
            }
            for one in view.kept_gains
        ),
    )


def _kept_numbers(view: StudyView, one: KeptGain) -> dict[str, float | str | None]:
    """What is kept, nothing where the control is another arm's training under a second name."""
    same = same_training(view, one.student, one.arm)
    ends = (one.value, one.low, one.high) if same is None else (None, None, None)
    return {**dict(zip(("kept", "kept_low", "kept_high"), ends, strict=True)), "same_as": same}


def _accuracy_words(view: StudyView, one: ControlComparison) -> str:
    found = view.accuracies[one.control]
    return percent_interval(one.control.accuracy, found.low, found.high)


def _points(one: Contrast) -> str:
    return points_interval(one.value, one.low, one.high)


def _changed_share(view: StudyView, one: KeptGain) -> float | None:
    """Of its seeds together; None where all traces are the teacher's, or nobody counted."""
    return known_mean(
        row.traces_changed_share
        for row in view.summary.trainings
        if (row.student, row.arm) == (one.student, one.arm)
    )
