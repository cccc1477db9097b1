"""Tables that compare: style differences, equal cost, crossings, growth of cost, verdicts."""

from collections.abc import Iterable, Sequence

from breakeven.report.differences import Difference
from breakeven.report.figures.spec import Row
from breakeven.report.study import Study
from breakeven.report.style import p_word, percent, points, scientific
from breakeven.report.summary import Matched
from breakeven.report.tables import Table
from breakeven.verdicts.groups import Group
from breakeven.verdicts.judge import Verdict


def gain_words(row: Difference) -> str:
    """+34.5 (+31.2 to +37.8), marked where Holm leaves it below 5%."""
    text = points(row.value)
    if row.low is not None and row.high is not None:
        text += f" ({points(row.low)} to {points(row.high)})"
    return text + (" *" if row.significant else "")


def difference_table(study: Study, differences: Sequence[Difference], *, by_task: bool) -> Table:
    """Every difference with interval, p, Holm and power."""
    name = "differences-by-task" if by_task else "differences"
    title = "Style differences by task" if by_task else "Style differences by family"
    if not differences:
        return Table(name, title, "", reason="no pair of arms on the same items")
    body = []
    for row in differences:
        alone = "–" if row.only_ift is None else f"{row.only_arm} / {row.only_ift}"
        what = [row.task or "–", _serial_word(row.serial)] if by_task else [row.family]
        if len(study.results.corpora()) > 1:
            what.insert(0, str(row.corpus))
        body.append(
            (
                *what,
                study.label(row.student),
                f"{row.arm} − {row.ift_arm}",
                percent(row.ift_accuracy),
                percent(row.accuracy),
                gain_words(row),
                p_word(row.p_value),
                p_word(row.adjusted_p_value),
                "–" if row.detectable is None else f"{100 * row.detectable:.1f}",
                alone,
            )
        )
    headers = ["task", "serial steps"] if by_task else ["family"]
    if len(study.results.corpora()) > 1:
        headers.insert(0, "corpus")
    methods = ", ".join(dict.fromkeys(row.p_method for row in differences))
    reasons = "; ".join(dict.fromkeys(row.reason for row in differences if row.reason))
    return Table(
        name,
        title,
        f"Points of accuracy on the same items, with interval. p: {methods}. Holm corrects over "
        "all rows of one style in this table; * is below 5% after it. Shows: the smallest "
        "difference that these items find with 80% power at 5%. Alone: items that the arm alone, "
        "and IFT alone, got right." + (f" Absent: {reasons}." if reasons else ""),
        (
            *headers,
            "size",
            "arms",
            "IFT",
            "arm",
            "difference",
            "p",
            "p, Holm",
            "shows",
            "alone, arm / IFT",
        ),
        tuple(body),
        tuple(_difference_row(row) for row in differences),
    )


def _serial_word(serial: bool | None) -> str:
    return {True: "yes", False: "no", None: "–"}[serial]


def _difference_row(row: Difference) -> Row:
    return {
        "corpus": row.corpus,
        "family": row.family,
        "task": row.task,
        "serial_depth": row.serial,
        "student": row.student,
        "ift_arm": row.ift_arm,
        "arm": row.arm,
        "style": row.style,
        "items": row.items,
        "ift_accuracy": row.ift_accuracy,
        "accuracy": row.accuracy,
        "difference": row.value,
        "low": row.low,
        "high": row.high,
        "p_value": row.p_value,
        "p_method": row.p_method,
        "holm_p_value": row.adjusted_p_value,
        "detectable_at_80_percent": row.detectable,
        "only_arm_right": row.only_arm,
        "only_ift_right": row.only_ift,
        "reason": row.reason,
    }


