"""Length of right and wrong answers, and accuracy when answers are cut at a token limit."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from breakeven.findings.groups import Group
from breakeven.report.figures.axes import accuracy_axis, name_rows, power_ticks
from breakeven.report.figures.spec import (
    CsvRow,
    FigureSpec,
    LegendEntry,
    Panel,
    absent_figure,
    arm_legend,
)
from breakeven.report.figures.told import tell
from breakeven.report.view import ArmView, PanelKey, StudyView
from breakeven.words import INK, percent, span, times

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from breakeven.frontiers.length import LengthByCorrectness, TokenLimits

LENGTH_TITLE = "Answer length by correctness"
LIMIT_TITLE = "Accuracy under a token limit"
NO_TOKENS = "no token counts by answer in these results"


class GroupLengths(NamedTuple):
    """Generated tokens of one group, right and wrong answers apart."""

    key: PanelKey
    arm: ArmView
    student: str
    tokens: "LengthByCorrectness"


class GroupUnderLimits(NamedTuple):
    """One group's stored answers re-scored under token limits; `quartiles` of its lengths."""

    key: PanelKey
    arm: ArmView
    student: str
    curve: "TokenLimits"
    quartiles: tuple[float, ...]


class GroupAnswers(NamedTuple):
    """The answers of one group, one value each."""

    tokens: "NDArray[np.float64]"
    correct: "NDArray[np.bool_]"
    truncated: "NDArray[np.bool_]"
    task: "NDArray[np.str_]"
    question: "NDArray[np.str_]"
    cluster: "NDArray[np.str_]"


def answers_of(view: StudyView) -> dict[tuple[str, str, str], GroupAnswers]:
    """Answers by (student, arm, family); empty where tokens were not counted."""
    items = view.results.items
    if items is None or "answer_tokens" not in items.columns:
        return {}
    rows = items[(items["decoding"] == view.decoding) & items["answer_tokens"].notna()]
    # An imported score may be a share; such an answer is neither right nor wrong.
    rows = rows[rows["correct"].isin((0, 1))]
    if rows.empty:
        return {}
    tokens = rows["answer_tokens"].astype(float)
    if "thinking_tokens" in rows.columns:
        tokens = tokens + rows["thinking_tokens"].astype(float).fillna(0.0)
    # An item's name is its own within a task only.
    question = rows["task"].astype(str) + "/" + rows["item"].astype(str)
    content = rows["cluster"].astype("object") if "cluster" in rows.columns else question
    rows = rows.assign(
        tokens=tokens,
        question=question,
        content=content.where(content.notna(), question),
        truncated=rows["truncated"].astype(bool) if "truncated" in rows.columns else False,
    )
    answers = {}
    for key, part in rows.groupby(["student", "arm", "family"], observed=True):
        student, arm, family = map(str, key)
        answers[student, arm, family] = GroupAnswers(
            part["tokens"].to_numpy(dtype=float),
            part["correct"].to_numpy(dtype=bool),
            part["truncated"].to_numpy(dtype=bool),
            part["task"].to_numpy(dtype=str),
            part["question"].to_numpy(dtype=str),
            part["content"].to_numpy(dtype=str),
        )
    return answers


def length_figure(view: StudyView) -> FigureSpec:
    """By family: mean tokens of right (filled) and wrong (hollow) answers, a row a group."""
    from breakeven.frontiers.length import tokens_by_correctness

    answers = answers_of(view)
    if not answers:
        return absent_figure("length", LENGTH_TITLE, NO_TOKENS)
    arms = {arm.name: arm for arm in view.arms}
    lengths = [
        GroupLengths(
            key,
            arms[cell.arm],
            cell.student,
            tokens_by_correctness(own.tokens, own.correct, own.question),
        )
        for key in view.panels
        for group in view.panel_groups(key)
        if (own := answers.get(_place(group))) and (cell := group.cells[0]).style != "base"
    ]
    panels = [(key, rows) for key in view.panels if (rows := [o for o in lengths if o.key == key])]
    # All are drawn; as in the claims, what is said is of families that the arm was taught.
    taught = {_place(group) for group in view.every_group if not group.cells[0].untaught}
    return FigureSpec(
        "length",
        LENGTH_TITLE,
        takeaway=_length_takeaway([one for one in lengths if _of(one) in taught])
        + _paired_words(view, {place: own for place, own in answers.items() if place in taught}),
        how_to_read="Filled: answers that are right. Hollow: answers that are wrong. Tokens are "
        "thinking "
        "and answer together, as generated.",
        panels=tuple(
            Panel(key.title, partial(_draw_lengths, rows), max(3.5, 0.9 + 0.17 * len(rows)))
            for key, rows in panels
        ),
        legend=arm_legend(arm for arm in view.arms if any(one.arm == arm for one in lengths)),
        rows=tuple(_length_row(one) for one in lengths),
    )


