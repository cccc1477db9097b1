"""What the page is told of the answers beside it: what can be chosen, and what is chosen first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from breakeven.browse.pieces import Samples
from breakeven.browse.samples import EVERY_TASK, largest_student
from breakeven.decide.calculator import embedded_json
from breakeven.report.view import StudyView
from breakeven.rows.outcomes import OUTCOMES
from breakeven.words import OUTCOME_WORDS

# Up to so many arms are shown from the start; of more, the first of each style.
MOST_ARMS = 6


# The choices of a select or of boxes: value and words.
Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SampleBrowser:
    """The choices of each kind in the order of the page, and `data` for its scripts.

    `note` says how many of the questions the page has, where these are not all.
    """

    place_options: Options
    student_options: Options
    arm_options: Options
    seed_options: Options
    decoding_options: Options
    note: str
    data: Mapping[str, Any]

    turned_options: ClassVar[Options] = (
        ("", "all, gained by a trace first"),
        ("gained", "gained: wrong without a trace, right with one"),
        ("lost", "lost: right without a trace, wrong with one"),
    )
    outcome_options: ClassVar[Options] = tuple((name, OUTCOME_WORDS[name]) for name in OUTCOMES)

    @property
    def of_options(self) -> Options:
        """Whose outcomes are looked at."""
        return (("", "any arm shown"), *self.arm_options)

    @cached_property
    def json(self) -> str:
        """The data as it stands in a script element."""
        return embedded_json(self.data)


def sample_browser(view: StudyView, samples: Samples) -> SampleBrowser:
    """The browser of a study's answers."""
    params = samples.params
    answered = samples.rows[["student", "arm", "seed", "decoding"]].drop_duplicates()
    there = {name: set(answered[name]) for name in answered.columns}
    students = [name for name in params.students if name in there["student"]]
    pairs = set(answered[["student", "arm"]].itertuples(index=False, name=None))
    arms_of = {
        student: [arm for arm in params.arms if (student, arm) in pairs] for student in students
    }
    largest = largest_student(params)
    first = largest if largest in students else students[-1]
    families = _families(samples)
    places = _places(samples, families)
    return SampleBrowser(
        place_options=tuple(
            (name, f"{name}, {len(tasks)} tasks" if len(tasks) > 1 else name)
            for name, tasks in places.items()
        ),
        student_options=_named(students),
        arm_options=_named(arm for arm in params.arms if arm in there["arm"]),
        seed_options=_named(str(seed) for seed in params.seeds if seed in there["seed"]),
        decoding_options=_named(
            one for one in params.answering.decodings if one in there["decoding"]
        ),
        note=_note(samples),
        data={
            "places": places,
            "taskOf": {name: one[0] for name, one in families.items() if name not in places},
            "everyTask": EVERY_TASK if EVERY_TASK in places else next(iter(places)),
            "outcomes": SampleBrowser.outcome_options,
            "sides": samples.sides,
            "styles": {arm.name: arm.style for arm in view.arms},
            "armsOf": arms_of,
            "firstStudent": first,
            "firstArms": _first_arms(view, arms_of[first]),
        },
    )


def _named(values: Iterable[str]) -> Options:
    return tuple((value, value) for value in values)


def _first_arms(view: StudyView, arms: list[str]) -> list[str]:
    """The arms that are shown at first: all, or the first of every style but controls."""
    if len(arms) <= MOST_ARMS:
        return arms
    styles = {arm.name: arm.style for arm in view.arms}
    first: dict[str, str] = {}
    for arm in arms:
        first.setdefault(styles.get(arm, "control"), arm)
    return [arm for style, arm in first.items() if style != "control"]


def _families(samples: Samples) -> dict[str, list[str]]:
    families: dict[str, list[str]] = {}
    for task, items in samples.shown.items():
        families.setdefault(items[0].family, []).append(task)
    return families


def _places(samples: Samples, families: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Families of several tasks with these, then every task, then all of them together."""
    together = {name: tasks for name, tasks in families.items() if len(tasks) > 1}
    places = together | {task: [task] for task in samples.shown}
    return {**places, **({EVERY_TASK: [*samples.shown]} if EVERY_TASK not in places else {})}


def _note(samples: Samples) -> str:
    """How many of the questions are on the page, where these are not all."""
    shown, asked = sum(map(len, samples.shown.values())), sum(samples.asked.values())
    if shown == asked:
        return ""
    return (
        f"With this page are {shown:,} of the {asked:,} questions, drawn by their names, the same "
        "share of every task; what is counted here is of these. The command shows all of them."
    )