def side_by_side_table(study: Study, differences: Sequence[Difference]) -> Table:
    """Reasoning minus IFT: tasks down, with and without serial steps, sizes across."""
    rows = [row for row in differences if row.style == "reasoning"]
    name, title = "gain-by-task", "Reasoning minus IFT, by task and size"
    if not rows:
        return Table(name, title, "", reason="no reasoning and IFT arms on the same items")
    students = [s for s in study.results.students() if any(row.student == s for row in rows)]
    # One reasoning arm and one corpus can be shown side by side; the rest is in the full table.
    first = rows[0].arm, rows[0].ift_arm
    chosen = [row for row in rows if (row.arm, row.ift_arm) == first]
    tasks = sorted(
        {(row.serial is not True, row.family, str(row.task)) for row in chosen},
    )
    by_key = {(str(row.task), row.student): row for row in chosen}
    body = []
    for flat, _, task in tasks:
        serial = next(row.serial for row in chosen if row.task == task)
        cells = [by_key.get((task, student)) for student in students]
        shows = [row.detectable for row in cells if row is not None and row.detectable]
        body.append(
            (
                _serial_word(serial if serial is not None or not flat else None),
                task,
                *("–" if row is None else gain_words(row) for row in cells),
                f"{100 * max(shows):.1f}" if shows else "–",
            )
        )
    return Table(
        name,
        title,
        "Points with paired intervals; * is below 5% after Holm. Last column: the smallest "
        "difference that the task shows with 80% power, at the size where that is largest.",
        ("serial steps", "task", *map(study.label, students), "shows"),
        tuple(body),
    )


def matched_table(study: Study, found: Sequence[Matched], cost_words: str) -> Table:
    """Reasoning against IFT at equal cost."""
    name = f"equal-{cost_words.split(maxsplit=1)[0]}-flops"
    title = f"Reasoning against IFT at equal {cost_words}"
    if not found:
        return Table(name, title, "", reason=f"no reasoning student has {cost_words} to compare")
    words = {"ahead": "reasoning ahead", "behind": "IFT ahead", "open": "undecided"}
    body: list[tuple[str, ...]] = []
    rows: list[Row] = []
    for one in found:
        cell, at = one.at.reasoning.cells[0], one.at
        body.append(
            (
                *((str(cell.corpus),) if len(study.results.corpora()) > 1 else ()),
                cell.family,
                study.label(cell.student),
                scientific(at.spent),
                percent(at.reasoning.accuracy),
                f"{percent(at.lowest)} to {percent(at.highest)}",
                f"{at.factor:.2g}×" if at.extrapolated else "no",
                p_word(one.adjusted_p_value),
                words[one.stands],
            )
        )
        rows.append(
            {
                "corpus": cell.corpus,
                "family": cell.family,
                "student": cell.student,
                "arm": cell.arm,
                "flops": at.spent,
                "accuracy": at.reasoning.accuracy,
                "ift_lowest": at.lowest,
                "ift_highest": at.highest,
                "extrapolation_factor": at.factor,
                "p_value": one.p_value,
                "holm_p_value": one.adjusted_p_value,
                "stands": words[one.stands],
            }
        )
    corpus = ("corpus",) if len(study.results.corpora()) > 1 else ()
    return Table(
        name,
        title,
        "IFT at the same cost lies between the two values: interpolated among its students and "
        "its fits, or bounded beyond its dearest student. p tests the nearer end, Holm over all "
        "rows.",
        (
            *corpus,
            "family",
            "size",
            "FLOPs",
            "reasoning",
            "IFT at that cost",
            "extrapolated",
            "p, Holm",
            "stands",
        ),
        tuple(body),
        tuple(rows),
    )


def verdict_table(verdicts: Iterable[Verdict], sizes: str | None) -> Table:
    """The claims of the study that the project extends, judged on these results.

    `sizes` are those of these students, where they are none of the study's.
    """
    rows = tuple(verdicts)
    caveat = (
        f" These students have {sizes} parameters, the study's 0.5B to 14B: a verdict here is on "
        "the sentence at the sizes at hand. It neither confirms nor refutes what the study found."
        if sizes
        else ""
    )
    return Table(
        "verdicts",
        "The published study's claims, judged on these results"
        + (", of other sizes" if sizes else ""),
        "arXiv 2509.22193, v1 and v2. A claim is supported or contradicted where the opposite is "
        "ruled out at 5%, all claims together; sizes that a claim names are taken literally."
        + caveat,
        ("claim", "version", "verdict", "evidence", "would show", "what would decide"),
        tuple(
            (
                row.text,
                row.version,
                _verdict_word(row),
                "; ".join(filter(None, (row.evidence, row.other_sizes, _rests(row)))),
                "–" if row.detectable is None else f"{100 * row.detectable:.1f} points",
                row.would_decide or "–",
            )
            for row in rows
        ),
        tuple(
            {
                "id": row.id,
                "version": row.version,
                "verdict": row.verdict,
                "evidence": row.evidence,
                "p_value": row.p_value,
                "adjusted_p_value": row.adjusted_p_value,
                "detectable": row.detectable,
                "rests_on_extrapolation": row.rests_on_extrapolation,
                "other_sizes": row.other_sizes,
                "would_decide": row.would_decide,
            }
            for row in rows
        ),
    )


