"""Whether the catalogue says what the hub has: `breakeven tasks check`.

Every row of every benchmark is read and made a question, so that a wrong field, type, split or
count shows here and not in the middle of a study.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from breakeven.catalogue.benchmark import CATALOGUE, Benchmark, catalogue
from breakeven.catalogue.benchmark_items import open_rows, pick_benchmark
from breakeven.catalogue.questions import is_kept, questions_of
from breakeven.core.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class BenchmarkCheck:
    """What was found of one benchmark. Counts are None where the data could not be read.

    `commit` is what the revision stands for now; `problems` are what differs, one line each.
    """

    benchmark: str
    repo: str
    revision: str
    commit: str | None
    rows: int | None
    items: int | None
    problems: tuple[str, ...]

    @property
    def pin(self) -> str | None:
        """The commit to write as the revision, None where it is one or nothing was found."""
        return self.commit if self.commit != self.revision else None


def check_catalogue(
    names: Sequence[str] = (), folder: Path | None = None
) -> Iterator[BenchmarkCheck]:
    """Compare benchmarks, all of them by default, with the hub, one after another.

    `folder` holds copies of the data sets instead, each in a folder with its benchmark's name.

    Raises:
        InputError: a name is not in the catalogue.
        MachineError: the hub cannot be reached.
    """
    table = catalogue()
    chosen = {
        name: pick_benchmark(name, table, "breakeven tasks check")
        for name in (names or table.benchmarks)
    }
    return (
        check_benchmark(name, benchmark, folder / name if folder else None)
        for name, benchmark in chosen.items()
    )


def check_benchmark(name: str, benchmark: Benchmark, folder: Path | None = None) -> BenchmarkCheck:
    """Read all rows of one benchmark and count; raises MachineError where the hub is not there."""
    commit, rows, items = None, None, None
    problems: tuple[str, ...] = ()
    try:
        opened = open_rows(name, benchmark, folder)
        commit, seen, asked = opened.commit, 0, 0
        # Every question is made and thrown away: only that shows a row that does not fit.
        for number, row in opened.numbered:
            seen += 1
            where = f"{opened.where}: row {number}"
            if is_kept(row, benchmark, where):
                asked += sum(1 for _ in questions_of(row, benchmark, where))
        rows, items = seen, asked
        problems = tuple(_differences(name, benchmark, rows, items))
    except InputError as error:
        problems = (str(error),)
    return BenchmarkCheck(name, benchmark.repo, benchmark.revision, commit, rows, items, problems)


def _differences(name: str, benchmark: Benchmark, rows: int, items: int) -> Iterator[str]:
    for what, found, stated in (("rows", rows, benchmark.rows), ("items", items, benchmark.items)):
        if found != stated:
            yield f"{CATALOGUE}: {name}: {what}: value is {stated}; the data set has {found}"


def checks_to_json(checks: Sequence[BenchmarkCheck]) -> dict[str, Any]:
    """What was found as one JSON object; `pin` is the commit to write into the catalogue."""
    return {
        "benchmarks": {one.benchmark: _entry(one) for one in checks},
        "differing": [one.benchmark for one in checks if one.problems],
    }


def _entry(one: BenchmarkCheck) -> Mapping[str, Any]:
    return {**asdict(one), "problems": list(one.problems), "pin": one.pin}


def checks_table(checks: Sequence[BenchmarkCheck]) -> "Table":
    """What was found as a table; problems follow below it."""
    from rich.table import Table

    table = Table("benchmark", "data set", "commit", "rows", "items", "as stated", box=None)
    for one in checks:
        commit = (one.commit or "-")[:12] + (" (pin it)" if one.pin else "")
        counts = [str(count) if count is not None else "-" for count in (one.rows, one.items)]
        table.add_row(one.benchmark, one.repo, commit, *counts, "no" if one.problems else "yes")
    return table


def command(names: Sequence[str], folder: Path | None, as_json: bool) -> None:
    """Print what `check_catalogue` finds.

    Raises:
        InputError: after printing, where the catalogue and a data set differ.
        MachineError: the hub cannot be reached.
    """
    import json

    from rich.console import Console

    checks = list(check_catalogue(names, folder))
    if as_json:
        print(json.dumps(checks_to_json(checks), allow_nan=False))
    else:
        console = Console(highlight=False, markup=False, width=500)  # no name is cut
        console.print(checks_table(checks))
        for one in checks:
            if one.pin:
                console.print(f"{one.benchmark}: revision: {one.pin}", soft_wrap=True)
            for problem in one.problems:
                console.print(problem, soft_wrap=True)
    # After printing, for the exit code: a check in CI has to fail.
    differing = [one.benchmark for one in checks if one.problems]
    if differing:
        raise InputError(
            f"{CATALOGUE}: {len(differing)} of {len(checks)} benchmarks differ from their data "
            f"sets: {', '.join(differing)}"
        )
