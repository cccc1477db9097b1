"""Which arms still improved when their budget ended: a table, and a line of the first screen."""

from breakeven.findings.groups import IN_NO_PAIR
from breakeven.findings.levelling import MARGIN, NOTHING_TRIED, LevellingCheck
from breakeven.report.baseline_tables import BaselineWarning
from breakeven.report.table import Table, absent_table
from breakeven.report.view import StudyView
from breakeven.words import percent, points_interval, unsigned_points, whole


def levelling_warnings(view: StudyView) -> tuple[BaselineWarning, ...]:
    """A sentence where arms still improved; none where all had levelled off or nothing shows it."""
    styles = {arm.name: arm.style for arm in view.arms}
    # No gain rests on a control.
    asked = [
        one for one in view.findings.levelling if styles.get(one.arm, "control") not in IN_NO_PAIR
    ]
    improving: dict[str, dict[str, LevellingCheck]] = {}
    for one in asked:
        if one.stands == "still improving":
            # Test items come first in the checks: of two answers theirs is told.
            improving.setdefault(one.arm, {}).setdefault(one.student, one)
    arms = tuple(
        f"{arm} ({', '.join(_words(view, one) for one in found.values())})"
        for arm, found in improving.items()
    )
    if not arms:
        return ()
    basis = f"the whole against half of it, at 5% {view.findings.together}"
    cases, of = sum(map(len, improving.values())), len({(one.arm, one.student) for one in asked})
    return (BaselineWarning("Still improving when the budget ended", arms, basis, cases, of),)


def _words(view: StudyView, one: LevellingCheck) -> str:
    where = "the tune side" if one.asked == "tune side" else one.asked
    gain = points_interval(one.gain, one.low, one.high)
    return f"{view.label(one.student)}: {gain} points on {where}"


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
        f"Both are decided at 5% {view.findings.together}. The tune side are training pairs that "
        "nobody learns.",
        ("size", "arm", "asked", "items", "about half", "whole", "gain", "stands"),
        tuple(
            (
                view.label(one.student),
                view.arm_label(one.arm),
                one.asked,
                whole(one.items),
                f"{percent(one.half)} at {one.share:.2f}",
                percent(one.whole),
                points_interval(one.gain, one.low, one.high),
                one.stands,
            )
            for one in view.findings.levelling
        ),
        tuple({**one._asdict(), "margin": MARGIN} for one in view.findings.levelling),
    )
