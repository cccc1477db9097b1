"""Disk that a study takes, from the sizes of what its stages write."""

from collections.abc import Sequence
from typing import NamedTuple

from breakeven.costs.architecture import Architecture
from breakeven.costs.dtypes import BYTES, Dtype, chosen_dtype
from breakeven.costs.lora import Lora, lora_parameters
from breakeven.params import HubBase
from breakeven.params.cells import TrainingSettings, cells, resolve_cell
from breakeven.planning.expected_study import ExpectedStudy
from breakeven.planning.lengths import BYTES_A_TOKEN
from breakeven.planning.study_bill import BillLine

# A trained student is in the workspace, in DVC's cache and in scratch.
_COPIES = 3


class DiskNeed(NamedTuple):
    """Bytes on disk: downloaded bases, trained students, the largest checkpoint, texts."""

    bases: float
    students: float
    checkpoint: float
    texts: float

    @property
    def total(self) -> float:
        """All of it at once."""
        return float(sum(self))


def disk_need(study: ExpectedStudy, lines: Sequence[BillLine], best: Dtype) -> DiskNeed:
    """What the whole study leaves on disk, done or not; full students as they were computed."""
    params = study.params
    bases, students, checkpoint = 0.0, 0.0, 0.0
    for name, student in params.students.items():
        shape = study.shape(name).architecture
        if isinstance(shape, str):
            continue
        # Every other base is in the project or in a package already, or is small.
        if isinstance(student.base, HubBase):
            bases += 2.0 * shape.total_parameters  # published in 16 bits a weight
        for cell in cells(params, student=name):
            settings = resolve_cell(params, cell).training
            if settings is not None:
                trained = _trained_parameters(shape, settings)
                size = BYTES[chosen_dtype(settings.training.dtype, best)]
                # Adapters are kept in float32, whatever the frozen weights are computed in.
                width = size if settings.method == "full" else 4
                students += _COPIES * trained * width
                checkpoint = max(checkpoint, 12.0 * trained)  # a weight and two moments
    return DiskNeed(bases, students, checkpoint, _text_bytes(lines))


def _trained_parameters(shape: Architecture, settings: TrainingSettings) -> int:
    if settings.method == "full":
        return shape.total_parameters
    return lora_parameters(shape, Lora(settings.lora.rank))


def _text_bytes(lines: Sequence[BillLine]) -> float:
    """Completions, pairs and answers as text, in the workspace and in DVC's cache."""
    written = sum(
        line.cell.work.new_tokens for line in lines if line.cell.stage in ("distill", "answer")
    )
    return 2 * BYTES_A_TOKEN * written
