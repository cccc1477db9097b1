"""Write the whole report of one set of results: page, figures, tables, metrics, record.

`build_report(results, summary, folder)` serves the `report` stage, `replay` and `import` alike.
What an earlier report left is replaced; other files in the folder are let be.
"""

import csv
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from breakeven.browse.pieces import Samples
from breakeven.core.errors import InputError
from breakeven.core.files import atomic_folder, atomic_path, write_json, write_text
from breakeven.core.layout import REPORT_SAMPLES
from breakeven.decide.calculator import Calculator, calculator_of
from breakeven.decide.page_devices import Devices
from breakeven.report.accuracy_tables import (
    accuracy_by_task_table,
    accuracy_table,
    chance_table,
    truncated_table,
)
from breakeven.report.answer import answer
from breakeven.report.baseline_tables import baseline_table, baseline_warnings
from breakeven.report.comparison_tables import (
    difference_table,
    matched_table,
    other_axes_tables,
    side_by_side_table,
    verdict_table,
)
from breakeven.report.control_tables import control_table, control_verdict_table, kept_table
from breakeven.report.cost_tables import bill_table, cost_table
from breakeven.report.data_tables import (
    corpus_table,
    judging_table,
    teacher_accuracy_table,
    teacher_table,
)
from breakeven.report.deciding_numbers import deciding_numbers
from breakeven.report.decoding_tables import decoding_change_table, decoding_table
from breakeven.report.figure_files import write_figure
from breakeven.report.figures.answer_length import length_figure, limit_figure
from breakeven.report.figures.budget import budget_figure
from breakeven.report.figures.controls import controls_figure
from breakeven.report.figures.decodings import decodings_figure
from breakeven.report.figures.depth import depth_figure
from breakeven.report.figures.equivalent import equivalent_figure
from breakeven.report.figures.flips import flips_figure
from breakeven.report.figures.frontier import (
    frontier_figure,
    lifetime_money_figure,
    served_frontier_figure,
)
from breakeven.report.figures.gain import gain_figure
from breakeven.report.figures.gain_by_task import gain_by_task_figure
from breakeven.report.figures.law import law_figure
from breakeven.report.figures.modes import mode_figure
from breakeven.report.figures.outcomes import outcome_figure
from breakeven.report.figures.probability import probability_figure
from breakeven.report.figures.routing import routing_figure
from breakeven.report.figures.sensitivity import sensitivity_figure
from breakeven.report.figures.share import share_figure
from breakeven.report.figures.spec import CsvRow, FigureSpec
from breakeven.report.figures.spending import spending_figure
from breakeven.report.figures.thinking_budget import thinking_budget_figure
from breakeven.report.figures.votes import votes_figure
from breakeven.report.frontier_chart import DRAWN_BY_CHART, STATIC, frontier_chart
from breakeven.report.growth_tables import crossing_table, growth_table
from breakeven.report.headline import headline
from breakeven.report.law_tables import law_table
from breakeven.report.levelling_tables import levelling_table, levelling_warnings
from breakeven.report.lifetimes import answer_lengths
from breakeven.report.limits import TERMS, limit_lines, source_words
from breakeven.report.matched_budget_tables import matched_budget_table
from breakeven.report.metrics import metrics
from breakeven.report.mode_tables import mode_table, thinking_table
from breakeven.report.outcome_tables import outcome_table
from breakeven.report.page import PageParts, TableGroup, render_page
from breakeven.report.pass_tables import right_answer_table, worth_table
from breakeven.report.routing_tables import routing_table
from breakeven.report.sample_browser import sample_browser
from breakeven.report.sensitivity_tables import sensitivity_table
from breakeven.report.served_tables import flip_table, served_table
from breakeven.report.setup_tables import arm_table, student_table, task_table, training_table
from breakeven.report.spread_tables import spread_table
from breakeven.report.table import Table
from breakeven.report.takeaways import with_takeaways
from breakeven.report.view import StudyView, view_of
from breakeven.report.vote_tables import vote_by_task_table, vote_comparison_table, vote_table
from breakeven.results.cell_results import Results
from breakeven.study.summary import StudySummary, summary_without_records

# In the order of the page: what the verdict says first. A figure is a function of the view in a
# module of its own and a line here; page, files and tables of the report follow from the list.
FIGURES: tuple[Callable[[StudyView], FigureSpec], ...] = (
    gain_by_task_figure,
    partial(frontier_figure, kind="inference"),
    partial(served_frontier_figure, quantity="seconds"),
    partial(served_frontier_figure, quantity="money"),
    partial(frontier_figure, kind="energy"),
    flips_figure,
    gain_figure,
    equivalent_figure,
    probability_figure,
    depth_figure,
    share_figure,
    budget_figure,
    controls_figure,
    partial(frontier_figure, kind="training"),
    partial(frontier_figure, kind="lifetime"),
    lifetime_money_figure,
    votes_figure,
    length_figure,
    limit_figure,
    outcome_figure,
    routing_figure,
    law_figure,
    sensitivity_figure,
    decodings_figure,
    thinking_budget_figure,
    mode_figure,
    spending_figure,
)


