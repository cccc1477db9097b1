"""Whether the disk has room for what has not run yet."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from breakeven.core.errors import MachineError
from breakeven.doctor.finding import Finding, dvc
from breakeven.doctor.study_cells import StudyCell
from breakeven.models.disk_space import require_free_bytes
from breakeven.params import Params


def look_for_room(params: Params, not_run: Sequence[StudyCell]) -> Iterator[Finding]:
    """Less free than the weights will take that are still to come, by the shapes of the bases."""
    try:
        require_free_bytes(Path(), _bytes_to_come(params, not_run), "what has not run yet")
    except MachineError as error:
        yield Finding("disk", str(error), dvc("gc", "--workspace"))


def _bytes_to_come(params: Params, not_run: Sequence[StudyCell]) -> int:
    stages = {stage for stage, *_ in not_run}
    if not stages & {"base", "train"}:
        return 0
    from breakeven.planning.disk_need import disk_need
    from breakeven.planning.expected_study import ExpectedStudy

    # Of a student alone, so that what is trained already is not asked for again.
    students = {names[0] for stage, *names in not_run if stage in ("base", "train")}
    rows = {name: row for name, row in params.students.items() if name in students}
    try:
        need = disk_need(ExpectedStudy(params.model_copy(update={"students": rows})), (), "float32")
    except Exception:  # of a base that cannot be read, which is told with the params
        return 0
    return int(need.total)
