"""Tables that compare: style differences, equal cost, verdicts."""

from collections.abc import Sequence

from breakeven.findings.claim_sizes import other_sizes
from breakeven.findings.differences import Difference
from breakeven.findings.direction import DIRECTION_WORDS, counts_in_words
from breakeven.findings.equal_cost import cost_words
from breakeven.findings.matched import MatchedComparison
from breakeven.findings.verdicts import Verdict
from breakeven.report.figures.spec import CsvRow
from breakeven.report.interval_scope import scope_clause, scope_sentence
from breakeven.report.leads import matched_leads
from breakeven.report.table import Table, absent_table
from breakeven.report.unequal_tasks import over_items_words, unequal_words
from breakeven.report.view import StudyView
from breakeven.results.cell_results import ENERGY
from breakeven.words import (
    p_word,
    percent,
    points_interval,
    scientific,
    span,
    times,
    unsigned_points,
)


def gain_words(row: Difference) -> str:
    """+34.5 (+31.2 to +37.8), marked where Holm leaves it below 5%."""
    return points_interval(row.value, row.low, row.high) + (" *" if row.significant else "")


def undecided_words(rows: Sequence[Difference]) -> str:
    """What an interval without zero says beside a p that decides nothing; empty where none does."""
    if not any(
        row.low is not None
        and row.high is not None
        and (row.low > 0 or row.high < 0)
        and not row.significant
        for row in rows
    ):
        return ""
    return (
        "An interval is of its row alone, the last p of all tests together: where it leaves out "
        "zero and there is no *, nothing is decided, for among so many tests some leave it out by "
        "chance. "
    )


def difference_table(view: StudyView, *, by_task: bool) -> Table:
    """Every difference with interval, p, Holm and power."""
    differences = view.findings.tasks if by_task else view.findings.families
    name = "differences-by-task" if by_task else "differences"
    title = "Style differences by task" if by_task else "Style differences by family"
    if not differences:
        return absent_table(name, title, "no pair of arms on the same items")
    methods = ", ".join(dict.fromkeys(row.p_method for row in differences))
    reasons = "; ".join(dict.fromkeys(row.reason for row in differences if row.reason))
    corpus = ("corpus",) if len(view.results.corpora()) > 1 else ()
    return Table(
        name,
        title,
        "Points of accuracy on the same items, with interval; both arms are of one corpus and one "
        f"method. p: {methods}. Holm corrects over "
        "all tests of this report; * is below 5% after it. Shows: the smallest difference that "
        "these items find with 80% power after the same correction. Alone: items that the arm "
        f"alone, and IFT alone, got right. {undecided_words(differences)}{scope_sentence(view)}"
        + ("" if by_task else unequal_words(view))
        + (f" Absent: {reasons}." if reasons else ""),
        (
            *corpus,
            *(("task", "serial steps") if by_task else ("family",)),
            "student",
            "arms",
            "IFT accuracy",
            "arm's accuracy",
            "difference",
            "p",
            "p, Holm",
            "shows",
            "alone, arm / IFT",
        ),
        tuple(
            (
                *((str(row.corpus),) if corpus else ()),
                *((row.task or "–", _serial_word(row.serial)) if by_task else (row.family,)),
                row.student,
                *_difference_words(view, row),
            )
            for row in differences
        ),
        tuple(_difference_row(row) for row in differences),
    )


def _difference_words(view: StudyView, row: Difference) -> tuple[str, ...]:
    """A difference from its arms on, as text."""
    return (
        f"{row.arm} − {row.ift_arm}",
        percent(row.ift_accuracy),
        percent(row.accuracy),
        gain_words(row) + (over_items_words(view, row) if row.task is None else ""),
        p_word(row.p_value),
        p_word(row.adjusted_p_value),
        unsigned_points(row.detectable),
        "–" if row.only_ift is None else f"{row.only_arm} / {row.only_ift}",
    )


def _serial_word(serial: bool | None) -> str:
    return {True: "yes", False: "no", None: "–"}[serial]


