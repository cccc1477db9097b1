"""Everything that the doctor looks at, in order; it reads, and writes nothing."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from breakeven.checking.check import CHECKS, OF_TEXTS, check_params
from breakeven.checking.service_checks import check_machine
from breakeven.core.errors import InputError
from breakeven.core.layout import made_by, remade_by
from breakeven.doctor.data import look_at_balance, look_for_overlap
from breakeven.doctor.dvc_state import look_at_dvc
from breakeven.doctor.environment import look_at_accelerator, look_at_requirements, look_at_versions
from breakeven.doctor.file_digests import FileDigests
from breakeven.doctor.finding import Finding, repro
from breakeven.doctor.leftovers import (
    look_at_scratch,
    look_for_orphans,
    look_for_temporary,
    scratch_bytes,
)
from breakeven.doctor.outputs import Told, look_at_outputs
from breakeven.doctor.room import look_for_room
from breakeven.doctor.study_cells import study_cells
from breakeven.models.disk_space import gigabytes
from breakeven.params import Params, load_params
from breakeven.pipeline.status import first_few

_PARAMS = Path("params.yaml")


class Examination(NamedTuple):
    """What was found, and how much was looked at."""

    findings: tuple[Finding, ...]
    cells: int
    not_run: tuple[str, ...]
    scratch_bytes: int
    free_bytes: int

    @property
    def healthy(self) -> bool:
        """Whether nothing was found; a cell that has not run yet is no fault."""
        return not self.findings

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        findings = [{**one._asdict(), "line": one.line} for one in self.findings]
        return {"healthy": self.healthy, **self._asdict(), "findings": findings}


def examine() -> Examination:
    """Look at the study in the working directory; nothing that is found hides anything else.

    Raises:
        InputError: no study is here.
    """
    if not any(file.exists() for file in (_PARAMS, Path("dvc.yaml"))):
        # What mends a study would make one here, which nobody asked for.
        raise InputError(f"{_PARAMS}, dvc.yaml: no such files; run this from the project's root")
    findings: list[Finding] = [*look_at_requirements(), *look_at_accelerator()]
    told = Told({}, (), frozenset(), frozenset(), ())
    cells: list[tuple[str, ...]] = []
    digests = FileDigests()
    try:
        params = load_params(_PARAMS)
    except InputError as error:
        mend = f"edit {_PARAMS}, then run breakeven check"
        findings += [Finding("params", line, mend) for line in str(error).splitlines()]
    else:
        cells = list(study_cells(params))
        told = look_at_outputs(cells, digests)
        findings += _of_params(params)
        findings += [*look_at_versions(told.records.values()), *look_for_room(params, told.not_run)]
        findings += told.findings
        findings += look_for_orphans(params, cells)
        findings += _of_data(look_for_overlap(params, told.wrong), "overlap")
        findings += _of_data(look_at_balance(params, told.wrong), "balance")
    findings += [*look_at_dvc(cells, told, digests), *look_for_temporary(), *look_at_scratch()]
    return Examination(
        tuple(findings),
        len(cells),
        tuple("/".join(cell) for cell in told.not_run),
        scratch_bytes(),
        shutil.disk_usage(Path()).free,
    )


def report_lines(found: Examination) -> Iterator[str]:
    """Each finding in a line, then what was looked at."""
    yield from (one.line for one in found.findings)
    run = found.cells - len(found.not_run)
    yield (
        f"{'healthy' if found.healthy else f'{len(found.findings)} found'}: {run} of {found.cells} "
        f"cells have run; scratch has {gigabytes(found.scratch_bytes)}, "
        f"{gigabytes(found.free_bytes)} of the disk are free"
    )
    if found.not_run:
        yield f"not run yet (breakeven run): {first_few(found.not_run)}"


def _of_params(params: Params) -> Iterator[Finding]:
    """What `breakeven check` refuses, but for texts that have been rendered to be trained on."""
    checks = [one for one in CHECKS if one not in (*OF_TEXTS, check_machine)]
    mend = f"edit {_PARAMS}, then run breakeven check"
    for one in check_params(params, _PARAMS, checks):
        if one.is_error:
            yield Finding("params", one.line, mend)
    for one in check_params(params, _PARAMS, [check_machine]):
        yield Finding("devices", one.line, mend)


def _of_data(found: Iterator[Finding], area: str) -> Iterator[Finding]:
    """What a look finds, or the file that it cannot read, as one of before there were digests."""
    try:
        yield from found
    except InputError as error:
        # Such errors begin with their file.
        path = Path(str(error).partition(": ")[0])
        made = made_by(path)
        said = str(error).removesuffix(remade_by(path))
        yield Finding(area, said, repro(*made) if made else "breakeven status")
