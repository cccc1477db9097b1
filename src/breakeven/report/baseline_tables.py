"""What a reader must know before the gains: which arms are at chance, or below their base."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from breakeven.findings.baselines import (
    STANDING_WORDS,
    Baseline,
    BaselineCheck,
    BaselineStanding,
)
from breakeven.findings.groups import IN_NO_PAIR
from breakeven.report.table import Table, absent_table
from breakeven.report.view import StudyView
from breakeven.words import percent, percent_interval, points_interval

BY_VALUE = "by the value alone where no interval is known"


class BaselineWarning(NamedTuple):
    """A sentence of the first screen, and the arms that it is about with where.

    `basis` says what it rests on: tests, or the values alone where there are none.
    """

    text: str
    arms: tuple[str, ...]
    basis: str


def baseline_warnings(view: StudyView) -> tuple[BaselineWarning, ...]:
    """Sentences for what is not above: worst first, none where every arm is in order."""
    asked: tuple[tuple[Baseline, BaselineStanding, str], ...] = (
        # The order of the page: harm by training first, then what makes a gain say little.
        ("base", "below", "Less accurate than the untrained base"),
        ("chance", "below", "Below chance"),
        ("chance", "not shown above", "Not shown to be above chance"),
        ("base", "not shown above", "Not shown to differ from the untrained base"),
    )
    warned = []
    for against, stands, text in asked:
        chosen = [
            one for one in view.findings.guards if (one.against, one.stands) == (against, stands)
        ]
        # That an untrained base or a control only guesses is no news, and harms no gain.
        chosen = [one for one in chosen if one.group.cells[0].style not in IN_NO_PAIR]
        if chosen:
            tested = all(one.p_value is not None for one in chosen)
            basis = f"at 5% {view.findings.together}" if tested else BY_VALUE
            warned.append(BaselineWarning(text, tuple(_by_arm(view, chosen)), basis))
    return tuple(warned)


def _by_arm(view: StudyView, chosen: Sequence[BaselineCheck]) -> Iterable[str]:
    """An arm and where: "ift on general-mc (30K, 120K)", or every size."""
    places: dict[str, dict[str, list[str]]] = {}
    for one in chosen:
        cell = one.group.cells[0]
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
        "Accuracy with its interval against chance, of open questions against always giving the "
        "commonest right answer; difference to the base on the same items, in "
        "points with its interval. Intervals are at 95%, each by itself; above or below is what is "
        f"shown at 5% {view.findings.together}. Where there is no interval, the value alone is "
        "compared.",
        ("family", "size", "arm", "against", "level", "accuracy or difference", "stands"),
        tuple(
            (
                (cell := one.group.cells[0]).family,
                view.label(cell.student),
                view.arm_label(cell.arm),
                one.name,
                percent(one.level),
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
