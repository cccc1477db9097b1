"""Write the whole report of one set of results: page, figures, tables, metrics, record.

`build_report(results, run, folder)` serves the `report` stage, `replay` and `import` alike. What
an earlier report left is replaced; other files in the folder are let be.
"""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from breakeven.core.errors import InputError
from breakeven.core.files import atomic_folder, atomic_path, write_json, write_text
from breakeven.decide.section import Section, decide_section
from breakeven.findings.corrected import Findings
from breakeven.report.comparison_tables import (
    difference_table,
    matched_table,
    side_by_side_table,
    verdict_table,
)
from breakeven.report.curves import CostPanel, cost_panels, lifetime_queries
from breakeven.report.data_tables import (
    corpus_table,
    judging_table,
    teacher_accuracy_table,
    teacher_table,
)
from breakeven.report.figure_files import write_figure
from breakeven.report.figures.answer_length import length_figure, limit_figure
from breakeven.report.figures.depth import depth_figure
from breakeven.report.figures.equivalent import Equivalent, equivalent_figure, equivalents
from breakeven.report.figures.frontier import frontier_figure
from breakeven.report.figures.gain import gain_figure
from breakeven.report.figures.gain_by_task import gain_by_task_figure
from breakeven.report.figures.probability import probability_figure
from breakeven.report.figures.spec import FigureSpec, Row
from breakeven.report.figures.spending import spending_figure
from breakeven.report.growth_tables import crossing_table, growth_table
from breakeven.report.guards import Guard, guard_table, guards, warnings
from breakeven.report.headline import summarise
from breakeven.report.limits import TERMS, limit_lines, source_words
from breakeven.report.metrics import metrics
from breakeven.report.page import PageParts, TableGroup, render_page
from breakeven.report.run_tables import (
    arm_table,
    bill_table,
    cost_table,
    student_table,
    task_list,
    training_table,
)
from breakeven.report.tables import (
    Table,
    accuracy_table,
    chance_table,
    mode_table,
    rate_table,
    task_table,
)
from breakeven.report.view import Study, study_of
from breakeven.results.cell_results import Results
from breakeven.study.facts import RunSummary, bare_run


class Shown(NamedTuple):
    """What is worked out once and shown in several places."""

    found: Findings
    equivalents: list[Equivalent]
    panels: tuple[CostPanel, ...]
    guards: tuple[Guard, ...]


def build_report(results: Results, run: RunSummary | None, folder: Path) -> None:
    """Write `index.html`, `figures/`, `tables/` and `metrics.json` into `folder`.

    `run` is None for results that this pipeline did not make. Raises InputError where the results
    hold no cell.
    """
    if not results.cells:
        raise InputError(f"{results.study}: holds no cell; score at least one first")
    study = study_of(results, run or bare_run())
    shown = Shown(
        study.findings,
        equivalents(study),
        cost_panels(study, "inference", fits=False),
        guards(study),
    )
    figures = _figures(study, shown)
    verdicts, groups = _tables(study, shown)
    parts = PageParts(
        study=results.study,
        source_words=source_words(results),
        facts=study.run.facts,
        terms=TERMS,
        sentences=summarise(study, shown.found),
        warnings=warnings(study, shown.guards),
        verdicts=verdicts,
        figures=figures,
        groups=groups,
        examples=study.run.examples,
        limits=limit_lines(study),
        decide=_calculator(study),
    )
    page = render_page(parts)
    with atomic_folder(folder / "figures") as temporary:
        for figure in figures:
            if figure.panels:
                write_figure(figure, temporary)
    with atomic_folder(folder / "tables") as temporary:
        _write_tables(temporary, figures, [verdicts, *_flat(groups)])
    numbers = metrics(study, shown.found, shown.panels)
    write_json(folder / "metrics.json", numbers)
    write_text(folder / "index.html", page)


def _calculator(study: Study) -> Section:
    run = study.run
    return decide_section(
        study.scored,
        run.bills,
        price_per_device_hour=run.price_per_device_hour,
        currency=run.currency,
        draws=run.settings.draws,
        seed=run.settings.seed,
    )


def _figures(study: Study, shown: Shown) -> list[FigureSpec]:
    """In the order of the page: what the verdict says first."""
    return [
        gain_by_task_figure(study, shown.found.tasks),
        frontier_figure(study, "inference"),
        gain_figure(study, shown.found.families),
        equivalent_figure(study, shown.equivalents),
        probability_figure(study, shown.panels),
        depth_figure(study),
        frontier_figure(study, "training"),
        frontier_figure(study, "lifetime", lifetime_queries(study)),
        length_figure(study),
        limit_figure(study),
        spending_figure(study),
    ]


def _tables(study: Study, shown: Shown) -> tuple[Table, list[TableGroup]]:
    from breakeven.findings.claim_sizes import other_sizes

    run, found = study.run, shown.found
    judged = [judging_table(run.judging)] if run.judging else []
    groups = [
        TableGroup(
            "tables",
            "Accuracy",
            [
                accuracy_table(study),
                difference_table(study, found.families, by_task=False),
                side_by_side_table(study, found.tasks),
                rate_table(study),
                mode_table(study),
                matched_table(study, found, "inference_flops"),
            ],
            [
                guard_table(study, shown.guards),
                chance_table(study),
                task_table(study),
                difference_table(study, found.tasks, by_task=True),
                matched_table(study, found, "train_flops"),
                crossing_table(study),
                growth_table(study),
            ],
        ),
        TableGroup(
            "run",
            "What was run",
            [student_table(run), arm_table(run), task_list(run)],
            [training_table(run)],
        ),
        TableGroup("costs", "Costs", [bill_table(run), cost_table(study)]),
        TableGroup(
            "data",
            "Data",
            [corpus_table(run), teacher_table(run), teacher_accuracy_table(run), *judged],
        ),
    ]
    return verdict_table(study, found, other_sizes(study.results)), groups


def _flat(groups: Iterable[TableGroup]) -> list[Table]:
    return [table for group in groups for table in (*group.tables, *group.folded)]


def _write_tables(folder: Path, figures: Iterable[FigureSpec], tables: Iterable[Table]) -> None:
    """One CSV a table, and one a figure with what it draws."""
    for figure in figures:
        if figure.rows:
            write_csv(folder / f"figure-{figure.name}.csv", figure.rows)
    for table in tables:
        if table.rows:
            write_csv(folder / f"{table.name}.csv", table.rows)


def write_csv(path: Path, rows: Sequence[Row]) -> None:
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
    return f"{value:.6g}" if isinstance(value, float) else value