def _verdict_word(row: Verdict) -> str:
    """The verdict; one on other sizes than the claim's is not to be taken for one on the study."""
    decided = row.verdict != "undecidable here"
    return f"{row.verdict}, at other sizes" if decided and row.other_sizes else row.verdict


def _rests(row: Verdict) -> str:
    return "rests on extrapolation" if row.rests_on_extrapolation else ""


def growth_table(study: Study) -> Table:
    """How inference FLOPs grow with size, and the size from which reasoning is ahead."""
    from breakeven.frontiers.exponents import fit_power_laws

    name, title = "growth", "How the cost of an answer grows with size"
    series: dict[tuple[str, str], tuple[list[float], list[float]]] = {}
    for key in study.panels:
        for group in study.groups(key):
            size, flops = group.cells[0].size_parameters, group.mean("inference_flops")
            if size and flops and group.cells[0].style != "base":
                line = series.setdefault((key.title, group.cells[0].arm), ([], []))
                line[0].append(size)
                line[1].append(flops)
    laws = {key: law for key, law in fit_power_laws(series).items() if law is not None}
    if not laws:
        return Table(name, title, "", reason="fewer than two sizes with inference FLOPs")
    body: list[tuple[str, ...]] = []
    rows: list[Row] = []
    for (panel, arm), law in laws.items():
        interval = law.exponent_interval(study.run.settings.confidence)
        text = f"{law.exponent:.2f}"
        text += f" ({interval[0]:.2f} to {interval[1]:.2f})" if interval else f" ({law.reason})"
        body.append((panel, arm, text, str(law.points)))
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
        "means that larger students answer more briefly.",
        ("family", "arm", "exponent", "sizes"),
        tuple(body),
        tuple(rows),
    )


def crossing_table(study: Study) -> Table:
    """The size from which reasoning is ahead of IFT of the same size."""
    from breakeven.frontiers.crossing import crossing_size
    from breakeven.report.figures.equivalent import place_words

    name, title = "crossing", "The size from which reasoning is ahead at equal size"
    body: list[tuple[str, ...]] = []
    rows: list[Row] = []
    for key in study.panels:
        pairs = _sized_pairs(study.groups(key))
        if len(pairs) < 2:
            continue
        drawn = study.draws(key.family)
        ift, thinking = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        found = crossing_size(
            [float(group.cells[0].size_parameters or 0) for group in ift],
            [group.accuracy for group in ift],
            [group.accuracy for group in thinking],
            ift_draws=None if drawn is None else drawn.of(ift),
            reasoning_draws=None if drawn is None else drawn.of(thinking),
            level=study.run.settings.confidence,
        )
        place = "–" if found.position is None else place_words(found.position)
        ends = [None if end is None else place_words(end) for end in (found.low, found.high)]
        interval = f"{ends[0]} to {ends[1]}" if ends[0] else "no item-level draws"
        body.append((key.title, place, interval, found.reason or "–"))
        rows.append(
            {
                "panel": key.title,
                "crossing": place,
                "low": ends[0],
                "high": ends[1],
                "share_within": found.share_within,
                "reason": found.reason,
            }
        )
    if not body:
        return Table(name, title, "", reason="fewer than two sizes with both styles")
    return Table(
        name,
        title,
        "Interpolated in log size; < and > lie beyond the sizes measured.",
        ("family", "size", "95% interval", "remark"),
        tuple(body),
        tuple(rows),
    )


def _sized_pairs(groups: Sequence[Group]) -> list[tuple[Group, Group]]:
    """IFT and reasoning by ascending size, the first arm of each style."""
    by_style: dict[str, dict[float, Group]] = {"ift": {}, "reasoning": {}}
    for group in groups:
        cell = group.cells[0]
        if cell.style in by_style and cell.size_parameters:
            by_style[cell.style].setdefault(cell.size_parameters, group)
    shared = sorted(by_style["ift"].keys() & by_style["reasoning"].keys())
    return [(by_style["ift"][size], by_style["reasoning"][size]) for size in shared]
