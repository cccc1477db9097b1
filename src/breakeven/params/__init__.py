"""params.yaml as one frozen, typed value."""

from breakeven.params.load import load_params
from breakeven.params.schema import (
    Answering,
    Arm,
    Corpus,
    Decoding,
    FolderBase,
    JsonlSource,
    JsonlTask,
    Params,
    ProceduralSource,
    ProceduralTask,
    ScratchBase,
    SolverTeacher,
    Student,
    Training,
)

__all__ = [
    "Answering",
    "Arm",
    "Corpus",
    "Decoding",
    "FolderBase",
    "JsonlSource",
    "JsonlTask",
    "Params",
    "ProceduralSource",
    "ProceduralTask",
    "ScratchBase",
    "SolverTeacher",
    "Student",
    "Training",
    "load_params",
]
