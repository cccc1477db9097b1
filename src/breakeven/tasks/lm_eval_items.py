"""Test items of any lm-evaluation-harness task, answered by generation.

The harness builds the documents, the question, the choices and the target; a choice is then named
by its letter in a written answer instead of being scored by likelihood.
"""

import functools
import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from breakeven.catalogue.benchmark import catalogue
from breakeven.catalogue.item_text import LETTERS, paragraphs, with_choices
from breakeven.core.errors import InputError, MachineError, did_you_mean
from breakeven.hubdata import sample
from breakeven.params import LmEvalTask
from breakeven.rows.content import content_of
from breakeven.rows.item import Item

# A question of the harness often ends by leading into the answer, which the instruction does here.
_LEAD = re.compile(r"\s*\b(?:Answer|A)\s*:\s*$")
Document = Mapping[str, Any]


class _DocumentQuestion(NamedTuple):
    """What a document asks: the text, the name of the instruction line, and what is right."""

    body: str
    instruction: str
    reference: str
    grader: str
    choices: tuple[str, ...] = ()
    meta: Mapping[str, Any] = MappingProxyType({})


def lm_eval_items(name: str, task: LmEvalTask) -> list[Item]:
    """The items of a harness task: its test split, else its validation split, or a seeded sample.

    Raises:
        InputError: there is no such task, it is answered by likelihood alone, its family does not
            fit its format, or a document of it has no question or answer.
        MachineError: its data set is on the hub and the hub cannot be reached.
    """
    where = f"params.yaml: tasks.{name}"
    loaded = _load(task, where)
    multiple_choice = loaded.OUTPUT_TYPE == "multiple_choice"
    _check_kind(task, loaded, multiple_choice, where)
    documents = list(enumerate(_documents(loaded, where)))
    if not documents:
        raise InputError(f"{where}.task: {task.task} has no documents")
    if task.items is not None and task.items > len(documents):
        raise InputError(
            f"{where}.items: value is {task.items}; {task.task} has {len(documents)}; "
            "use at most that, or leave it away for all"
        )
    ask = _choice if multiple_choice else _open
    return [
        _item(name, task, number, ask(task, loaded, document, f"{where}: document {number}"))
        for number, document in sample(documents, task.items, task.seed, total=len(documents))
    ]


def _item(name: str, task: LmEvalTask, number: int, asked: _DocumentQuestion) -> Item:
    return Item(
        id=f"{number:05d}",
        task=name,
        family=task.family,
        prompt=paragraphs([asked.body, catalogue().instructions[asked.instruction]]),
        reference=asked.reference,
        content=content_of(asked.body),
        grader=asked.grader,
        choices=asked.choices,
        meta=dict(asked.meta),
    )


def _load(task: LmEvalTask, where: str) -> Any:  # noqa: ANN401 - a class of lm_eval
    """The harness's own task object, its data set loaded."""
    check_name(task, where)
    return _loaded(_manager(task.include, where), task.task, where)


def check_name(task: LmEvalTask, where: str) -> None:
    """Raise InputError where the harness has no task of that name, or only a group."""
    manager = _manager(task.include, where)
    if task.task not in manager.all_subtasks:
        if task.task in manager.all_tasks:
            raise InputError(f"{where}.task: {task.task!r} is a group of tasks; name one of them")
        close = did_you_mean(task.task, manager.all_subtasks).partition("? ")
        hint = f"{close[0]}?" if close[1] else f"there are {len(manager.all_subtasks)} names"
        raise InputError(f"{where}.task: lm-evaluation-harness has no {task.task!r}; {hint}")


def _manager(include: str | None, where: str) -> Any:  # noqa: ANN401 - a class of lm_eval
    if include is None:
        return _indexed(None)
    if not Path(include).is_dir():
        raise InputError(f"{where}.include: {include}: no such folder")
    # By its whole path: another study has other tasks in a folder of that name.
    return _indexed(str(Path(include).resolve()))


# Of the harness's thousands of task files, which takes seconds: once, however many tasks name it.
@functools.lru_cache(maxsize=4)
def _indexed(include: str | None) -> Any:  # noqa: ANN401 - a class of lm_eval
    from lm_eval.tasks import TaskManager

    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    return TaskManager(include_path=include)


