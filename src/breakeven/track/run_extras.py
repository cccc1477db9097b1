"""What of a run is made only when it is written: times, tables, answers one by one."""

from collections.abc import Mapping

from breakeven.core.work_times import work_times
from breakeven.params.cells import Cell
from breakeven.track.shown_answers import ShownAnswers
from breakeven.tracking.run_contents import RunContents
from breakeven.tracking.run_writer import RunExtras

# The artifact that holds a cell's answers as a table.
ANSWERS = "answers.json"


def run_extras(
    contents: RunContents, answers: ShownAnswers, source: Mapping[str, str]
) -> RunExtras:
    """All that belongs to a run and is not in its contents; `source` are the same for all runs."""
    kind = contents.keys["kind"]
    if kind == "cell":
        cell = Cell(contents.keys["student"], contents.keys["arm"], int(contents.keys["seed"]))
        times = work_times("train", *cell)
        if ANSWERS not in contents.files:
            return RunExtras(source, times)
        return RunExtras(source, times, {ANSWERS: answers.table(cell)}, answers.samples(cell))
    stage = {
        "base": ("base", contents.keys.get("student", "")),
        "teacher-data": ("pairs", contents.keys.get("corpus", "")),
        "report": ("report",),
    }[kind]
    return RunExtras(source, work_times(*stage))
