"""The architecture of a student, from the config of its base: no weights are read or downloaded."""

from breakeven.core.errors import InputError, MachineError
from breakeven.costs.architecture import Architecture
from breakeven.costs.model_shapes import known_architecture
from breakeven.models.pointer import base_config_path


def base_shape(student: str) -> Architecture | str:
    """A student's architecture, or why it is not known."""
    try:
        return known_architecture(base_config_path(student))
    except (InputError, MachineError) as error:
        return str(error)
