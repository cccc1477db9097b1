"""Controls in numbers: the verdict on each, the gain that it keeps, and both styles by family."""

from breakeven.core.known_numbers import known_mean
from breakeven.findings.contrasts import Contrast, SizedContrast
from breakeven.findings.controls import NO_ERROR, ControlComparison, ControlVerdict, KeptGain
from breakeven.findings.direction import Direction
from breakeven.report.control_words import (
    NO_CONTROL,
    TITLE,
    control_words,
    control_words_of,
    sides_sentence,
)
from breakeven.report.figures.controls import comparison_row
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.table import Table, absent_table
from breakeven.report.view import StudyView
from breakeven.study.repeated_training import same_training
from breakeven.words import p_word, percent, percent_interval, points, points_interval

ALONE = "Each interval is held at 95% by itself; the verdicts have a table of their own."
_STANDS: dict[Direction, str] = {"ahead": "above", "behind": "below", "undecided": "undecided"}


def control_verdict_table(view: StudyView) -> Table:
    """Every control against both styles, over its sizes and families, as decided."""
    name, title = "control-verdicts", "What each control shows"
    if not view.control_comparisons:
        return absent_table(name, title, NO_CONTROL)
    judged = {one.arm: one for one in view.control_verdicts}
    every = dict.fromkeys(one.control.cells[0].arm for one in view.control_comparisons)
    return Table(
        name,
        title,
        "Accuracy minus that of either style in points, over the mean of the families and then of "
        "the sizes that the control was trained at, on the same questions, with 95% intervals; "
        "behind it the mean at each size. Verdicts are on the mean, at "
        f"5% {view.findings.together_beside}; where a size lies on the other side, they say so. "
        f"{sides_sentence(view)} {scope_sentence(view)}",
        (
            "arm",
            "in place of the trace",
            "verdict",
            "minus IFT",
            "p (IFT)",
            "minus reasoning",
            "p (reasoning)",
        ),
        tuple(
            (
                view.arm_label(arm),
                control_words(view, arm) or "–",
                *(_judged_words(judged[arm]) if arm in judged else _not_judged(view, arm)),
            )
            for arm in every
        ),
        tuple(
            {
                "arm": one.arm,
                "students": " ".join(one.students),
                "families": " ".join(one.families),
                **_tested("over_ift", one.to_ift, one.adjusted_to_ift),
                **_tested("over_reasoning", one.to_reasoning, one.adjusted_to_reasoning),
                "verdict": control_verdict(one),
            }
            for one in view.control_verdicts
        ),
    )


def control_verdict(one: ControlVerdict) -> str:
    """What was decided of a control, such as "above IFT, below reasoning"."""
    parts = [
        _stands(style, stands, sized, p_value)
        for style, stands, sized, p_value in (
            ("IFT", one.over_ift, one.to_ift, one.adjusted_to_ift),
            ("reasoning", one.over_reasoning, one.to_reasoning, one.adjusted_to_reasoning),
        )
    ]
    return ", ".join(parts)


def _stands(style: str, stands: Direction, sized: SizedContrast, p_value: float | None) -> str:
    if p_value is None:
        return f"not tested against {style}: {sized.mean.reason or NO_ERROR}"
    if stands == "undecided":
        return f"undecided against {style}"
    turned = " on average, not at every size" if sized.turns else ""
    return f"{_STANDS[stands]} {style}{turned}"


def _judged_words(one: ControlVerdict) -> tuple[str, ...]:
    return (
        control_verdict(one),
        sized_points(one.to_ift),
        p_word(one.adjusted_to_ift),
        sized_points(one.to_reasoning),
        p_word(one.adjusted_to_reasoning),
    )


def _not_judged(view: StudyView, arm: str) -> tuple[str, ...]:
    """A control whose training is another arm's at every size: what it shows is shown already."""
    others = {
        view.arm_label(same)
        for one in view.control_comparisons
        if (cell := one.control.cells[0]).arm == arm
        and (same := same_training(view.summary, cell.student, arm)) is not None
    }
    return (f"none: the same training as {', '.join(sorted(others))}", "–", "–", "–", "–")


def sized_points(sized: SizedContrast) -> str:
    """+18.1 (+13.5 to +22.8); t270k −1.2, t500k +37.5."""
    words = _points(sized.mean)
    if len(sized.by_student) < 2:
        return words
    each = ", ".join(f"{name} {points(value)}" for name, value in sized.by_student)
    return f"{words}; {each}"


def _tested(name: str, sized: SizedContrast, adjusted: float | None) -> dict[str, float | None]:
    apart = sized.mean
    return {
        name: apart.value,
        f"{name}_low": apart.low,
        f"{name}_high": apart.high,
        f"{name}_lowest_size": min(value for _, value in sized.by_student),
        f"{name}_highest_size": max(value for _, value in sized.by_student),
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
        f"Differences in points on the same questions. {sides_sentence(view)} {ALONE} "
        f"{scope_sentence(view)}",
        (
            "family",
            "student",
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
                cell.student,
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
        f"the same questions. {sides_sentence(view)} {ALONE} {scope_sentence(view)}"
        + (f" Absent: {reasons}." if reasons else ""),
        ("student", "arm", "in place of the trace", "gain kept", "gain of reasoning", "changed"),
        tuple(
            (
                one.student,
                view.arm_label(one.arm),
                control_words_of(view, one.student, one.arm) or "–",
                "–"
                if same_training(view.summary, one.student, one.arm)
                else percent_interval(one.value, one.low, one.high),
                _points(one.gain),
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
    same = same_training(view.summary, one.student, one.arm)
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
