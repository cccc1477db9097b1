"""Commands on the study: its params, what of it is due, running it."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from breakeven.cli.completion import (
    kind_names,
    profile_names,
    row_names,
    rows_of_kind,
    trained_arms,
)
from breakeven.cli.numbers import ABOVE_ZERO, COUNT, FRACTION, Numbers, number
from breakeven.cli.options import Json
from breakeven.cli.telling import repair_dvc_state, tell_findings, tell_study
from breakeven.core.errors import AlreadyReportedError, InputError, did_you_mean

_PORT = Numbers(1, 65535, whole=True, label=True)


def check(
    path: Annotated[Path, typer.Argument(help="The params file.")] = Path("params.yaml"),
) -> None:
    """Check a params file, and all that it names on this machine, without running anything.

    A dvc.lock that DVC cannot read is mended first.

    Example: breakeven check profiles/tabletop.yaml
    """
    from breakeven.checking.check import check_params
    from breakeven.params import load_params

    # First, so that what begins with a check gets past a lock that DVC refuses to read.
    repair_dvc_state()
    params = load_params(path)
    tell_findings(check_params(params, path))
    tell_study(params, f"{path}: study {params.study!r}")


def use(
    profile: Annotated[
        str,
        typer.Argument(help="A name in profiles/, such as smoke.", autocompletion=profile_names),
    ],
    force: Annotated[
        bool, typer.Option("--force", help="Also where params.yaml has changes of its own.")
    ] = False,
) -> None:
    """Take a profile as the study: write profiles/NAME.yaml over params.yaml.

    What has been computed stays and is found again when the profile comes back.

    Examples: breakeven use smoke; breakeven use tabletop --force
    """
    from breakeven.params.profiles import use_profile

    params = use_profile(profile, force=force)
    tell_study(params, f"params.yaml: study {params.study!r}", "breakeven check, make study")


def new(
    kind: Annotated[
        str,
        typer.Argument(
            help="student, arm, task, source, corpus or decoding.", autocompletion=kind_names
        ),
    ],
    name: Annotated[str, typer.Argument(help="Its name.")],
    settings: Annotated[
        list[str] | None, typer.Argument(help="key=value; dots go into sections.")
    ] = None,
    like: Annotated[
        str | None,
        typer.Option(
            help="A row of the same table, whose values it takes over.", autocompletion=rows_of_kind
        ),
    ] = None,
    note: Annotated[
        str | None,
        typer.Option(help="The comment above the row; else it says what the row was taken from."),
    ] = None,
) -> None:
    """Add a row to params.yaml, which stays as it is where the study would not be in order.

    A file, folder or model that the row names is opened first, as by `breakeven check`.

    Examples: breakeven new arm mixed-25 --like reasoning reasoning_share=0.25;
    breakeven new student t2m --like t500k base.path=assets/tabletop/t2m --note "four times larger"
    """
    from breakeven.checking.row_checks import check_row
    from breakeven.params.new_row import KINDS, new_row

    chosen = next((one for one in KINDS if one == kind), None)
    if chosen is None:
        raise InputError(f"{kind!r} is no kind of row; {did_you_mean(kind, KINDS)}")
    row = new_row(chosen, name, settings or (), like=like, note=note)
    tell_findings(check_row(row))
    row.write()
    tell_study(row.params, f"params.yaml: {kind} {name} added", "breakeven check, breakeven status")


def status(as_json: Json = False) -> None:
    """Tell what `dvc repro` would run, and why; a dvc.lock that DVC cannot read is mended first.

    While `breakeven run` is at work: how far it is, what runs and for how long still, what failed
    and where its log is. What failed in the last run is told until it has run.

    Examples: breakeven status; breakeven status --json
    """
    from breakeven.params import load_params
    from breakeven.pipeline.status import pipeline_status, status_lines
    from breakeven.running.notice import failure_lines, last_run

    told: dict[str, Any]
    run = last_run()
    if run is not None and run.at_work:
        told, lines = {"run": run.as_dict()}, [*run.lines()]
    else:
        repair_dvc_state()
        found = pipeline_status(load_params())
        failures = [one for one in run.failures() if one["cell"] in found.to_run] if run else []
        told = {**found.as_dict(), "failures": failures}
        lines = [*status_lines(found), *failure_lines(failures)]
    typer.echo(json.dumps(told, allow_nan=False) if as_json else "\n".join(lines))


def doctor(as_json: Json = False) -> None:
    """Look for all that is wrong with the study here, and name the command that mends each thing.

    Params, libraries, disk, devices, DVC, outputs by their records, cells of former rows, what
    kills have left, overlap with tests, balance of styles. Nothing is changed. Exit code 0 where
    nothing was found, 1 otherwise.

    Examples: breakeven doctor; breakeven doctor --json
    """
    from breakeven.doctor.examine import examine, report_lines

    found = examine()
    typer.echo(
        json.dumps(found.as_dict(), allow_nan=False) if as_json else "\n".join(report_lines(found))
    )
    if not found.healthy:
        raise AlreadyReportedError(1)


def run(
    jobs: Annotated[
        int | None,
        number(
            COUNT, "Cells at once; by default as many as cores or GPUs, and their threads, allow."
        ),
    ] = None,
    ray_address: Annotated[
        str | None,
        typer.Option(help="host:port of a Ray cluster that this machine and folder are part of."),
    ] = None,
) -> None:
    """Run every cell that is due, several at once; `dvc repro` runs the same one after another.

    A killed run goes on where it was. Output of cells: .work/run/.

    Examples: breakeven run; breakeven run --jobs 2; breakeven run --ray-address 10.0.0.1:6379
    """
    from breakeven.params import load_params
    from breakeven.running.run import run_due_cells

    repair_dvc_state()
    run_due_cells(load_params(), jobs, ray_address=ray_address)


def tune(
    path: Annotated[Path, typer.Argument(help="The params file.")] = Path("params.yaml"),
    student: Annotated[
        list[str] | None,
        typer.Option(
            help="A student; all by default. May be given again.",
            autocompletion=row_names("students"),
        ),
    ] = None,
    arm: Annotated[
        list[str] | None,
        typer.Option(
            help="An arm; the first of each style, or rate, by default.",
            autocompletion=trained_arms(),
        ),
    ] = None,
    rate: Annotated[
        list[float] | None, number(ABOVE_ZERO, "A rate; from 1/4 to 4 times the own by default.")
    ] = None,
    share: Annotated[
        list[float] | None,
        number(FRACTION, "A share of the budget, to see accuracy level off; 0.25, 0.5 by default."),
    ] = None,
    items: Annotated[int, number(COUNT, "The most pairs to score on.")] = 400,
    folder: Annotated[
        Path | None, typer.Option(help="Where the choice is written; tuning/<study> by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Choose learning rates on the tune side of the training pairs, never on a test item.

    Needs pairs and bases: dvc repro pairs base. A killed run goes on where it was.

    Examples: breakeven tune; breakeven tune --student t500k --arm ift --rate 1e-3 --rate 2e-3
    """
    from breakeven.core.layout import tuning_choice_path
    from breakeven.params import load_params
    from breakeven.tune.chosen_rates import choice_lines
    from breakeven.tune.grid import Grid
    from breakeven.tune.tune_command import summary
    from breakeven.tune.tune_command import tune as tune_rates

    params = load_params(path)
    grid = Grid(tuple(student or ()), tuple(arm or ()), tuple(rate or ()))
    if share is not None:
        grid = grid._replace(shares=tuple(share))
    choices = tune_rates(
        params, grid, items=items, folder=folder or tuning_choice_path(params.study).parent
    )
    typer.echo(
        json.dumps(summary(params, choices), allow_nan=False)
        if as_json
        else "\n".join(choice_lines(params, choices))
    )


def ui(
    port: Annotated[int, number(_PORT, "Port on 127.0.0.1.")] = 5000,
) -> None:
    """Open the MLflow UI on this machine only.

    Example: breakeven ui --port 5001
    """
    from breakeven.tracking.ui import serve

    serve(port)
