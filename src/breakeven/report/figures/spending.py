"""Where the tokens and the FLOPs of the study went: teacher, training, answering."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from breakeven.core.known_numbers import known_sum
from breakeven.report.figures.axes import name_rows, power_ticks
from breakeven.report.figures.spec import CsvRow, FigureSpec, LegendEntry, Panel, absent_figure
from breakeven.report.figures.told import tell
from breakeven.report.view import ArmView, StudyView
from breakeven.words import STAGE_COLOURS, human, scientific, times

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Where the tokens and the FLOPs went"
PARTS = ("teacher", "training", "prompts", "answers")
STAGES = ("train", "answer")
_PART_WORDS = {
    "teacher": "teacher, generated",
    "training": "training, read",
    "prompts": "answering, prompts read",
    "answers": "answering, generated",
}


class ArmSpending(NamedTuple):
    """One student and arm, all seeds together; None where it was not measured."""

    student: str
    arm: ArmView
    tokens: dict[str, float | None]
    train_flops: float | None
    answer_flops: float | None


def spending(view: StudyView) -> list[ArmSpending]:
    """What every student and arm took, from the bills; empty where there are none."""
    spent = []
    for arm in view.arms:
        for student in view.results.students():
            bills = [
                bill
                for (name, of_arm, _), bill in view.summary.bills.items()
                if (name, of_arm) == (student, arm.name)
            ]
            if not bills:
                continue
            total = bills[0]
            for bill in bills[1:]:
                total += bill
            spent.append(
                ArmSpending(
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
    return spent


def spending_figure(view: StudyView) -> FigureSpec:
    """Tokens by arm, stacked; training and answering FLOPs by student and arm on a log axis."""
    spent = spending(view)
    if not spent:
        return absent_figure("spending", TITLE, "there are no records of what these results took")
    arms = [arm for arm in view.arms if any(one.arm == arm for one in spent)]
    height = max(2.6, 1.1 + 0.2 * len(spent))
    # Arms are fewer than students and arms, so that their bars need less height.
    arms_height = min(height, max(2.6, 1.1 + 0.35 * len(arms)))
    return FigureSpec(
        "spending",
        TITLE,
        takeaway=_takeaway(spent),
        how_to_read="Tokens are sums over all students of an arm; the teacher's are those of the "
        "pairs an "
        "arm learnt from, counted again for every student that learnt from them. Answering is "
        "the whole benchmark.",
        panels=(
            Panel("Tokens by arm", partial(_draw_tokens, spent, arms), arms_height),
            Panel("FLOPs by student and arm", partial(_draw_flops, spent), height),
        ),
        legend=tuple(LegendEntry(_PART_WORDS[part], STAGE_COLOURS[part]) for part in PARTS),
        rows=tuple(_row(one) for one in spent),
    )


def _takeaway(spent: Sequence[ArmSpending]) -> str:
    train, answer = (known_sum(getattr(one, f"{of}_flops") for one in spent) for of in STAGES)
    read = known_sum(one.tokens["training"] for one in spent)
    written = known_sum(one.tokens["answers"] for one in spent)
    text = (
        f"Training took {_counted(train, scientific, 'FLOPs')} and "
        f"{_counted(read, human, 'tokens')}, answering {_counted(answer, scientific, 'FLOPs')} and "
        f"{_counted(written, human, 'generated tokens')}"
    )
    ift, reasoning = (
        known_sum(one.tokens["answers"] for one in spent if one.arm.style == style)
        for style in ("ift", "reasoning")
    )
    if ift and reasoning:
        factor = reasoning / ift
        text += f"; reasoning students generated {times(factor)} times the tokens of IFT students"
    return text + "."


def _counted(amount: float | None, write: Callable[[float | None], str], what: str) -> str:
    return f"{what} that were not all counted" if amount is None else f"{write(amount)} {what}"


def _draw_tokens(spent: Sequence[ArmSpending], arms: Sequence[ArmView], axes: "Axes") -> None:
    from matplotlib.ticker import FuncFormatter

    for place, arm in enumerate(arms):
        left, missing = 0.0, list[str]()
        for part in PARTS:
            # A part not counted for one student is left out for its arm, and named behind the bar.
            width = known_sum(one.tokens[part] for one in spent if one.arm == arm)
            if width is None:
                missing.append(part)
                continue
            axes.barh(place, width, left=left, color=STAGE_COLOURS[part], height=0.62)
            left += width
        without = f", {' and '.join(missing)} not counted" if missing else ""
        axes.annotate(
            human(left) + without,
            (left, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
        )
    name_rows(axes, [arm.name for arm in arms])
    axes.invert_yaxis()
    axes.margins(x=0.08)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: human(value)))
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("tokens, all students together")


def _draw_flops(spent: Sequence[ArmSpending], axes: "Axes") -> None:
    for place, one in enumerate(spent):
        for flops, part, marker in (
            (one.train_flops, "training", "s"),
            (one.answer_flops, "answers", "o"),
        ):
            if flops is not None and flops > 0:  # the axis is logarithmic
                drawn = axes.plot(flops, place, marker, color=STAGE_COLOURS[part], markersize=6.5)
                name = f"{one.student} {one.arm.name}"
                tell(drawn, f"{name}\n{part}: {scientific(flops)} FLOPs")
    name_rows(axes, [f"{one.arm.name} {one.student}" for one in spent])
    axes.set_ylim(len(spent) - 0.4, -0.6)
    axes.set_xscale("log")
    power_ticks(axes)
    axes.set_xlabel("FLOPs (log): squares training, dots benchmark")


def _row(one: ArmSpending) -> CsvRow:
    return {
        "student": one.student,
        "arm": one.arm.name,
        **{f"{part}_tokens": one.tokens[part] for part in PARTS},
        "train_flops": one.train_flops,
        "answer_flops": one.answer_flops,
    }