def _difference_row(row: Difference) -> CsvRow:
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
        "lacks": row.seed_reason,
    }


def side_by_side_table(view: StudyView) -> Table:
    """Reasoning minus IFT: tasks down, with and without serial steps, students across."""
    rows = [row for row in view.findings.tasks if row.style == "reasoning"]
    name, title = "gain-by-task", "Reasoning minus IFT, by task and student"
    if not rows:
        return absent_table(name, title, "no reasoning and IFT arms on the same items")
    students = [s for s in view.results.students() if any(row.student == s for row in rows)]
    # One reasoning arm and one corpus can be shown side by side; the rest is in the full table.
    first = rows[0].arm, rows[0].ift_arm
    chosen = [row for row in rows if (row.arm, row.ift_arm) == first]
    others = " The other arms are in the table by task." if len(chosen) < len(rows) else ""
    # Tasks with serial steps first: the page asks whether the gain lies there.
    tasks = sorted(
        {(row.serial is not True, row.family, str(row.task)) for row in chosen},
    )
    by_key = {(str(row.task), row.student): row for row in chosen}
    body = []
    for flat, _, task in tasks:
        serial = next(row.serial for row in chosen if row.task == task)
        cells = [by_key.get((task, student)) for student in students]
        # Of the size that shows least: what a task can show at its best says nothing of the others.
        shows = [r.detectable for r in cells if r is not None and r.detectable is not None]
        body.append(
            (
                _serial_word(serial if serial is not None or not flat else None),
                task,
                *("–" if row is None else gain_words(row) for row in cells),
                unsigned_points(max(shows, default=None)),
            )
        )
    return Table(
        name,
        title,
        f"{first[0]} − {first[1]}, in points with paired intervals; * is below 5% after Holm. Last "
        "column: the smallest difference that the task shows with 80% power, at the size where "
        f"that is largest. {scope_sentence(view)}{others}",
        ("serial steps", "task", *students, "shows"),
        tuple(body),
        about={"": {"arm": first}},
    )


def matched_table(view: StudyView, cost: str) -> Table:
    """Reasoning against IFT at equal FLOPs."""
    words = cost_words(cost)
    return _equal_cost_table(view, cost, f"equal-{words.split(maxsplit=1)[0]}-flops", "FLOPs")


def other_axes_tables(view: StudyView) -> list[Table]:
    """Reasoning against IFT at equal money and an equal wait, and at equal energy if metered."""
    found = [
        _equal_cost_table(view, axis.name, f"equal-{axis.key}".replace("_", "-"), axis.quantity)
        for axis in view.results.judged_axes
    ]
    if ENERGY in view.results.judged_costs:
        found.append(_equal_cost_table(view, ENERGY, "equal-energy", "joules"))
    return found


def _equal_cost_table(view: StudyView, cost: str, name: str, unit: str) -> Table:
    found, words = view.findings.matched[cost], cost_words(cost)
    title = f"Reasoning against IFT at equal {words}"
    if not found:
        return absent_table(name, title, f"no reasoning student has {words} to compare")
    corpus = ("corpus",) if len(view.results.corpora()) > 1 else ()
    beside = matched_leads(found)
    return Table(
        name,
        title,
        "IFT at the same cost lies between the two values: at least its best student that costs "
        "no more, else interpolated among its students and its fits, or bounded beyond its "
        "dearest student. p tests the nearer end, Holm over all tests of this report: "
        f"{counts_in_words(view.findings.direction_counts(cost))}"
        f"{f'; {beside}' if beside else ''}. They are {scope_clause(view)}.",
        (
            *corpus,
            "family",
            "student",
            "arms",
            unit,
            "reasoning",
            "IFT at that cost",
            "extrapolated",
            "p, Holm",
            "stands",
        ),
        tuple(
            (
                *((str(one.at.reasoning.cells[0].corpus),) if corpus else ()),
                *_matched_words(one),
            )
            for one in found
        ),
        tuple(_matched_row(one, unit.lower()) for one in found),
    )


