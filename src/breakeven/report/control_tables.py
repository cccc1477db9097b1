"""Controls in numbers: beside both styles by family, the verdict, and the gain that each keeps."""

from breakeven.core.known_numbers import known_mean
from breakeven.findings.contrasts import Contrast
from breakeven.findings.controls import ControlComparison, KeptGain
from breakeven.findings.direction import Direction
from breakeven.report.control_words import NO_CONTROL, TITLE, control_words_of, same_training
from breakeven.report.figures.controls import comparison_row
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.table import Table, absent_table
from breakeven.report.view import StudyView
from breakeven.words import p_word, percent, percent_interval, points_interval

ALONE = "Each interval is held at 95% by itself; what is decided is in the table of the gain kept."
_STANDS: dict[Direction, str] = {"ahead": "above", "behind": "below", "undecided": "undecided"}


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
        "the same questions, each held at 95% by itself. Verdict: whether the control is more or "
        f"less accurate than each style, at 5% {view.findings.together}; of the two p of Holm the "
        f"first is against IFT. {scope_sentence(view)}"
        + (f" Absent: {reasons}." if reasons else ""),
        (
            "size",
            "arm",
            "in place of the trace",
            "minus IFT",
            "minus reasoning",
            "gain kept",
            "changed",
            "p, Holm",
            "verdict",
        ),
        tuple(
            (
                view.label(one.student),
                view.arm_label(one.arm),
                control_words_of(view, one.student, one.arm) or "–",
                _points(one.to_ift),
                _points(one.to_reasoning),
                "–" if same else percent_interval(one.value, one.low, one.high),
                percent(_changed_share(view, one)),
                f"{p_word(one.adjusted_to_ift)}, {p_word(one.adjusted_to_reasoning)}",
                f"none: same training as {view.arm_label(same)}" if same else control_verdict(one),
            )
            for one in view.kept_gains
            for same in (same_training(view, one.student, one.arm),)
        ),
        tuple(
            {
                "student": one.student,
                "arm": one.arm,
                "families": " ".join(one.families),
                "gain": one.gain.value,
                "gain_low": one.gain.low,
                "gain_high": one.gain.high,
                **_tested("over_ift", one.to_ift, one.adjusted_to_ift),
                **_tested("over_reasoning", one.to_reasoning, one.adjusted_to_reasoning),
                "verdict": None
                if same_training(view, one.student, one.arm)
                else control_verdict(one),
                **_kept_numbers(view, one),
                "traces_changed_share": _changed_share(view, one),
            }
            for one in view.kept_gains
        ),
    )


def control_verdict(one: KeptGain) -> str:
    """What was decided of a control, such as "above IFT, below reasoning"."""
    if one.over_ift == one.over_reasoning == "undecided":
        return "undecided"
    return ", ".join(
        f"{_STANDS[stands]} {style}" if stands != "undecided" else f"from {style} undecided"
        for stands, style in ((one.over_ift, "IFT"), (one.over_reasoning, "reasoning"))
    )


def _tested(name: str, apart: Contrast, adjusted: float | None) -> dict[str, float | None]:
    return {
        name: apart.value,
        f"{name}_low": apart.low,
        f"{name}_high": apart.high,
        f"{name}_p": apart.two_sided_p,
        f"{name}_p_holm": adjusted,
    }


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
