"""What a reader must know before the gains: which arms are at chance, or below their base."""

from collections.abc import Iterable
from typing import NamedTuple

from breakeven.findings.baselines import STANDING_WORDS, BaselineCheck
from breakeven.findings.groups import IN_NO_PAIR, Group
from breakeven.report.table import Table, absent_table
from breakeven.report.view import StudyView
from breakeven.words import percent, percent_interval, points_interval

BY_VALUE = "by the value alone where no interval is known"
BY_OWN_INTERVAL = "the arm's own 95% interval does not lie wholly above it: a caution, no test"
# From this share of answers that nothing can be read from, a base is hardly a level.
HARDLY_ANSWERS = 0.5


class BaselineWarning(NamedTuple):
    """A sentence of the first screen, and the arms that it is about with where.

    `basis` says what it rests on: tests, intervals, or the values alone where there are none.
    `cases` counts the sizes and families of these arms that it is about, of all that were `asked`.
    """

    text: str
    arms: tuple[str, ...]
    basis: str
    cases: int
    asked: int


def baseline_warnings(view: StudyView) -> tuple[BaselineWarning, ...]:
    """Sentences for what is not above: worst first, none where every arm is in order."""
    # That an untrained base only guesses is no news, and harms no gain.
    guards = [one for one in view.findings.guards if one.group.cells[0].style not in IN_NO_PAIR]
    at_chance = [one for one in guards if one.against == "chance"]
    at_base = [one for one in guards if one.against == "base"]
    below = [one for one in at_base if one.stands == "below"]
    unclear = [one for one in at_base if one.doubtful and one.stands != "below"]
    # The order of the page: harm by training first, then what makes a gain say little.
    said = (
        (
            "Less accurate than the untrained base",
            f"at 5% {view.findings.together}",
            below,
            at_base,
        ),
        (
            "Not clearly above guessing",
            BY_OWN_INTERVAL,
            [one for one in at_chance if one.doubtful],
            at_chance,
        ),
        ("Not clearly above the untrained base", BY_OWN_INTERVAL, unclear, at_base),
    )
    return (
        *(
            BaselineWarning(
                text,
                tuple(checks_by_arm(view, chosen)),
                BY_VALUE if all(one.low is None for one in chosen) else basis,
                len(chosen),
                len(every),
            )
            for text, basis, chosen, every in said
            if chosen
        ),
        *_silent_bases(view),
    )


def _silent_bases(view: StudyView) -> tuple[BaselineWarning, ...]:
    """A sentence where a base that others are held against hardly answers at all."""
    bases = dict.fromkeys(base for one in view.findings.guards if (base := _base_of(view, one)))
    silent = [
        base
        for base in bases
        if (share := _without_answer(base)) is not None and share >= HARDLY_ANSWERS
    ]
    if not silent:
        return ()
    return (
        BaselineWarning(
            "An untrained base hardly answers, so that to be above it says little",
            tuple(_by_arm(view, ((one, one.cells[0].family) for one in silent))),
            f"from {percent(HARDLY_ANSWERS, 0)} of its answers or more nothing can be read: they "
            "are empty, in no form that was asked for, or never end",
            len(silent),
            len(bases),
        ),
    )


def _base_of(view: StudyView, one: BaselineCheck) -> Group | None:
    """The untrained group that a group is held against."""
    if one.against != "base":
        return None
    cell = one.group.cells[0]
    where = (cell.student, one.name)
    every = view.family_groups(cell.family)
    return next((g for g in every if (g.cells[0].student, g.cells[0].arm) == where), None)


def _without_answer(base: Group | None) -> float | None:
    """The share of a group's answers that are neither right nor wrong; None where unknown."""
    if base is None or base.outcomes is None:
        return None
    return 1.0 - base.outcomes.right - base.outcomes.wrong


def checks_by_arm(view: StudyView, chosen: Iterable[BaselineCheck]) -> Iterable[str]:
    """An arm and where: "ift on general-mc (t30k, t120k)", or every size."""
    return _by_arm(view, ((one.group, one.asked) for one in chosen))


def _by_arm(view: StudyView, chosen: Iterable[tuple[Group, str]]) -> Iterable[str]:
    places: dict[str, dict[tuple[str, str], list[str]]] = {}
    for group, asked in chosen:
        cell = group.cells[0]
        students = places.setdefault(cell.arm, {}).setdefault((cell.family, asked), [])
        if cell.student not in students:
            students.append(cell.student)
    for arm, found in places.items():
        by_sizes: dict[str, list[str]] = {}
        for (family, asked), sizes in found.items():
            every = len(sizes) > 1 and len(sizes) == _sizes_of(view, arm, family)
            by_sizes.setdefault("every size" if every else ", ".join(sizes), []).append(asked)
        words = [f"{', '.join(names)} ({sizes})" for sizes, names in by_sizes.items()]
        yield f"{arm} on {'; '.join(words)}"


def _sizes_of(view: StudyView, arm: str, family: str) -> int:
    own = (g.cells[0] for g in view.family_groups(family))
    return len({cell.student for cell in own if cell.arm == arm})


def baseline_table(view: StudyView) -> Table:
    """Every group against chance and against its untrained base."""
    name, title = "guards", "Against chance, and against the untrained base"
    if not view.findings.guards:
        reason = "neither a chance level nor an untrained arm is known"
        return absent_table(name, title, reason)
    return Table(
        name,
        title,
        "Untrained arms and those that gains are about, on the families that they were taught. "
        "Accuracy with its interval against chance, of open questions against a blind guess "
        "(always the commonest right answer, or one of those that stand in the question, whichever "
        "is right more often), where it can be told by tasks with serial steps and without; "
        "difference to the base on the same items, in points with its interval. Intervals are at "
        "95%, each by itself, and how they lie to chance is told as it is, without a test; above "
        f"or below the base is what is shown at 5% {view.findings.together}. Where there is no "
        "interval, the value alone is compared. No answer: the share of the base's answers that "
        "nothing can be read from.",
        (
            "asked",
            "student",
            "arm",
            "against",
            "level",
            "no answer",
            "accuracy or difference",
            "stands",
        ),
        tuple(
            (
                one.asked,
                (cell := one.group.cells[0]).student,
                cell.arm,
                one.name,
                percent(one.level),
                percent(_without_answer(_base_of(view, one))),
                _interval(one),
                STANDING_WORDS[one.against][one.stands],
            )
            for one in view.findings.guards
        ),
        tuple(
            {
                "family": (cell := one.group.cells[0]).family,
                "asked": one.asked,
                "student": cell.student,
                "arm": cell.arm,
                "against": one.name,
                "level": one.level,
                "level_without_answer_share": _without_answer(_base_of(view, one)),
                "value": one.value,
                "low": one.low,
                "high": one.high,
                "stands": STANDING_WORDS[one.against][one.stands],
            }
            for one in view.findings.guards
        ),
    )


def _interval(one: BaselineCheck) -> str:
    words = percent_interval if one.against == "chance" else points_interval
    return words(one.value, one.low, one.high)
