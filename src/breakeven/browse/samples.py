"""Which questions of a study to show, and what each arm answered to them.

Scores say what was right, answers hold the texts: both are files of earlier stages, and what one of
them lacks is said, never filled in.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.browse.turns import Turn, Turned, marks, sides, turns
from breakeven.core.errors import InputError, did_you_mean
from breakeven.core.files import read_rows
from breakeven.core.layout import answers_path, task_path
from breakeven.params import Params
from breakeven.params.cells import arms_of, first_decoding
from breakeven.params.references import pick_row
from breakeven.rows.answer import Answer
from breakeven.rows.item import Item
from breakeven.rows.outcomes import OUTCOMES
from breakeven.study.collect import item_rows
from breakeven.study.collect_costs import record_of

if TYPE_CHECKING:
    import pandas as pd


# What is shown of where no task and no family has this name.
EVERY_TASK = "all"

_QUESTION = ["task", "item"]


class Wanted(NamedTuple):
    """What to show: of which tasks, whom, and which questions.

    `where` is a task, a family or `EVERY_TASK`; without a `student` it is the largest. `turned`
    keeps questions that a trace turned so between two arms shown (`browse.turns`), `outcomes` those
    where an arm shown came to one of them: the arm `outcome_of`, or any.
    """

    where: str
    student: str | None = None
    arms: tuple[str, ...] = ()
    seed: int | None = None
    decoding: str | None = None
    turned: Turned | None = None
    outcomes: tuple[str, ...] = ()
    outcome_of: str | None = None
    item: str | None = None
    most: int = 5


class Shown(NamedTuple):
    """One arm's answer to a question; `sample` counts from 0."""

    arm: str
    sample: int
    correct: bool
    outcome: str | None
    prompt_tokens: int
    thinking_tokens: int
    answer_tokens: int
    text: str


class Question(NamedTuple):
    """A question with the answers to it, in the order of the arms of params.yaml."""

    task: str
    item: str
    prompt: str
    reference: str
    turns: tuple[Turn, ...]
    answers: tuple[Shown, ...]


class Found(NamedTuple):
    """The questions shown, and how many there are.

    Where none matches, `without` has how many would if an option were not given.
    """

    student: str
    questions: tuple[Question, ...]
    matching: int
    of: int
    without: Mapping[str, int]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        questions = [
            {
                **one._asdict(),
                "turns": [turn._asdict() for turn in one.turns],
                "answers": [answer._asdict() for answer in one.answers],
            }
            for one in self.questions
        ]
        return {**self._asdict(), "questions": questions}


def find_questions(params: Params, wanted: Wanted) -> Found:
    """The questions that are wanted: what a trace gained first, then in the order of their tasks.

    Raises:
        InputError: a name is not in the study, was not answered or not scored, or its texts are
            gone.
    """
    tasks = _tasks(params, wanted.where)
    student = wanted.student or largest_student(params)
    pick_row(params.students, "students", student)
    arms = wanted.arms or arms_of(params, student)
    for arm in arms:
        pick_row(params.arms, "arms", arm)
    decoding = wanted.decoding or first_decoding(params)
    pick_row(params.answering.decodings, "answering.decodings", decoding)
    seed = params.seeds[0] if wanted.seed is None else wanted.seed
    if seed not in params.seeds:
        raise InputError(f"--seed: {seed} is none of {', '.join(map(str, params.seeds))}")
    for outcome in wanted.outcomes:
        if outcome not in OUTCOMES:
            raise InputError(f"--outcome: {outcome!r} is none; {did_you_mean(outcome, OUTCOMES)}")
    if wanted.outcome_of is not None and wanted.outcome_of not in arms:
        raise InputError(
            f"--of: {wanted.outcome_of!r} is no arm shown; {did_you_mean(wanted.outcome_of, arms)}"
        )
    rows = item_rows(params)
    rows = rows[
        (rows["student"] == student)
        & (rows["decoding"] == decoding)
        & (rows["seed"] == seed)
        & rows["task"].isin(tasks)
        & rows["arm"].isin(arms)
    ]
    if rows.empty:
        raise InputError(
            f"scores/items.parquet: holds no answer of {student} ({', '.join(arms)}) to "
            f"{wanted.where} in {decoding}, seed {seed}; run `dvc repro score`"
        )
    if wanted.item is not None and wanted.item not in set(rows["item"]):
        raise InputError(
            f"--item: {wanted.item!r} is no item of {wanted.where} that was answered; "
            f"use one such as {min(rows['item'])}"
        )
    places = _places(params, rows, tasks, wanted)
    total = int(rows.groupby(_QUESTION, observed=True).ngroups)
    answered = [arm for arm in params.arms if arm in set(rows["arm"])]
    shown = [
        _question(student, answered, rows, (seed, decoding), place)
        for place in places[: wanted.most]
    ]
    without = {} if places else _without(params, rows, tasks, wanted)
    return Found(student, tuple(shown), len(places), total, without)


