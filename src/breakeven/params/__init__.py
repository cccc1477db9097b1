"""params.yaml as one frozen, typed value."""

from breakeven.params.bases import (
    Base,
    FolderBase,
    GgufBase,
    HubBase,
    ScratchBase,
    Weights,
)
from breakeven.params.decodings import (
    Decoding,
)
from breakeven.params.grading import (
    Grading,
    Judge,
)
from breakeven.params.load import (
    load_params,
)
from breakeven.params.names import (
    COMPLETION_STYLES,
    RESULT_STYLES,
    CompletionStyle,
    ResultStyle,
    Style,
)
from breakeven.params.schema import (
    Answering,
    Params,
    Student,
)
from breakeven.params.sources import (
    CatalogueSource,
    Corpus,
    DatasetSource,
    Decontamination,
    GymSource,
    JsonlSource,
    PairRules,
    ProceduralSource,
    PublishedSource,
    Source,
    WorkedCompletions,
)
from breakeven.params.tasks import (
    CatalogueTask,
    GymTask,
    JsonlTask,
    LmEvalTask,
    ProceduralTask,
    Task,
)
from breakeven.params.teachers import (
    OpenAITeacher,
    SolverTeacher,
    Teacher,
    TeacherStyle,
    TeacherStyles,
    TransformersTeacher,
    VllmServer,
    VllmTeacher,
)
from breakeven.params.training import (
    Arm,
    Budget,
    LoraSettings,
    Schedule,
    Training,
)

__all__ = [
    "COMPLETION_STYLES",
    "RESULT_STYLES",
    "Answering",
    "Arm",
    "Base",
    "Budget",
    "CatalogueSource",
    "CatalogueTask",
    "CompletionStyle",
    "Corpus",
    "DatasetSource",
    "Decoding",
    "Decontamination",
    "FolderBase",
    "GgufBase",
    "Grading",
    "GymSource",
    "GymTask",
    "HubBase",
    "JsonlSource",
    "JsonlTask",
    "Judge",
    "LmEvalTask",
    "LoraSettings",
    "OpenAITeacher",
    "PairRules",
    "Params",
    "ProceduralSource",
    "ProceduralTask",
    "PublishedSource",
    "ResultStyle",
    "Schedule",
    "ScratchBase",
    "SolverTeacher",
    "Source",
    "Student",
    "Style",
    "Task",
    "Teacher",
    "TeacherStyle",
    "TeacherStyles",
    "Training",
    "TransformersTeacher",
    "VllmServer",
    "VllmTeacher",
    "Weights",
    "WorkedCompletions",
    "load_params",
]
