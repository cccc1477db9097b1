"""Which arms still improved when their budget ended: a table, and lines of the first screen."""

from collections.abc import Iterable

from breakeven.findings.groups import IN_NO_PAIR
from breakeven.findings.levelling import MARGIN, NOTHING_TRIED, LevellingCheck
from breakeven.report.baseline_tables import BaselineWarning
from breakeven.report.table import Table, absent_table
from breakeven.report.view import StudyView
from breakeven.words import percent, points_interval, unsigned_points, whole

# Answers of `breakeven tune`, which are no samples of the study.
TUNE_SIDE = "one training, tune side"


def levelling_warnings(view: StudyView) -> tuple[BaselineWarning, ...]:
    """Sentences on arms that are shown to improve still, and on those that rose without a proof.

    As with chance, their own interval is enough for a caution: who might have learnt more with more
    is compared on unequal terms, whatever the correction for all other tests leaves of it.
    """
    styles = {arm.name: arm.style for arm in view.arms}
    # No gain rests on a control.
    asked = [
        one for one in view.findings.levelling if styles.get(one.arm, "control") not in IN_NO_PAIR
    ]
    tested = [one for one in asked if one.stands != "not tested"]
    # Of several trainings and of one, the several are told.
    known = {(one.student, one.arm) for one in tested}
    alone = [
        one for one in asked if one.stands == "not tested" and (one.student, one.arm) not in known
    ]
    improving = [one for one in tested if one.stands == "still improving"]
    said = (
        (
            "Still improving when the budget ended",
            f"the whole against half of it, at 5% {view.findings.together}",
            improving,
            tested,
        ),
        (
            "Rose between half and all of the budget",
            "in points with their own 95% interval: a caution, no test",
            [one for one in tested if one.rose and one.stands == "undecided"],
            tested,
        ),
        (
            "Rose between half and all of the budget in one training",
            "in points with an interval that holds other items alone: another seed may do "
            "otherwise, and nothing is decided by it",
            [one for one in alone if one.rose],
            alone,
        ),
    )
    return tuple(
        BaselineWarning(text, tuple(_by_arm(chosen)), basis, len(chosen), len(every))
        for text, basis, chosen, every in said
        if chosen
    )


def _by_arm(chosen: Iterable[LevellingCheck]) -> Iterable[str]:
    arms: dict[str, list[str]] = {}
    for one in chosen:
        gain = points_interval(one.gain, one.low, one.high)
        where = "the tune side" if one.asked == "tune side" else one.asked
        arms.setdefault(one.arm, []).append(f"{one.student}: {gain} on {where}")
    return (f"{arm} ({', '.join(words)})" for arm, words in arms.items())


def levelling_table(view: StudyView) -> Table:
    """Every arm and size of which it is known, with what its second half of the budget brought."""
    name, title = "levelling", "Levelling off"
    if not view.findings.levelling:
        return absent_table(name, title, NOTHING_TRIED)
    return Table(
        name,
        title,
        "Accuracy with the whole budget minus that with about half of it, on the same items, in "
        "points with its 95% interval. Levelled off: shown to be below "
        f"{unsigned_points(MARGIN)} points. Still improving: shown to be above zero, and not that. "
        f"Both are decided at 5% {view.findings.together}, over the seeds and the families that "
        "the arm was taught. Not tested: one training of each budget; the interval holds other "
        "items and no other training. The tune side are training pairs that nobody learns, asked "
        "by breakeven tune of one training.",
        ("student", "arm", "asked", "items", "about half", "whole", "gain", "stands"),
        tuple(
            (
                one.student,
                view.arm_label(one.arm),
                TUNE_SIDE if one.asked == "tune side" else one.asked,
                whole(one.items),
                f"{percent(one.half)} at {one.share:.2f}",
                percent(one.whole),
                points_interval(one.gain, one.low, one.high),
                one.stands,
            )
            for one in view.findings.levelling
        ),
        tuple({**one._asdict(), "margin": MARGIN} for one in view.findings.levelling),
        elsewhere=TUNE_SIDE,
    )
