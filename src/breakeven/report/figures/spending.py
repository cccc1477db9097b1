"""Where the tokens and the FLOPs of the study went: teacher, training, answering."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from breakeven.report.figures.axes import power_ticks
from breakeven.report.figures.spec import FigureSpec, Key, Panel, Row, absent
from breakeven.report.study import ArmView, Study
from breakeven.report.style import STAGE_COLOURS, human, scientific

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Where the tokens and the FLOPs went"
PARTS = ("teacher", "training", "prompts", "answers")
_PART_WORDS = {
    "teacher": "teacher, generated",
    "training": "training, read",
    "prompts": "answering, prompts read",
    "answers": "answering, generated",
}


class Spent(NamedTuple):
    """One student and arm, all seeds together; None where it was not measured."""

    student: str
    arm: ArmView
    tokens: dict[str, float | None]
    train_flops: float | None
    answer_flops: float | None


def spending(study: Study) -> list[Spent]:
    """What every student and arm took, from the bills; empty where there are none."""
    found = []
    for arm in study.arms:
        for student in study.results.students():
            bills = [
                bill
                for (name, of_arm, _), bill in study.run.bills.items()
                if (name, of_arm) == (student, arm.name)
            ]
            if not bills:
                continue
            total = bills[0]
            for bill in bills[1:]:
                total += bill
            found.append(
                Spent(
                    student,
                    arm,
                    {
                        "teacher": total.teacher.new_tokens.value,
                        "training": total.training.read_tokens.value,
                        "prompts": total.answering.read_tokens.value,
                        "answers": total.answering.new_tokens.value,
                    },
                    total.training.flops.value,
                    total.answering.flops.value,
                )
            )
    return found


def spending_figure(study: Study) -> FigureSpec:
    """Tokens by arm, stacked; training and answering FLOPs by student and arm on a log axis."""
    found = spending(study)
    if not found:
        return absent("spending", TITLE, "there are no records of what these results took")
    arms = [arm for arm in study.arms if any(one.arm == arm for one in found)]
    height = max(2.6, 1.1 + 0.2 * len(found))
    arms_height = min(height, max(2.6, 1.1 + 0.35 * len(arms)))
    return FigureSpec(
        "spending",
        TITLE,
        see=_see(found),
        how="Tokens are sums over all students of an arm; the teacher's are those of the pairs an "
        "arm learnt from, counted again for every student that learnt from them. Answering is "
        "the whole benchmark.",
        panels=(
            Panel("Tokens by arm", partial(_draw_tokens, found, arms), arms_height),
            Panel("FLOPs by student and arm", partial(_draw_flops, study, found), height),
        ),
        legend=tuple(Key(_PART_WORDS[part], STAGE_COLOURS[part]) for part in PARTS),
        rows=tuple(_row(one) for one in found),
    )


def _see(found: Sequence[Spent]) -> str:
    train = sum(one.train_flops or 0.0 for one in found)
    answer = sum(one.answer_flops or 0.0 for one in found)
    tokens = {part: sum(one.tokens[part] or 0.0 for one in found) for part in PARTS}
    text = (
        f"Training took {scientific(train)} FLOPs and {human(tokens['training'])} tokens, "
        f"answering {scientific(answer)} FLOPs and {human(tokens['answers'])} generated tokens"
    )
    style = {"ift": 0.0, "reasoning": 0.0}
    for one in found:
        if one.arm.style in style:
            style[one.arm.style] += one.tokens["answers"] or 0.0
    if style["ift"] and style["reasoning"]:
        factor = style["reasoning"] / style["ift"]
        text += f"; reasoning students generated {factor:.2g} times the tokens of IFT students"
    return text + "."


def _draw_tokens(found: Sequence[Spent], arms: Sequence[ArmView], axes: "Axes") -> None:
    from matplotlib.ticker import FuncFormatter

    for place, arm in enumerate(arms):
        left = 0.0
        for part in PARTS:
            width = sum(one.tokens[part] or 0.0 for one in found if one.arm == arm)
            axes.barh(place, width, left=left, color=STAGE_COLOURS[part], height=0.62)
            left += width
        axes.annotate(
            human(left), (left, place), xytext=(4, 0), textcoords="offset points", va="center"
        )
    axes.set_yticks(range(len(arms)))
    axes.set_yticklabels([arm.name for arm in arms])
    axes.invert_yaxis()
    axes.margins(x=0.08)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: human(value)))
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("tokens, all students together")


def _draw_flops(study: Study, found: Sequence[Spent], axes: "Axes") -> None:
    for place, one in enumerate(found):
        for flops, part, marker in (
            (one.train_flops, "training", "s"),
            (one.answer_flops, "answers", "o"),
        ):
            if flops:
                axes.plot(flops, place, marker, color=STAGE_COLOURS[part], markersize=6.5)
    axes.set_yticks(range(len(found)))
    axes.set_yticklabels([f"{one.arm.name} {study.label(one.student)}" for one in found])
    axes.set_ylim(len(found) - 0.4, -0.6)
    axes.set_xscale("log")
    power_ticks(axes)
    axes.set_xlabel("FLOPs (log): squares training, dots benchmark")


def _row(one: Spent) -> Row:
    return {
        "student": one.student,
        "arm": one.arm.name,
        **{f"{part}_tokens": one.tokens[part] for part in PARTS},
        "train_flops": one.train_flops,
        "answer_flops": one.answer_flops,
    }
