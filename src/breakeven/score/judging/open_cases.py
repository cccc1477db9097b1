"""Which answers go to the judges: those that rules cannot read, and some that they can."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from breakeven.core.errors import InputError
from breakeven.core.files import digest_json
from breakeven.grading.graders import F1, GradedAnswer
from breakeven.grading.right_answers import right_answers
from breakeven.params import Grading
from breakeven.rows.answer import Answer
from breakeven.rows.item import Item
from breakeven.score.judging.judge_prompts import Case, ending_of

# Nothing to compare an answer with: instructions are checked one by one, and a data set's scorer
# takes answers that are not its reference.
_RULES_ALONE = ("gym", "ifeval")


class OpenRow(NamedTuple):
    """A row of one of the study's tables that rules leave open."""

    table: int
    row: int
    case: Case


class CasesForJudges:
    """Open rows, and `audited`: cases that rules decided, with their verdict, by a digest.

    The audited cases are those with the smallest digests, which no cell can be favoured by.
    """

    def __init__(self, settings: Grading) -> None:
        self._settings = settings
        self.open_rows: list[OpenRow] = []
        self.audited: dict[str, tuple[Case, bool]] = {}

    def add(
        self,
        table: int,
        answers: Sequence[Answer],
        graded: Sequence[GradedAnswer],
        items: Mapping[str, Item],
    ) -> None:
        """Look through the answers of one table."""
        for row, (answer, one) in enumerate(zip(answers, graded, strict=True)):
            item = items[answer.item]
            text = answer.without_trace
            if one.truncated or not text.strip() or not _can_be_compared(item):
                continue
            case = Case(
                item.prompt, reference_text(item), ending_of(text, self._settings.ending_words)
            )
            if rules_leave_open(text, one, item):
                self.open_rows.append(OpenRow(table, row, case))
            elif self._settings.audit:
                self.audited[digest_json(case)] = case, one.grade.correct
        # After each table, so that no more than the audited cases are held in memory.
        least = heapq.nsmallest(self._settings.audit, self.audited)
        self.audited = {digest: self.audited[digest] for digest in least}


def rules_leave_open(text: str, graded: GradedAnswer, item: Item) -> bool:
    """Whether rules cannot tell: nothing was found, or some words are right and others are not."""
    if not graded.grade.parsed:
        return True
    # SQuAD and CoQA are right on an exact match alone, which "10 February 1962" may miss unjustly.
    return item.grader in F1 and not graded.grade.correct and F1[item.grader](text, item) > 0


def reference_text(item: Item) -> str:
    """The reference as a person reads it: all right answers, a letter with its choice."""
    if item.meta.get("answers"):
        return " | ".join(dict.fromkeys(right_answers(item)))
    marks = [chr(ord("A") + index) for index in range(len(item.choices))]
    if item.grader == "letter" and item.reference.strip().upper() in marks:
        index = marks.index(item.reference.strip().upper())
        return f"{marks[index]}) {item.choices[index]}"
    return item.reference


def check_judges(settings: Grading, tasks: Mapping[str, Mapping[str, Item]]) -> None:
    """Raise InputError where a task is graded by judges and there are none."""
    for task in () if settings.judges else _left_to_judges(tasks):
        raise InputError(
            f"params.yaml: grading.judges: value is {{}}, and tasks.{task} has items that only "
            "judges can grade; add one judge or three, or remove the task"
        )


def _left_to_judges(tasks: Mapping[str, Mapping[str, Item]]) -> Iterator[str]:
    return (
        task
        for task, items in tasks.items()
        if any(item.grader == "judge" for item in items.values())
    )


def _can_be_compared(item: Item) -> bool:
    return item.grader not in _RULES_ALONE and bool(reference_text(item).strip())
