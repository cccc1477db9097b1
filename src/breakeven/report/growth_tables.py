"""Tables over sizes: how the cost of an answer grows, and where reasoning overtakes IFT."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from breakeven.findings.groups import Group, partners
from breakeven.report.figures.equivalent import place_words
from breakeven.report.figures.spec import CsvRow
from breakeven.report.interval_scope import scope_sentence
from breakeven.report.table import Table, absent_table
from breakeven.report.view import PanelKey, StudyView


def growth_table(view: StudyView) -> Table:
    """How inference FLOPs grow with size, and the size from which reasoning is ahead."""
    from breakeven.frontiers.exponents import fit_power_laws

    name, title = "growth", "How the cost of an answer grows with size"
    series: dict[tuple[str, str], tuple[list[float], list[float]]] = {}
    for key in view.panels:
        for group in view.panel_groups(key):
            size, flops = group.cells[0].size_parameters, group.mean("inference_flops")
            if not size or flops is None or flops <= 0:  # the axes are logarithmic
                continue
            # An untrained student reads examples too: its cost does not grow by size alone.
            if group.cells[0].style != "base":
                line = series.setdefault((key.title, group.cells[0].arm), ([], []))
                line[0].append(size)
                line[1].append(flops)
    laws = {key: law for key, law in fit_power_laws(series).items() if law is not None}
    if not laws:
        return absent_table(name, title, "fewer than two sizes with inference FLOPs")
    body: list[tuple[str, ...]] = []
    rows: list[CsvRow] = []
    for (panel, arm), law in laws.items():
        interval = law.exponent_interval()
        text = f"{law.exponent:.2f}"
        text += f" ({interval[0]:.2f} to {interval[1]:.2f})" if interval else f" ({law.reason})"
        body.append((panel, view.arm_label(arm), text, str(law.points)))
        rows.append(
            {
                "panel": panel,
                "arm": arm,
                "exponent": law.exponent,
                "low": interval[0] if interval else None,
                "high": interval[1] if interval else None,
                "coefficient": law.coefficient,
                "points": law.points,
            }
        )
    return Table(
        name,
        title,
        "Exponent of inference FLOPs a query against parameters: 1 is in proportion to size, less "
        "means that larger students answer more briefly. Intervals are by t over the sizes.",
        ("family", "arm", "exponent", "sizes"),
        tuple(body),
        tuple(rows),
    )


class CrossingRow(NamedTuple):
    """Where one reasoning arm overtakes its IFT arm, as text; `low` and `high` where known."""

    panel: str
    arms: str
    place: str
    low: str | None
    high: str | None
    share_within: float | None
    reason: str | None


def crossing_table(view: StudyView) -> Table:
    """The size from which reasoning is ahead of IFT of the same size."""
    name, title = "crossing", "The size from which reasoning is ahead at equal size"
    crossings = [
        _crossing(view, key, arms, pairs)
        for key in view.panels
        for arms, pairs in _sized_pairs(view.panel_groups(key)).items()
        if len(pairs) > 1
    ]
    if not crossings:
        return absent_table(name, title, "fewer than two sizes with both styles")
    return Table(
        name,
        title,
        "Interpolated in log size; < and > lie beyond the sizes measured."
        + (
            f" The 95% intervals stand each by itself. {scope_sentence(view, told_by='the arm')}"
            if any(one.low for one in crossings)
            else ""
        ),
        ("family", "arms", "size", "95% interval", "remark"),
        tuple(
            (
                one.panel,
                one.arms,
                one.place,
                f"{one.low} to {one.high}" if one.low else "no item-level draws",
                one.reason or "–",
            )
            for one in crossings
        ),
        tuple(_crossing_row(one) for one in crossings),
    )


def _crossing(
    view: StudyView, key: PanelKey, arms: str, pairs: Sequence[tuple[Group, Group]]
) -> CrossingRow:
    from breakeven.frontiers.crossing import crossing_size

    drawn = view.draws(key.family)
    # Both series come from the same draws, so that an item that helps both moves neither.
    ift, thinking = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    size = crossing_size(
        [float(group.cells[0].size_parameters or 0) for group in ift],
        [group.accuracy for group in ift],
        [group.accuracy for group in thinking],
        ift_draws=None if drawn is None else drawn.of(ift),
        reasoning_draws=None if drawn is None else drawn.of(thinking),
    )
    return CrossingRow(
        key.title,
        arms,
        place_words(size.position),
        None if size.low is None else place_words(size.low),
        None if size.high is None else place_words(size.high),
        size.share_within,
        size.reason,
    )


def _crossing_row(one: CrossingRow) -> CsvRow:
    return {
        "panel": one.panel,
        "arms": one.arms,
        "crossing": one.place,
        "low": one.low,
        "high": one.high,
        "share_within": one.share_within,
        "reason": one.reason,
    }


def _sized_pairs(groups: Sequence[Group]) -> Mapping[str, list[tuple[Group, Group]]]:
    """IFT and reasoning that differ in style only, by their arms; sizes ascend."""
    by_arms: dict[str, dict[float, tuple[Group, Group]]] = {}
    every = [group for group in groups if group.cells[0].style == "ift"]
    for thinking in (group for group in groups if group.cells[0].style == "reasoning"):
        for plain in partners(thinking, every):
            size = thinking.cells[0].size_parameters
            if size:
                arms = f"{thinking.cells[0].arm} − {plain.cells[0].arm}"
                by_arms.setdefault(arms, {}).setdefault(size, (plain, thinking))
    return {arms: [pairs[size] for size in sorted(pairs)] for arms, pairs in by_arms.items()}