def _place(group: Group) -> tuple[str, str, str]:
    cell = group.cells[0]
    return cell.student, cell.arm, cell.family


def _of(one: GroupLengths) -> tuple[str, str, str]:
    return one.student, one.arm.name, one.key.family


def _length_takeaway(lengths: Sequence[GroupLengths]) -> str:
    thinking = [one for one in lengths if one.arm.style == "reasoning"]
    ratios = sorted(one.tokens.ratio for one in thinking if one.tokens.ratio is not None)
    if not ratios:
        return "No reasoning group has both right and wrong answers."
    longer = sum(ratio > 1 for ratio in ratios)
    return (
        f"Wrong reasoning answers are longer than right ones in {longer} of {len(ratios)} "
        f"groups, at {span(times(ratios[0]), times(ratios[-1]))} times their length."
    )


def _paired_words(view: StudyView, answers: dict[tuple[str, str, str], GroupAnswers]) -> str:
    """Right against wrong answers to one question, by several students: content held fixed."""
    import numpy as np

    from breakeven.frontiers.length import tokens_by_correctness

    styles = {arm.name: arm.style for arm in view.arms}
    parts = [own for (_, arm, _), own in answers.items() if styles[arm] == "reasoning"]
    if not parts:
        return ""
    pooled = tokens_by_correctness(
        np.concatenate([own.tokens for own in parts]),
        np.concatenate([own.correct for own in parts]),
        np.concatenate([own.question for own in parts]),
        clusters=np.concatenate([own.cluster for own in parts]),
    )
    if pooled.paired_ratio is None or pooled.paired_low is None or pooled.paired_high is None:
        return f" Within a question nothing can be said: {pooled.reason}."
    return (
        f" Between students that answered the same of {pooled.paired_questions:,} questions, wrong "
        f"is {pooled.paired_ratio:.2f} times as long as right ({pooled.paired_low:.2f} to "
        f"{pooled.paired_high:.2f}, 95% over questions, of these trained models only)."
    )


