"""What answers of a planned study take where they are served: seconds and money of a query."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from breakeven.costs.architecture import Architecture
from breakeven.costs.query_costs import OperatingPoint, ServedOn, operating_points
from breakeven.params.cells import first_decoding
from breakeven.planning.expected_study import ExpectedStudy
from breakeven.planning.study_bill import BillLine, by_student


class ServedArm(NamedTuple):
    """The mean query of a student and arm, and what it costs; `reason` where that is not known."""

    student: str
    arm: str
    prompt_tokens: float
    new_tokens: float
    points: tuple[OperatingPoint, ...]
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The row as JSON."""
        return {
            "student": self.student,
            "arm": self.arm,
            "prompt_tokens": self.prompt_tokens,
            "new_tokens": self.new_tokens,
            "reason": self.reason or None,
            "points": {point.name: _point(point) for point in self.points},
        }


def served_arms(
    study: ExpectedStudy, lines: Sequence[BillLine], served_on: ServedOn
) -> list[ServedArm]:
    """Every student and arm, at the mean lengths of its answers in the first decoding.

    That is the one that arms are compared in. An answer that an earlier line makes is told there.
    """
    first = first_decoding(study.params)
    answering = {
        key: [line for line in own if _is_made(line) and line.cell.cell[-2] == first]
        for key, own in by_student(lines).items()
    }
    return [
        _served_arm(study.shape(student).architecture, student, arm, own, served_on)
        for (student, arm), own in answering.items()
        if own
    ]


def _is_made(line: BillLine) -> bool:
    cell = line.cell
    # Of a shape that is not known no answers are counted, and the reason is to be told.
    return cell.stage == "answer" and (cell.answers > 0 or not cell.counts_flops)


def _served_arm(
    shape: Architecture | str,
    student: str,
    arm: str,
    lines: Sequence[BillLine],
    served_on: ServedOn,
) -> ServedArm:
    # A mean over the other tasks alone would not be that of the arm.
    unknown = next((line.cell.basis for line in lines if not line.cell.counts_flops), None)
    if isinstance(shape, str) or unknown is not None:
        return ServedArm(student, arm, 0.0, 0.0, (), unknown or str(shape))
    answers = sum(line.cell.answers for line in lines)
    prompt = sum(line.cell.work.read_tokens for line in lines) / answers
    new = sum(line.cell.work.new_tokens for line in lines) / answers
    serving = served_on.serving(shape)
    points = operating_points(
        serving, prompt_tokens=prompt, new_tokens=new, latency_seconds=served_on.latency_seconds
    )
    return ServedArm(student, arm, prompt, new, tuple(points))


def _point(point: OperatingPoint) -> Mapping[str, Any]:
    times, money = point.times, point.money
    absent_for = {"absent": point.reason or money.reason} if money.reason else {}
    if times is None:
        return {**absent_for, "batch": None, "money_per_query": None}
    return {
        "batch": times.batch,
        "first_token_seconds": times.first_token_seconds,
        "answer_seconds": times.seconds,
        "tokens_per_second": times.tokens_per_second,
        "money_per_query": money.value,
        **absent_for,
    }
