"""`summary/`: the few numbers that decide, as `dvc metrics show` prints them, a file a line."""

from collections.abc import Mapping

from breakeven.findings.differences import Difference
from breakeven.findings.direction import Direction, DirectionCounts, count_directions
from breakeven.report.leads import plain_arm
from breakeven.report.metrics import four_figures
from breakeven.report.view import StudyView

# What a person reads at a glance; `metrics.json` has every number.
MOST_LINES = 40

Line = dict[str, float | str]


def deciding_numbers(view: StudyView) -> dict[str, Line]:
    """By file: how reasoning stands to IFT, a file each pair of arms, family and student.

    `study.json` has the whole. Then come the pairs of arms in the order of the study, each with
    all of its families and students, while there are fewer than `MOST_LINES` files; the first pair
    is there in any case. Names are those of params.yaml, which are safe in a path.
    """
    pairs: dict[tuple[str, str], list[Difference]] = {}
    for row in view.findings.families:
        if row.style == "reasoning":
            pairs.setdefault((row.arm, row.ift_arm), []).append(row)
    every = [row for rows in pairs.values() for row in rows]
    at_equal_flops = _at_equal_flops(view)
    lines: dict[str, Line] = {
        "study.json": {
            "at_equal_flops": _stands(view.findings.direction_counts("inference_flops")),
            "at_equal_size": _stands(count_directions(row.direction for row in every)),
        }
    }
    for number, ((arm, plain), rows) in enumerate(pairs.items()):
        if number and len(lines) + len(rows) >= MOST_LINES:
            break
        for row in rows:
            # No name has a dot, so that no two pairs have one folder.
            lines[f"{arm}.over.{plain}/{row.family}/{row.student}.json"] = _line(
                view, row, at_equal_flops
            )
    return lines


def _at_equal_flops(view: StudyView) -> dict[tuple[str, str, str, str], Direction]:
    """How reasoning stands at equal FLOPs, by student, both arms and family."""
    found = {}
    for one in view.findings.matched["inference_flops"]:
        cell = one.at.reasoning.cells[0]
        found[cell.student, cell.arm, plain_arm(one), cell.family] = one.direction
    return found


def _line(
    view: StudyView,
    row: Difference,
    at_equal_flops: Mapping[tuple[str, str, str, str], Direction],
) -> Line:
    """One student's two arms on a family; what is not known is left out."""
    flops = {
        group.cells[0].arm: group.mean("inference_flops")
        for group in view.family_groups(row.family)
        if group.cells[0].student == row.student
    }
    mine, its = flops[row.arm], flops[row.ift_arm]
    numbers = {
        "accuracy_ift": row.ift_accuracy,
        "accuracy_reasoning": row.accuracy,
        "gain_points": _points(row.value),
        "gain_points_low": _points(row.low),
        "gain_points_high": _points(row.high),
        "inference_flops_ratio": mine / its if mine is not None and its else None,
    }
    line: Line = {name: four_figures(value) for name, value in numbers.items() if value is not None}
    stands = at_equal_flops.get((row.student, row.arm, row.ift_arm, row.family))
    if stands is not None:
        line["at_equal_flops"] = stands
    return line | {"at_equal_size": row.direction}


def _stands(counts: DirectionCounts) -> str:
    """`3 ahead, 0 behind, 21 undecided`: of reasoning, over the whole study."""
    return ", ".join(f"{number} {name}" for name, number in counts._asdict().items())


def _points(share: float | None) -> float | None:
    return None if share is None else 100 * share