def _draw_lengths(rows: Sequence[GroupLengths], axes: "Axes") -> None:
    from matplotlib.ticker import NullLocator

    for place, one in enumerate(rows):
        colour, means = one.arm.colour, (one.tokens.right_tokens, one.tokens.wrong_tokens)
        known = [mean for mean in means if mean is not None]
        axes.hlines(place, min(known), max(known), color=colour, lw=1.4)
        looks = (("right", "full"), ("wrong", "none"))
        for mean, (answers, style) in zip(means, looks, strict=True):
            if mean is not None:
                drawn = axes.plot(
                    mean, place, one.arm.marker, color=colour, fillstyle=style, markersize=6
                )
                tell(drawn, f"{one.student} {one.arm.name}\n{answers} answers: {mean:,.1f} tokens")
    name_rows(axes, [f"{one.arm.name} {one.student}" for one in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xscale("log")
    _widen(axes)
    power_ticks(axes)
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("mean tokens of an answer (log)")


def _widen(axes: "Axes") -> None:
    low, high = axes.get_xlim()
    axes.set_xlim(max(0.8, low / 1.1), high * 1.1)


def _length_row(one: GroupLengths) -> CsvRow:
    tokens = one.tokens
    return {
        "corpus": one.key.corpus,
        "family": one.key.family,
        "student": one.student,
        "arm": one.arm.name,
        "right_answers": tokens.right_answers,
        "wrong_answers": tokens.wrong_answers,
        "right_tokens": tokens.right_tokens,
        "wrong_tokens": tokens.wrong_tokens,
        "wrong_over_right": tokens.ratio,
        "reason": tokens.reason,
    }


def limit_figure(view: StudyView) -> FigureSpec:
    """By family, the largest student: accuracy (line) and share cut (dotted) by token limit."""
    answers = answers_of(view)
    if not answers:
        return absent_figure("token-limit", LIMIT_TITLE, NO_TOKENS)
    largest = view.results.students()[-1]
    limited = [
        _limits(view, key, group, own)
        for key in view.panels
        for group in view.panel_groups(key)
        if (own := answers.get(_place(group)))
    ]
    of_largest = [one for one in limited if one.student == largest and one.arm.style != "base"]
    panels = [
        (key, rows) for key in view.panels if (rows := [o for o in of_largest if o.key == key])
    ]
    return FigureSpec(
        "token-limit",
        f"{LIMIT_TITLE}, {largest}",
        takeaway=_limit_takeaway(of_largest),
        how_to_read="Stored answers are scored again as if generation had stopped at the limit: "
        "what is "
        "cut is wrong. Lines are accuracy, dotted lines the share of answers cut; marks are the "
        "25th, 50th and 75th percentile of the lengths.",
        panels=tuple(Panel(key.title, partial(_draw_limits, rows)) for key, rows in panels),
        legend=(
            *arm_legend(
                (arm for arm in view.arms if any(one.arm == arm for one in of_largest)), "-"
            ),
            LegendEntry("share cut", INK, None, ":"),
        ),
        rows=tuple(row for one in limited for row in _limit_rows(one)),
    )


def _limits(view: StudyView, key: PanelKey, group: Group, own: GroupAnswers) -> GroupUnderLimits:
    from breakeven.frontiers.length import accuracy_under_limits, grid_limits, percentile_limits

    arm = next(arm for arm in view.arms if arm.name == group.cells[0].arm)
    quartiles = percentile_limits(own.tokens)
    # The quartiles are among the limits, so that their marks lie on the line.
    limits = sorted({*grid_limits(own.tokens, 16), *quartiles})
    curve = accuracy_under_limits(own.tokens, own.correct, own.truncated, limits, own.task)
    return GroupUnderLimits(key, arm, group.cells[0].student, curve, quartiles)


def _limit_takeaway(limited: Sequence[GroupUnderLimits]) -> str:
    thinking = [one for one in limited if one.arm.style == "reasoning"]
    if not thinking:
        return "There is no reasoning arm."
    arms = len({(one.key.corpus, one.arm) for one in thinking})
    several = arms > len({one.key.corpus for one in thinking})
    parts = []
    for one in thinking:
        limits = one.curve.limits
        middle = limits.index(one.quartiles[1])
        name = f"{one.key.title} by {one.arm.name}" if several else one.key.title
        parts.append(
            f"{name} {percent(one.curve.accuracy[-1], 0)} to "
            f"{percent(one.curve.accuracy[middle], 0)}"
        )
    return "Cut at its own median length, reasoning goes from " + ", ".join(parts) + "."


def _draw_limits(rows: Sequence[GroupUnderLimits], axes: "Axes") -> None:
    for one in rows:
        curve, colour = one.curve, one.arm.colour
        axes.plot(curve.limits, curve.accuracy, color=colour, lw=1.6)
        axes.plot(curve.limits, curve.truncated_share, color=colour, lw=1.0, ls=":")
        marks = [curve.limits.index(limit) for limit in dict.fromkeys(one.quartiles)]
        drawn = axes.plot(
            [curve.limits[mark] for mark in marks],
            [curve.accuracy[mark] for mark in marks],
            one.arm.marker,
            color=colour,
            markersize=6,
        )
        name = f"{one.student} {one.arm.name}"
        tell(
            drawn,
            *(
                f"{name}\naccuracy {percent(curve.accuracy[mark])}\n"
                f"cut at {curve.limits[mark]:,} tokens"
                for mark in marks
            ),
        )
    axes.set_xscale("log")
    axes.set_xlim(0.9, 1.15 * max(one.curve.limits[-1] for one in rows))
    power_ticks(axes)
    axes.set_xlabel("limit, generated tokens (log)")
    accuracy_axis(axes, label="share of answers")


def _limit_rows(one: GroupUnderLimits) -> list[CsvRow]:
    curve = one.curve
    rows = zip(curve.limits, curve.accuracy, curve.truncated_share, curve.mean_tokens, strict=True)
    return [
        {
            "corpus": one.key.corpus,
            "family": one.key.family,
            "student": one.student,
            "arm": one.arm.name,
            "limit_tokens": limit,
            "accuracy": accuracy,
            "cut_share": cut,
            "mean_tokens": mean,
        }
        for limit, accuracy, cut, mean in rows
    ]
