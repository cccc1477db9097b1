"""The parts of other people's logs that are read, and of what type they must be.

Nothing else in a log is looked at; what is absent or null is told apart from what is wrong.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from breakeven.core.errors import InputError

Json = dict[str, Any]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class Usage(_Part):
    """Tokens of calls, as Inspect and Every Eval Ever count them."""

    input_tokens: int | None = Field(None, ge=0)
    output_tokens: int | None = Field(None, ge=0)
    total_tokens: int | None = Field(None, ge=0)
    reasoning_tokens: int | None = Field(None, ge=0)
    input_tokens_cache_read: int | None = Field(None, ge=0)
    input_tokens_cache_write: int | None = Field(None, ge=0)


class _Choice(_Part):
    stop_reason: str | None = None


class _Output(_Part):
    choices: list[_Choice] | None = None
    usage: Usage | None = None


class _Limit(_Part):
    type: str | None = None


class InspectSample(_Part):
    """A sample of an Inspect log."""

    id: int | str
    epoch: int = Field(1, ge=1)
    input: str | list[Json] | None = None
    scores: Json | None = None
    output: _Output | None = None
    model_usage: dict[str, Usage] | None = None
    role_usage: dict[str, Usage] | None = None
    events: list[Json] | None = None
    attachments: Json | None = None
    limit: _Limit | None = None


class ModelEvent(_Part):
    """A call of a model within an Inspect sample."""

    model: str | None = None
    role: str | None = None
    output: _Output | None = None


class _Spec(_Part):
    task: str
    model: str | None = None


class _Error(_Part):
    message: str | None = None


class InspectHead(_Part):
    """What an Inspect log says of itself."""

    status: str
    eval: _Spec
    error: _Error | None = None
    samples: list[Any] | None = None


class _Filter(_Part):
    name: str | None = None
    filter: list[Json] | None = None


class _Config(_Part):
    filter_list: list[_Filter] | None = None
    metric_list: list[Json] | None = None


class HarnessResults(_Part):
    """The sections of a results file of lm-evaluation-harness."""

    results: dict[str, Json] | None = None
    configs: dict[str, _Config] | None = None
    group_subtasks: dict[str, list[str] | None] | None = None
    samples: dict[str, Json] | None = Field(None, alias="n-samples")


class HarnessRow(_Part):
    """A row of a samples file of lm-evaluation-harness."""

    doc_id: int | str
    doc_hash: str | None = None
    filter: str = "none"
    metrics: list[str] | None = None


class _Library(_Part):
    name: str | None = None


class _Model(_Part):
    id: str | None = None


class _Metric(_Part):
    metric_id: str | None = None
    metric_name: str | None = None
    metric_unit: str | None = None
    lower_is_better: bool | None = None
    max_score: float | str | None = None


class _Uncertainty(_Part):
    num_samples: int | None = None


class _Score(_Part):
    uncertainty: _Uncertainty | None = None


class _Result(_Part):
    evaluation_name: str
    evaluation_result_id: str | None = None
    metric_config: _Metric | None = None
    score_details: _Score | None = None


class _Detailed(_Part):
    file_path: str | None = None
    hash_algorithm: str | None = None
    checksum: str | None = None
    total_rows: int | None = None


class EveryEvalRecord(_Part):
    """An aggregate record of Every Eval Ever."""

    evaluation_id: str | None = None
    eval_library: _Library | None = None
    model_info: _Model | None = None
    evaluation_results: list[_Result] = Field(min_length=1)
    detailed_evaluation_results: _Detailed | None = None


class EveryEvalRow(_Part):
    """A row of a samples file of Every Eval Ever."""

    evaluation_id: str | None = None
    evaluation_name: str
    evaluation_result_id: str | None = None
    sample_id: str
    sample_hash: str | None = None
    evaluation: Json
    token_usage: Usage | None = None
    metadata: Json | None = None


def check_shape(where: str, shape: type[BaseModel], value: Any) -> None:  # noqa: ANN401 - JSON
    """Raise InputError naming the place, the key and the value where a part is of another type."""
    try:
        shape.model_validate(value)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        key = ".".join(map(str, problem["loc"]))
        shown = "" if problem["type"] == "missing" else f" value is {problem['input']!r:.80};"
        raise InputError(f"{where}: {key}:{shown} {problem['msg']}; write the log again") from error
