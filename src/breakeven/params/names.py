"""The words that params.yaml is written in: names, shares, counts, paths, revisions."""

from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    HttpUrl,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

Item = TypeVar("Item")

# Names become files and folders, on disks too that take no account of case.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)]
# A family's score is the mean of its tasks. Those that the study did not have are extra, so that
# the first four stay comparable with the published tables.
Family = Literal["general-mc", "general-open", "math-mc", "math-open", "extra-mc", "extra-open"]
# How one completion is written, plain or with its trace; what a trained arm learns, of one or of
# both; what a cell is, trained or not; and what results count it under: a control is in no pair of
# styles, whatever it learns.
CompletionStyle = Literal["ift", "reasoning"]
TrainedStyle = Literal[CompletionStyle, "mixed"]
Style = Literal["base", TrainedStyle]
ResultStyle = Literal[Style, "control"]
COMPLETION_STYLES: tuple[CompletionStyle, ...] = get_args(CompletionStyle)
RESULT_STYLES: tuple[ResultStyle, ...] = get_args(ResultStyle)


def _written_as_a_number(value: Any) -> Any:  # noqa: ANN401 - whatever was written
    if isinstance(value, str | bool):  # pydantic would make one of '30', and 1 of true
        raise PydanticCustomError("int_type", "must be a whole number")
    return value


# What YAML calls a number or true: text that looks like one is refused, not read as one.
Flag = Annotated[bool, Field(strict=True)]
RealNumber = Annotated[float, Field(strict=True)]
WholeNumber = Annotated[int, BeforeValidator(_written_as_a_number)]
Share = Annotated[RealNumber, Field(ge=0.0, le=1.0)]
Positive = Annotated[RealNumber, Field(gt=0.0)]
NotNegative = Annotated[RealNumber, Field(ge=0.0)]
# So large that no study reaches it, and small enough to be exact as a float.
Count = Annotated[WholeNumber, Field(ge=1, le=10**15)]
# Of what a process holds at once: threads, requests, samples of one question, ranks, passes.
SmallCount = Annotated[WholeNumber, Field(ge=1, le=10_000)]
# Of what is made here one by one before anything is asked or answered.
GeneratedCount = Annotated[WholeNumber, Field(ge=1, le=10_000_000)]
Seconds = Annotated[RealNumber, Field(gt=0.0, le=1e9)]
CountOrZero = Annotated[WholeNumber, Field(ge=0, le=10**15)]
# What every library takes as a seed: NumPy no more, and training multiplies it by a million.
Seed = Annotated[WholeNumber, Field(ge=0, le=2**32 - 1)]
DtypeName = Literal["auto", "float32", "bfloat16"]
GraderName = Literal["exact", "letter", "math", "squad", "coqa", "ifeval", "judge"]


def _each_once(values: tuple[Item, ...]) -> tuple[Item, ...]:
    twice = [value for index, value in enumerate(values) if value in values[:index]]
    if twice:
        raise ValueError(f"{twice[0]!r} is given twice; remove one")
    return values


EachOnce = AfterValidator(_each_once)

# owner/name, as the hub writes it: nothing that could be a path or a URL.
RepoId = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$", max_length=96)
]
# A commit pins what is loaded. A branch or a tag is resolved once, and the commit is recorded.
Revision = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][\w./-]*$", max_length=96, min_length=1)
]

# What a library or a service knows something by.
Text = Annotated[str, StringConstraints(min_length=1, max_length=300)]
PackageName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*$", max_length=64)]
VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]*$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


# In bytes, on Linux and macOS; a path has room for the project's own before it.
_LONGEST_NAME, _LONGEST_PATH = 255, 1000


def _inside_the_project(path: str) -> str:
    if not path or path.startswith(("/", "~")) or ".." in path.split("/"):
        raise ValueError(f"{path!r}: must be a path inside the project, relative to its root")
    if not path.isprintable():  # half a character, a NUL or a line break is in no file's name
        raise ValueError(f"{path!r}: holds a character that cannot be seen; use a plain path")
    longest = max(len(part.encode()) for part in path.split("/"))
    if longest > _LONGEST_NAME or len(path) > _LONGEST_PATH:
        raise ValueError(f"{path[:40]!r}…: is longer than a path can be; use a shorter one")
    return path


ProjectPath = Annotated[str, AfterValidator(_inside_the_project)]


def _without_a_secret(url: HttpUrl) -> HttpUrl:
    if url.username or url.password:
        raise ValueError(
            "an address holds a user or a password; leave them out, the key comes from the "
            "environment"
        )
    return url


Endpoint = Annotated[HttpUrl, AfterValidator(_without_a_secret)]

# What an OpenAI-compatible endpoint calls the limit of new tokens.
LimitName = Literal["max_tokens", "max_completion_tokens"]


class Section(BaseModel):
    """A part of params.yaml: unknown keys are refused, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, allow_inf_nan=False)
