"""`breakeven tasks`: the catalogue of benchmarks."""

import json
from pathlib import Path
from typing import Annotated

import typer

from breakeven.cli.options import Json

tasks_app = typer.Typer(no_args_is_help=True, help="Look after the benchmarks.")


@tasks_app.command("list")
def tasks_list(as_json: Json = False) -> None:
    """List the benchmarks of the catalogue: family, grader, items, where they are.

    Examples: breakeven tasks list; breakeven tasks list --json
    """
    from breakeven.catalogue.listing import listing, listing_lines
    from breakeven.core.terminal import terminal_columns

    rows = listing()
    typer.echo(
        json.dumps(rows, allow_nan=False)
        if as_json
        else "\n".join(listing_lines(rows, terminal_columns()))
    )


@tasks_app.command("check")
def tasks_check(
    benchmarks: Annotated[
        list[str] | None, typer.Argument(help="Names in the catalogue; all by default.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Copies of the data sets, a folder a benchmark.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare the catalogue of benchmarks with the hub: commits, splits, fields, counts.

    Examples: breakeven tasks check; breakeven tasks check gsm8k aime --json
    """
    from breakeven.catalogue.hub_check import command

    command(benchmarks or (), folder, as_json)
