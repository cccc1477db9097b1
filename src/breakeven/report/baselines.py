"""What a reader must know of an arm before its gains: that it is at chance, or below its base.

A gain over an arm that only guesses says little of the style, and an arm below the untrained base
was harmed by its training. Each is told by a 95% interval, in both directions.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from breakeven.findings.contrasts import group_difference
from breakeven.findings.groups import Group
from breakeven.report.accuracies import accuracy
from breakeven.report.tables import Table
from breakeven.report.view import StudyView
from breakeven.words import percent, percent_interval, points_interval

Baseline = Literal["chance", "base"]
BY_VALUE = "by the value alone where no interval is known"
BaselineStanding = Literal["above", "not shown above", "below"]


class BaselineCheck(NamedTuple):
    """One group against chance, or against an untrained arm of its student; fractions.

    `value` is the accuracy where it is `against` chance, and the difference to the base
    otherwise; `level` what it is held against. Without an interval `low` and `high` are None, and
    the group `stands` by its value alone.
    """

    group: Group
    against: Baseline
    name: str
    level: float
    value: float
    low: float | None
    high: float | None
    stands: BaselineStanding


def baseline_checks(view: StudyView) -> tuple[BaselineCheck, ...]:
    """Every group with a known chance level, then every trained one that has an untrained arm."""
    every = [g for family in view.results.families() for g in view.family_groups(family)]
    return (*_chance_guards(view, every), *_base_guards(view, every))


def _chance_guards(view: StudyView, every: Iterable[Group]) -> Iterable[BaselineCheck]:
    for group in every:
        chance = group.cells[0].chance
        if chance is None:
            continue
        found = accuracy(view, group)
        value = group.accuracy if found.value is None else found.value
        stands = _stands(value - chance, _less(found.low, chance), _less(found.high, chance))
        yield BaselineCheck(group, "chance", "chance", chance, value, found.low, found.high, stands)


def _base_guards(view: StudyView, every: Sequence[Group]) -> Iterable[BaselineCheck]:
    for group in every:
        cell = group.cells[0]
        for base in every:
            one = base.cells[0]
            if one.style != "base" or cell.style == "base":
                continue
            if (one.student, one.family) == (cell.student, cell.family):
                found = group_difference(view.scored, group, base)
                stands = _stands(found.value, found.low, found.high)
                ends = (found.low, found.high)
                yield BaselineCheck(
                    group, "base", one.arm, base.accuracy, found.value, *ends, stands
                )


def _less(end: float | None, level: float) -> float | None:
    return None if end is None else end - level


def _stands(value: float, low: float | None, high: float | None) -> BaselineStanding:
    """Where a difference stands to zero, by its interval; by itself where it has none."""
    if low is None or high is None:
        return "above" if value > 0 else "not shown above" if value == 0 else "below"
    if low > 0:
        return "above"
    return "below" if high < 0 else "not shown above"


class BaselineWarning(NamedTuple):
    """A sentence of the first screen, and the arms that it is about with where.

    `basis` says what it rests on: 95% intervals, or the values alone where there are none.
    """

    text: str
    arms: tuple[str, ...]
    basis: str


def baseline_warnings(
    view: StudyView, found: Sequence[BaselineCheck]
) -> tuple[BaselineWarning, ...]:
    """Sentences for what is not above: worst first, none where every arm is in order."""
    asked: tuple[tuple[Baseline, BaselineStanding, str], ...] = (
        ("base", "below", "Less accurate than the untrained base"),
        ("chance", "below", "Below chance"),
        ("chance", "not shown above", "Not shown to be above chance"),
        ("base", "not shown above", "Not shown to differ from the untrained base"),
    )
    warned = []
    for against, stands, text in asked:
        chosen = [one for one in found if (one.against, one.stands) == (against, stands)]
        # That an untrained base or a control only guesses is no news, and harms no gain.
        chosen = [one for one in chosen if one.group.cells[0].style not in ("base", "control")]
        if chosen:
            basis = "by 95% intervals" if all(one.low is not None for one in chosen) else BY_VALUE
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


_WORDS: dict[Baseline, dict[BaselineStanding, str]] = {
    "chance": {
        "above": "above chance",
        "not shown above": "not shown to be above chance",
        "below": "below chance",
    },
    "base": {
        "above": "above the base",
        "not shown above": "not shown to differ from the base",
        "below": "below the base",
    },
}


def baseline_table(view: StudyView, found: Sequence[BaselineCheck]) -> Table:
    """Every group against chance and against its untrained base."""
    name, title = "guards", "Against chance, and against the untrained base"
    if not found:
        reason = "neither a chance level nor an untrained arm is known"
        return Table(name, title, "", reason=reason)
    return Table(
        name,
        title,
        "Accuracy with its interval against chance; difference to the base on the same items, in "
        "points with its interval. Each interval is held at 95% by itself: these are guards, no "
        "findings. Where there is none, the value alone is compared.",
        ("family", "size", "arm", "against", "level", "accuracy or difference", "stands"),
        tuple(
            (
                (cell := one.group.cells[0]).family,
                view.label(cell.student),
                cell.arm,
                one.name,
                percent(one.level),
                _interval(one),
                _WORDS[one.against][one.stands],
            )
            for one in found
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
                "stands": _WORDS[one.against][one.stands],
            }
            for one in found
        ),
    )


def _interval(one: BaselineCheck) -> str:
    words = percent_interval if one.against == "chance" else points_interval
    return words(one.value, one.low, one.high)
