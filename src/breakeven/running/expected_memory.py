"""How much memory a cell will take at its peak: as records say, else by the plan of its shape."""

from breakeven.core.errors import InputError
from breakeven.core.records import read_record
from breakeven.costs.model_shapes import known_architecture
from breakeven.models.memory import answering_memory, training_memory
from breakeven.models.memory_check import training_plans
from breakeven.models.pointer import base_config_path
from breakeven.params import Params
from breakeven.running.cell import Cell

# Of a process that has imported PyTorch, transformers and peft and done nothing yet.
_LIBRARIES_BYTES = 0.6e9
_HEAVY = frozenset({"train", "answer"})


def expected_memory_bytes(params: Params, cell: Cell) -> float:
    """Bytes of the machine's memory; those of an accelerator are not asked for.

    What the cell's record says of its last run; else, for trainings and answers, the libraries and
    the plan of the student's shape in float32; the libraries alone where that is not known yet.
    """
    measured = _measured_bytes(cell)
    if measured is not None:
        return measured
    return _LIBRARIES_BYTES + (_planned_bytes(params, cell) if cell.stage in _HEAVY else 0.0)


def _measured_bytes(cell: Cell) -> float | None:
    try:
        record = read_record(cell.stage, *cell.options.values())
    except InputError:  # none yet, or a damaged one
        return None
    return None if "cpu" not in record.device_seconds else record.metrics.get("peak_memory_bytes")


def _planned_bytes(params: Params, cell: Cell) -> float:
    student = cell.options["student"]
    try:
        shape = known_architecture(base_config_path(student))
    except InputError:  # the base is still to be made
        return 0.0
    if isinstance(shape, str):
        return 0.0
    if cell.stage == "train":
        plan = training_plans(params, student, best="float32").get(cell.options["arm"])
        return training_memory(shape, plan).total if plan else 0.0
    answering = params.answering
    return answering_memory(
        shape,
        sequences=answering.batch_size,
        tokens=answering.longest,
        weight_bytes=4,
        cache_bytes=4,
    ).total
