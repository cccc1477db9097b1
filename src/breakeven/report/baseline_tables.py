"""What a reader must know before the gains: which arms are at chance, or below their base."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from breakeven.findings.baselines import (
    STANDING_WORDS,
    Baseline,
    BaselineCheck,
    BaselineStanding,
)
from breakeven.findings.groups import IN_NO_PAIR, Group
from breakeven.report.table import Table, absent_table
from breakeven.report.view import StudyView
from breakeven.words import percent, percent_interval, points_interval

BY_VALUE = "by the value alone where no interval is known"
# From this share of answers that nothing can be read from, a base is hardly a level.
HARDLY_ANSWERS = 0.5


class BaselineWarning(NamedTuple):
    """A sentence of the first screen, and the arms that it is about with where.

    `basis` says what it rests on: tests, or the values alone where there are none. `cases` counts
    the sizes and families of these arms that it is about, of all that were `asked`.
    """

    text: str
    arms: tuple[str, ...]
    basis: str
    cases: int
    asked: int


def baseline_warnings(view: StudyView) -> tuple[BaselineWarning, ...]:
    """Sentences for what is not above: worst first, none where every arm is in order."""
    asked: tuple[tuple[Baseline, BaselineStanding, str], ...] = (
        # The order of the page: harm by training first, then what makes a gain say little.
        ("base", "below", "Less accurate than the untrained base"),
        ("chance", "below", "Below chance"),
        ("chance", "not shown above", "Not shown to be above chance"),
        ("base", "not shown above", "Not shown to differ from the untrained base"),
    )
    # That an untrained base only guesses is no news, and harms no gain.
    guards = [one for one in view.findings.guards if one.group.cells[0].style not in IN_NO_PAIR]
    warned = []
    for against, stands, text in asked:
        every = [one for one in guards if one.against == against]
        chosen = [one for one in every if one.stands == stands]
        if chosen:
            tested = all(one.p_value is not None for one in chosen)
            basis = f"at 5% {view.findings.together}" if tested else BY_VALUE
            arms = tuple(_by_arm(view, [one.group for one in chosen]))
            warned.append(BaselineWarning(text, arms, basis, len(chosen), len(every)))
    return (*warned, *_silent_bases(view))


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
            tuple(_by_arm(view, silent)),
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


def _by_arm(view: StudyView, chosen: Sequence[Group]) -> Iterable[str]:
    """An arm and where: "ift on general-mc (30K, 120K)", or every size."""
    places: dict[str, dict[str, list[str]]] = {}
    for group in chosen:
        cell = group.cells[0]
        sizes = places.setdefault(cell.arm, {}).setdefault(cell.family, [])
        if view.label(cell.student) not in sizes:
            sizes.append(view.label(cell.student))
    for arm, families in places.items():
        by_sizes: dict[str, list[str]] = {}
        for family, sizes in families.items():
            every = len(sizes) > 1 and len(sizes) == _sizes_of(view, arm, family)
            by_sizes.setdefault("every size" if every else ", ".join(sizes), []).append(family)
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
        "Accuracy with its interval against chance, of open questions against always giving the "
        "commonest right answer; difference to the base on the same items, in "
        "points with its interval. Intervals are at 95%, each by itself; above or below is what is "
        f"shown at 5% {view.findings.together}. Where there is no interval, the value alone is "
        "compared. No answer: the share of the base's answers that nothing can be read from.",
        (
            "family",
            "size",
            "arm",
            "against",
            "level",
            "no answer",
            "accuracy or difference",
            "stands",
        ),
        tuple(
            (
                (cell := one.group.cells[0]).family,
                view.label(cell.student),
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
