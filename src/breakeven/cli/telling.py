"""What several commands print, and do before they begin."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from breakeven.core.errors import InputError
from breakeven.core.layout import made_by

if TYPE_CHECKING:
    from collections.abc import Iterable

    from breakeven.checking.problems import Finding
    from breakeven.params import Params
    from breakeven.results.cell_results import Results
    from breakeven.study.summary import StudySummary


def tell_study(params: "Params", what: str, then: str | None = None) -> None:
    """Say how many cells and tasks a study has, and what to run now."""
    from breakeven import words
    from breakeven.params.cells import cells

    counts = (len(params.students), len(params.arms), len(params.seeds))
    made_of = words.cells(*counts, len(list(cells(params))))
    typer.echo(f"{what}: {made_of}, {len(params.tasks)} tasks" + (f"; now: {then}" if then else ""))


def tell_findings(found: "Iterable[Finding]") -> None:
    """Print warnings to standard error; raise InputError with the errors, a line each."""
    told = list(found)
    for one in told:
        if not one.is_error:
            typer.echo(f"warning: {one.line}", err=True)
    errors = [one.line for one in told if one.is_error]
    if errors:
        raise InputError("\n".join(errors))


def repair_dvc_state() -> None:
    """Mend what a kill or a conflict left of DVC's files, with a line to standard error."""
    from breakeven.pipeline.lock import repair_in_use, repair_lock

    for repaired in (repair_in_use(), repair_lock()):
        if repaired:
            typer.echo(repaired, err=True)


def report_or_summary(
    results: "Results", summary: "StudySummary", folder: Path, as_json: bool
) -> None:
    """Write the report of results into a folder, or print what they say as JSON."""
    if as_json:
        from breakeven.findings.json_summary import summarise

        typer.echo(json.dumps(summarise(results), allow_nan=False))
        return
    from breakeven.report.write import build_report

    refuse_outputs(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"--folder: value is {str(folder)!r}: {error.strerror}; use a place to write in"
        ) from error
    build_report(results, summary, folder)
    typer.echo(f"open {folder / 'index.html'}")


def refuse_outputs(folder: Path) -> None:
    """Refuse a folder of the study here: what a stage made there would be lost under other results.

    Raises:
        InputError: a stage of the project in the working directory writes there.
    """
    here, there = Path.cwd().resolve(), folder.resolve()
    if not (here / "dvc.yaml").is_file() or not there.is_relative_to(here):
        return
    made = made_by(there.relative_to(here) / "index.html")
    if made:
        raise InputError(
            f"--folder: value is {str(folder)!r}, which the stage {made[0]} of this study writes; "
            "name another"
        )


def tell_flat(result: dict[str, Any], as_json: bool) -> None:
    """Print a flat result as JSON, or a line a key."""
    if as_json:
        typer.echo(json.dumps(result, allow_nan=False))
        return
    width = max(len(key) for key in result)
    for key, value in result.items():
        typer.echo(
            f"{key:<{width}}  {value:,}"
            if isinstance(value, int | float)
            else f"{key:<{width}}  {value}"
        )
