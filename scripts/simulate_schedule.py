"""What a study's schedule comes to on many places: `python scripts/simulate_schedule.py [PARAMS]`.

Takes the graph from DVC, in a copy of the last commit with those params, and the seconds of every
training and answering from `breakeven plan` (`--device H100`); with `--study FOLDER`, a finished
study here, from its records, or with `--clock` by when each stage noted that it began and ended.
By the clock a cell also takes what those of its stage waited in the mean, once a place was free and
all that they read was there: imports, DVC, hand-over, stages without a record. The run is taken to
have been on the first of the `--places`.
Prints a JSON line for each number of places: the time from the first cell to the last and the share
of the places' time at work, with the longest way first and in DVC's order, and what no order can
beat. Of a finished study also what it took, where one run did it all.
"""

import argparse
import json
import shutil
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import chdir
from pathlib import Path
from statistics import fmean

from breakeven.core.errors import InputError
from breakeven.core.records import read_record
from breakeven.core.work_times import WorkTimes, work_times
from breakeven.params import load_params
from breakeven.running.cell import Cell
from breakeven.running.due_graph import due_graph
from breakeven.running.simulation import simulate

ROOT = Path(__file__).resolve().parents[1]
# Depend on the study's whole and are run anew by hand; they are little beside trainings.
LAST = frozenset({"score", "report", "track"})


def main() -> None:
    """Simulate every number of places in both orders."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("params", nargs="?", type=Path, default=ROOT / "params.yaml")
    parser.add_argument("--device", default="H100")
    parser.add_argument("--study", type=Path, help="a finished study, for the seconds of its cells")
    parser.add_argument("--clock", action="store_true", help="seconds by the clock")
    parser.add_argument("--places", type=int, nargs="+", default=[1, 10, 100, 1000])
    given = parser.parse_args()
    params = given.study / "params.yaml" if given.study else given.params
    cells, reads = graph_of(params.resolve())
    if given.study is None:
        seconds = planned(params, given.device, cells)
    elif given.clock:
        seconds = by_clock(given.study, cells, reads, given.places[0])
    else:
        seconds = recorded(given.study, cells)
    for places in given.places:
        for longest_first in (True, False):
            found = simulate(reads, seconds, places, longest_first=longest_first)
            order = "longest first" if longest_first else "DVC's"
            row = {"places": places, "order": order, "cells": len(cells), **found._asdict()}
            print(json.dumps(row), flush=True)
    if given.study and (times := noted(given.study, cells)):
        print(json.dumps({"measured_seconds": measured_seconds(times.values())}))


def graph_of(params: Path) -> tuple[dict[str, Cell], dict[str, frozenset[str]]]:
    """Every cell in DVC's order, and what each reads; without those that end the study."""
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "study"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(study)], check=True)
        (study / "dvc.lock").unlink(missing_ok=True)
        shutil.copy(params, study / "params.yaml")
        with chdir(study), due_graph(load_params()) as graph:
            cells = {name: cell for name, cell in graph.cells.items() if cell.stage not in LAST}
            return cells, {name: graph.reads[name] for name in cells}


def planned(params: Path, device: str, cells: Mapping[str, Cell]) -> dict[str, float]:
    """Seconds by the plan; nothing for stages that it does not count."""
    command = ["breakeven", "plan", str(params), "--device", device, "--json"]
    told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    seconds: dict[tuple[str, ...], float] = defaultdict(float)
    for row in json.loads(told)["cells"]:
        # A student's answers are many lines of the plan, and one cell.
        cell = row["cell"][:1] if row["stage"] == "answer" else row["cell"]
        seconds[row["stage"], *map(str, cell)] += row["device_seconds"] or 0.0
    return {
        name: seconds.get((cell.stage, *cell.options.values()), 0.0) for name, cell in cells.items()
    }


def recorded(study: Path, cells: Mapping[str, Cell]) -> dict[str, float]:
    """Seconds of work in the records of a finished study; nothing for stages without any."""
    with chdir(study):
        return {name: sum(_seconds(cell)) for name, cell in cells.items()}


def by_clock(
    study: Path, cells: Mapping[str, Cell], reads: Mapping[str, frozenset[str]], places: int
) -> dict[str, float]:
    """Seconds by the clock, and what a cell of that stage waited in the mean before it began."""
    times = noted(study, cells)
    if not times:
        raise SystemExit(f"{study}: no cell was run here; leave out --clock")
    waited = waits(times, reads, places)
    of_stage: dict[str, list[float]] = defaultdict(list)
    for name, seconds in waited.items():
        of_stage[cells[name].stage].append(seconds)
    found = {
        name: (one.ended_ms - one.started_ms) / 1000 + fmean(of_stage[cells[name].stage])
        for name, one in times.items()
    }
    return recorded(study, cells) | found


def waits(
    times: Mapping[str, WorkTimes], reads: Mapping[str, frozenset[str]], places: int
) -> dict[str, float]:
    """Seconds between the moment a cell could begin and its beginning, of every noted cell.

    It could begin once what it reads had ended, through cells that noted nothing, and a place was
    free: the k-th cell to begin needs all but `places` - 1 of those before it to have ended.
    """
    first = min(one.started_ms for one in times.values())

    def ready(name: str) -> int:
        return max(
            (times[one].ended_ms if one in times else ready(one) for one in reads[name]),
            default=first,
        )

    found, ended = {}, []
    for name, one in sorted(times.items(), key=lambda item: item[1].started_ms):
        free = sorted(ended)[-places] if len(ended) >= places else first
        found[name] = max(0, one.started_ms - max(free, ready(name))) / 1000
        ended.append(one.ended_ms)
    return found


def noted(study: Path, cells: Mapping[str, Cell]) -> dict[str, WorkTimes]:
    """When each cell that has a record with seconds began and ended here."""
    with chdir(study):
        return {
            name: times
            for name, cell in cells.items()
            if any(True for _ in _seconds(cell))
            and (times := work_times(cell.stage, *cell.options.values()))
        }


def _seconds(cell: Cell) -> Iterator[float]:
    try:
        yield from read_record(cell.stage, *cell.options.values()).device_seconds.values()
    except InputError:
        return


def measured_seconds(times: Collection[WorkTimes]) -> float:
    """From the start of the first of the cells to the end of the last, by what was noted."""
    return (max(one.ended_ms for one in times) - min(one.started_ms for one in times)) / 1000


if __name__ == "__main__":
    main()