def _matched_words(one: MatchedComparison) -> tuple[str, ...]:
    """A comparison at equal cost from its family on, as text."""
    cell, at = one.at.reasoning.cells[0], one.at
    return (
        cell.family,
        cell.student,
        f"{cell.arm} − {at.curve[0][1].cells[0].arm}",
        scientific(at.spent),
        percent(at.reasoning.accuracy),
        span(percent(at.lowest), percent(at.highest)),
        f"{times(at.factor)}×" if at.extrapolated else "no",
        p_word(one.adjusted_p_value),
        DIRECTION_WORDS[one.direction],
    )


def _matched_row(one: MatchedComparison, unit: str) -> CsvRow:
    cell, at = one.at.reasoning.cells[0], one.at
    return {
        "corpus": cell.corpus,
        "family": cell.family,
        "student": cell.student,
        "arm": cell.arm,
        "ift_arm": at.curve[0][1].cells[0].arm,
        unit: at.spent,
        "accuracy": at.reasoning.accuracy,
        "ift_lowest": at.lowest,
        "ift_highest": at.highest,
        "extrapolation_factor": at.factor,
        "p_value": one.p_value,
        "holm_p_value": one.adjusted_p_value,
        "stands": DIRECTION_WORDS[one.direction],
    }


def verdict_table(view: StudyView) -> Table:
    """Claims of the study that the project extends and of other papers, judged on these results."""
    found, rows = view.findings, view.findings.claims
    # Those of these students, where they are none of the published study's.
    sizes = other_sizes(view.results)
    caveat = (
        f" These students have {sizes} parameters, the study's 0.5B to 14B: a verdict here is on "
        "the sentence at the sizes at hand. It neither confirms nor refutes what the study found."
        if sizes
        else ""
    )
    return Table(
        "verdicts",
        "Published claims, judged on these results" + (", of other sizes" if sizes else ""),
        "Those of the study (arXiv 2509.22193), then those of other papers. A claim is supported "
        f"or contradicted where the opposite is ruled out at 5% {found.together}; alone is "
        "what it would be as the only question. Sizes that a claim names are taken literally."
        + (f" {scope_sentence(view, 'The intervals')}" if found.comparisons else "")
        + caveat,
        ("claim", "arXiv", "verdict", "alone", "evidence", "would show", "what would decide"),
        tuple(
            (
                row.text,
                f"{row.source} {row.version}",
                _verdict_word(row),
                row.alone,
                "; ".join(
                    filter(None, (row.evidence, _on_axes(row), row.other_sizes, _rests(row)))
                ),
                "–" if row.detectable is None else f"{unsigned_points(row.detectable)} points",
                row.would_decide or "–",
            )
            for row in rows
        ),
        tuple(_verdict_row(row) for row in rows),
    )


def _verdict_row(row: Verdict) -> CsvRow:
    return {
        "id": row.id,
        "source": row.source,
        "version": row.version,
        "verdict": row.verdict,
        "verdict_alone": row.alone,
        "evidence": row.evidence,
        "p_value": row.p_value,
        "adjusted_p_value": row.adjusted_p_value,
        "detectable": row.detectable,
        "rests_on_extrapolation": row.rests_on_extrapolation,
        "axis": row.axis,
        "on_axes": _on_axes(row) or None,
        "other_sizes": row.other_sizes,
        "would_decide": row.would_decide,
    }


def _verdict_word(row: Verdict) -> str:
    """The verdict; one on other sizes than the claim's is not to be taken for one on the study."""
    # What cannot be decided here is no verdict on any size.
    decided = row.verdict != "undecidable here"
    return f"{row.verdict}, at other sizes" if decided and row.other_sizes else row.verdict


def _on_axes(row: Verdict) -> str:
    """On which axis the verdict holds, where the same sentence was judged on others."""
    if not row.on_axes:
        return ""
    others = "; ".join(f"by {cost_words(axis)}: {verdict}" for axis, verdict in row.on_axes.items())
    return f"this is by {row.axis}; {others}"


def _rests(row: Verdict) -> str:
    return "rests on extrapolation" if row.rests_on_extrapolation else ""
