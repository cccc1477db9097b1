"""Answers by what a student wrote, for tests of graders."""

from breakeven.grading.graders import GradedAnswer, grade_answer
from breakeven.rows.answer import Answer
from breakeven.rows.item import Item
from breakeven.rows.traces import split_trace


def grade_text(text: str, stop: str, item: Item) -> GradedAnswer:
    """The grade of a text whose marks show whether its trace was closed."""
    return grade_answer(Answer(item.id, 0, text, stop, 0, 0, 0, split_trace(text).closed), item)