def largest_student(params: Params) -> str:
    """The student with the most parameters, by the records of the bases; the last of unknown ones.

    A size that nobody knows is no reason to refuse to show an answer.
    """
    records = {name: record_of("base", name) for name in params.students}
    known = {
        name: size
        for name, record in records.items()
        if record is not None and (size := record.metrics.get("parameters")) is not None
    }
    return max(known, key=lambda name: known[name], default=[*params.students][-1])


def _tasks(params: Params, where: str) -> list[str]:
    """The task of that name, all of the family, or all there are."""
    if where in params.tasks:
        return [where]
    families = {
        name: items[0].family
        for name in params.tasks
        if task_path(name).is_file() and (items := read_rows(task_path(name), Item))
    }
    found = [name for name, family in families.items() if family == where]
    if not found and where == EVERY_TASK:
        return [*params.tasks]
    if not found:
        for name in params.tasks:
            if not task_path(name).is_file():
                raise InputError(
                    f"{task_path(name)}: no such file, and {where!r} is no task; families are "
                    "known once tasks are made: run `dvc repro tasks`"
                )
        known = [*params.tasks, *dict.fromkeys(families.values())]
        raise InputError(
            f"{where!r} is no task and no family of this study; {did_you_mean(where, known)}"
        )
    return found


class _Place(NamedTuple):
    task: str
    item: str
    turns: tuple[Turn, ...]


def _places(
    params: Params, rows: "pd.DataFrame", tasks: Sequence[str], wanted: Wanted
) -> list[_Place]:
    """The questions that are wanted, in order."""
    side = sides(params)
    marked: dict[tuple[str, str], dict[str, bool]] = defaultdict(dict)
    for mark in marks(rows, side):
        marked[mark.task, mark.item][mark.arm] = mark.right
    if wanted.outcomes:
        rows = rows[rows["outcome"].isin(wanted.outcomes)]
        if wanted.outcome_of is not None:
            rows = rows[rows["arm"] == wanted.outcome_of]
    if wanted.item is not None:
        rows = rows[rows["item"] == wanted.item]
    keys = set(map(tuple, rows[_QUESTION].drop_duplicates().to_numpy().tolist()))
    places = [_Place(task, item, turns(marked[task, item], side)) for task, item in keys]
    if wanted.turned is not None:
        places = [one for one in places if _turned(one, wanted.turned)]
    first = wanted.turned or "gained"
    order = {task: number for number, task in enumerate(tasks)}
    return sorted(places, key=lambda one: (not _turned(one, first), order[one.task], one.item))


def _without(
    params: Params, rows: "pd.DataFrame", tasks: Sequence[str], wanted: Wanted
) -> dict[str, int]:
    """How many questions match without each option, or without all where no single one is it."""
    options = {
        "turned": "--flips" if wanted.turned == "gained" else "--lost",
        "outcomes": "--outcome",
        "outcome_of": "--of",
        "item": "--item",
    }
    defaults = Wanted._field_defaults
    given = [name for name in options if getattr(wanted, name) != defaults[name]]

    def matching(loosened: Sequence[str]) -> int:
        others = wanted._replace(**{name: defaults[name] for name in loosened})
        return len(_places(params, rows, tasks, others))

    alone = {options[name]: count for name in given if (count := matching([name]))}
    return alone or {" and ".join(options[name] for name in given): matching(given)}


def _turned(place: _Place, turned: Turned) -> bool:
    return any(turn.turned == turned for turn in place.turns)


def _question(
    student: str,
    arms: Sequence[str],
    rows: "pd.DataFrame",
    asked: tuple[int, str],
    place: _Place,
) -> Question:
    path = task_path(place.task)
    item = next((one for one in read_rows(path, Item) if one.id == place.item), None)
    if item is None:
        raise InputError(f"{path}: holds no item {place.item}; run `dvc repro tasks score`")
    seed, decoding = asked
    mine = rows[(rows["task"] == place.task) & (rows["item"] == place.item)]
    answers = []
    for arm in arms:
        texts = _texts(student, arm, seed, decoding, place)
        own = mine[mine["arm"] == arm].sort_values("sample")
        for row in own.to_dict("records"):
            sample = int(row["sample"])
            answers.append(
                Shown(
                    arm,
                    sample,
                    bool(row["correct"]),
                    str(row["outcome"]) if "outcome" in row else None,
                    int(row["prompt_tokens"]),
                    int(row["thinking_tokens"]),
                    int(row["answer_tokens"]),
                    texts[sample],
                )
            )
    return Question(
        place.task, place.item, item.prompt, item.reference, place.turns, tuple(answers)
    )


def _texts(student: str, arm: str, seed: int, decoding: str, place: _Place) -> dict[int, str]:
    path = answers_path(student, arm, seed, decoding, place.task)
    if not path.is_file():
        raise InputError(f"{path}: no such file; run `dvc pull` or `dvc repro answer`")
    return {one.sample: one.text for one in read_rows(path, Answer) if one.item == place.item}
