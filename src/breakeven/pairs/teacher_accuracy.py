"""How often the teacher is right in each mode: what sets the two styles apart beside the trace."""

from dataclasses import asdict, dataclass, field
from typing import Any

from breakeven.grading.graders import GRADERS, grader_of
from breakeven.rows.completion import Completion
from breakeven.rows.item import Item
from breakeven.rows.prompt import Prompt
from breakeven.statistics.estimates import Estimate

NO_REFERENCE = "no prompt has a reference that a rule can compare an answer with"
# Left to judges, which are asked about students only.
_NO_RULE = "judge"


def both_correct(prompt: Prompt, plain: Completion, traced: Completion) -> tuple[bool, bool] | None:
    """Whether each completion agrees with the prompt's reference.

    An unfinished completion is wrong. None where there is no reference or no rule to compare by.

    Raises:
        InputError: the prompt names a grader that does not exist.
    """
    item = gradable_item(prompt)
    if item is None:
        return None
    return _is_correct(plain, item), _is_correct(traced, item)


def gradable_item(prompt: Prompt) -> Item | None:
    """A prompt as an item, graded as a task of its kind is; None where no rule can grade it."""
    if prompt.reference is None or prompt.grader is None or prompt.grader == _NO_RULE:
        return None
    return Item(
        id=prompt.id,
        task=prompt.source,
        family="",
        prompt=prompt.prompt,
        reference=prompt.reference,
        content=prompt.content,
        grader=prompt.grader,
        meta=prompt.meta,
    )


def _is_correct(completion: Completion, item: Item) -> bool:
    if not completion.finished:
        return False
    return grader_of(item, GRADERS)(completion.answer, item).correct


@dataclass
class TeacherOutcomes:
    """Whether the teacher was right in each mode, a byte a prompt that can be graded."""

    plain: bytearray = field(default_factory=bytearray)
    traced: bytearray = field(default_factory=bytearray)

    def add(self, correct: tuple[bool, bool] | None) -> None:
        """Note a prompt, unless nothing says what is right."""
        if correct is not None:
            self.plain.append(correct[0])
            self.traced.append(correct[1])

    def summary(self) -> dict[str, Any]:
        """Accuracy of both modes and reasoning minus plain on the same prompts, with intervals."""
        from breakeven.statistics.intervals import accuracy_interval
        from breakeven.statistics.paired import paired_difference

        if not self.plain:
            return {"prompts": 0, "reason": NO_REFERENCE}
        plain, traced = list(self.plain), list(self.traced)
        paired = paired_difference(plain, traced)
        return {
            "prompts": len(plain),
            "ift": _estimate(accuracy_interval(plain)),
            "reasoning": _estimate(accuracy_interval(traced)),
            "difference": {
                **_estimate(paired.difference),
                "only_ift": paired.only_first_items,
                "only_reasoning": paired.only_second_items,
                "p_value": paired.p_value,
                "p_method": paired.p_method,
            },
        }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    kept = ("value", "low", "high", "level", "method", "reason")
    return {name: value for name, value in asdict(estimate).items() if name in kept}