def build_report(
    results: Results,
    summary: StudySummary | None,
    folder: Path,
    samples: Samples | None = None,
) -> dict[str, Any]:
    """Write `index.html`, `figures/`, `tables/`, `metrics.json` and `summary/` into `folder`.

    Returns what `metrics.json` holds. `summary` is None for results that this pipeline did not
    make; they get no `summary/`, which is DVC's. With the `samples` of a study, `samples/` holds
    its answers, which the page loads as somebody reads.

    Raises:
        InputError: the results hold no cell.
    """
    if not results.cells:
        raise InputError(f"{results.study}: holds no cell; score at least one first")
    view = view_of(results, summary or summary_without_records())
    figures = [figure(view) for figure in FIGURES]
    (verdicts,), groups = with_takeaways([verdict_table(view)]), _tables(view)
    chart = frontier_chart(view)
    in_chart = (STATIC, *DRAWN_BY_CHART) if chart else ()
    parts = PageParts(
        study=results.study,
        students=results.students(),
        source_words=source_words(results),
        facts=view.summary.facts,
        terms=TERMS,
        answer=answer(view),
        sentences=headline(view),
        warnings=(*baseline_warnings(view), *levelling_warnings(view)),
        verdicts=verdicts,
        figures=[figure for figure in figures if figure.name not in in_chart],
        chart=chart,
        chart_picture=next((one for one in figures if chart and one.name == STATIC), None),
        groups=groups,
        examples=view.summary.examples,
        samples=sample_browser(view, samples) if samples else None,
        limits=limit_lines(view),
        decide=_calculator(view),
    )
    # All is worked out before the first file is replaced: a report that fails leaves the old one.
    page, numbers = render_page(parts), metrics(view)
    deciding = deciding_numbers(view) if summary is not None else {}
    with atomic_folder(folder / "figures") as temporary:
        for figure in figures:
            if figure.panels:
                write_figure(figure, temporary)
    with atomic_folder(folder / "tables") as temporary:
        _write_tables(temporary, figures, [verdicts, *_flat(groups)])
    if deciding:
        with atomic_folder(folder / "summary") as temporary:
            for name, line in deciding.items():
                write_json(temporary / name, line)
    if samples:
        with atomic_folder(folder / REPORT_SAMPLES.name) as temporary:
            samples.write(temporary)
    write_json(folder / "metrics.json", numbers)
    write_text(folder / "index.html", page)
    return numbers


def _calculator(view: StudyView) -> Calculator:
    summary = view.summary
    return calculator_of(
        view.scored,
        summary.bills,
        price_per_device_hour=summary.price_per_device_hour,
        currency=summary.currency,
        draws=summary.settings.draws,
        seed=summary.settings.seed,
        devices=Devices(summary.offered, summary.shapes, answer_lengths(view.results, summary)),
        services=summary.services,
    )


def _tables(view: StudyView) -> list[TableGroup]:
    return [one._replace(tables=with_takeaways(one.tables)) for one in _groups(view)]


def _groups(view: StudyView) -> list[TableGroup]:
    summary = view.summary
    judged = [judging_table(summary.judging)] if summary.judging else []
    return [
        TableGroup(
            "tables",
            "Accuracy",
            [
                accuracy_table(view),
                difference_table(view, by_task=False),
                side_by_side_table(view),
                outcome_table(view),
                thinking_table(view),
                control_verdict_table(view),
                kept_table(view),
                sensitivity_table(view),
                *([matched_budget_table(view)] if view.findings.budgets else []),
                decoding_change_table(view),
                matched_table(view, "inference_flops"),
                vote_comparison_table(view),
                worth_table(view),
                law_table(view),
                control_table(view),
                decoding_table(view),
                baseline_table(view),
                levelling_table(view),
                chance_table(view),
                mode_table(view),
                truncated_table(view),
                accuracy_by_task_table(view),
                difference_table(view, by_task=True),
                matched_table(view, "train_flops"),
                *other_axes_tables(view),
                vote_table(view),
                vote_by_task_table(view),
                crossing_table(view),
                growth_table(view),
                right_answer_table(view),
                routing_table(view),
            ],
        ),
        TableGroup(
            "run",
            "What was run",
            [student_table(view), arm_table(summary), task_table(summary), training_table(view)],
        ),
        TableGroup(
            "costs",
            "Costs",
            [
                bill_table(summary),
                cost_table(view),
                served_table(view),
                spread_table(view),
                flip_table(view),
            ],
        ),
        TableGroup(
            "data",
            "Data",
            [
                corpus_table(summary),
                teacher_table(summary),
                teacher_accuracy_table(summary),
                *judged,
            ],
        ),
    ]


def _flat(groups: Iterable[TableGroup]) -> list[Table]:
    return [table for group in groups for table in group.tables]


def _write_tables(folder: Path, figures: Iterable[FigureSpec], tables: Iterable[Table]) -> None:
    """One CSV a table, and one a figure with what it draws."""
    for figure in figures:
        if figure.rows:
            write_csv(folder / f"figure-{figure.name}.csv", figure.rows)
    for table in tables:
        if table.rows:
            write_csv(folder / f"{table.name}.csv", table.rows)


def write_csv(path: Path, rows: Sequence[CsvRow]) -> None:
    """Rows of one shape; what is absent is an empty field."""
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _field(value) for key, value in row.items()} for row in rows)


def _field(value: str | int | float | bool | None) -> str | int:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    # A spreadsheet must not run what a name begins with.
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@"):
        return f"'{value}"
    # Six figures are finer than any interval here, and alike where last bits differ.
    return f"{value:.6g}" if isinstance(value, float) else value