def _loaded(manager: Any, name: str, where: str) -> Any:  # noqa: ANN401 - classes of lm_eval
    from datasets.exceptions import DatasetNotFoundError
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        return manager.load(name)["tasks"][name]
    # Before OSError, which ConnectionError and TimeoutError are too.
    except (ConnectionError, TimeoutError, HfHubHTTPError, OfflineModeIsEnabled) as error:
        raise MachineError(
            f"{where}.task: the data set of {name} is on the hub, which cannot be reached: "
            f"{_short(error)}"
        ) from error
    except (DatasetNotFoundError, OSError, RuntimeError, ValueError) as error:
        raise InputError(f"{where}.task: the data set of {name}: {_short(error)}") from error


def _check_kind(task: LmEvalTask, loaded: Any, multiple_choice: bool, where: str) -> None:  # noqa: ANN401
    kind = loaded.OUTPUT_TYPE
    if not multiple_choice and kind != "generate_until":
        raise InputError(
            f"{where}.task: {task.task} is answered by {kind}, not in words; "
            "use a task of the kind generate_until or multiple_choice"
        )
    if multiple_choice != task.family.endswith("-mc"):
        format_ = "multiple choice" if multiple_choice else "open"
        fitting = f"{task.family.split('-')[0]}-{'mc' if multiple_choice else 'open'}"
        raise InputError(
            f"{where}.family: value is {task.family!r}; {task.task} is {format_}; use {fitting}"
        )


def _documents(loaded: Any, where: str) -> Sequence[Document]:  # noqa: ANN401
    if loaded.has_test_docs():
        return list(loaded.test_docs())
    if loaded.has_validation_docs():
        return list(loaded.validation_docs())
    raise InputError(f"{where}.task: {loaded.config.task} has neither test nor validation data")


def _choice(task: LmEvalTask, loaded: Any, document: Document, where: str) -> _DocumentQuestion:  # noqa: ANN401
    question = loaded.doc_to_text(document)
    # Winogrande and its like put each choice into the question and compare likelihoods.
    if not isinstance(question, str):
        raise InputError(f"{where}: its choices are questions, not answers; use the catalogue's")
    choices = tuple(str(choice).strip() for choice in loaded.doc_to_choice(document))
    index = _index(loaded.doc_to_target(document), choices, where)
    asked = _LEAD.sub("", question).strip()
    # Some questions list their choices already and call them by letters.
    listed = choices == tuple(LETTERS[: len(choices)])
    body = asked if listed else with_choices(asked, choices)
    return _DocumentQuestion(body, "choice", LETTERS[index], "letter", choices)


def _open(task: LmEvalTask, loaded: Any, document: Document, where: str) -> _DocumentQuestion:  # noqa: ANN401
    question = _LEAD.sub("", str(loaded.doc_to_text(document))).strip()
    target = loaded.doc_to_target(document)
    answers = [str(one) for one in target] if isinstance(target, list | tuple) else [str(target)]
    answers = [_cut(one, task.reference_pattern, where) for one in answers if one.strip()]
    if not question or not answers:
        raise InputError(f"{where}: the document has no {'answer' if question else 'question'}")
    # The first is the reference; a task may accept several.
    meta = {"answers": list(dict.fromkeys(answers))} if len(answers) > 1 else {}
    return _DocumentQuestion(question, "answer", answers[0], task.grader, meta=meta)


def _index(target: Any, choices: Sequence[str], where: str) -> int:  # noqa: ANN401 - as it is
    """Which choice is right: the harness says its index or its text."""
    if isinstance(target, str):
        said = target.strip()
        if said in choices:
            return choices.index(said)
        target = int(said) if said.isdecimal() else None
    if isinstance(target, int) and 0 <= target < len(choices):
        return target
    raise InputError(f"{where}: the target {target!r} is none of {len(choices)} choices")


def _cut(text: str, pattern: str | None, where: str) -> str:
    if pattern is None:
        return text.strip()
    found = re.search(pattern, text)
    if found is None:
        raise InputError(f"{where}: nothing in its target matches reference_pattern {pattern!r}")
    return found[1].strip()


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
