"""The `breakeven` command: which commands there are, in the order of its help."""

import sys
from typing import Annotated

import typer

from breakeven.cli import costs, results, study
from breakeven.cli.export import export_app
from breakeven.cli.tasks import tasks_app
from breakeven.core.cycles import look_seldom
from breakeven.core.exits import exit_code_of

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="For this task, this model size and this budget: does it pay to let the model think?",
)
for name, command in (
    ("check", study.check),
    ("use", study.use),
    ("new", study.new),
    ("show", results.show),
    ("trace", results.trace),
    ("status", study.status),
    ("doctor", study.doctor),
    ("run", study.run),
    ("flops", costs.flops),
    ("replay", results.replay),
    ("import", results.import_),
    ("decide", results.decide),
    ("plan", costs.plan),
    ("tune", study.tune),
    ("ui", study.ui),
):
    app.command(name)(command)
app.add_typer(tasks_app, name="tasks")
app.add_typer(export_app, name="export")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("breakeven"))
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    del version  # its callback has seen to it


def main() -> None:
    """Run the command line: 0 done, 2 the user's input, 3 the machine, 1 our fault."""
    look_seldom()
    sys.exit(exit_code_of(app))
