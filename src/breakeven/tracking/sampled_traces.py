"""Answers as MLflow traces, for the stock views of traces and evaluations.

One trace an answer, linked to its run: the question as its request, what the student wrote as its
response, the grade, tokens and FLOPs as assessments, which those views show side by side by
question. Nothing is asked or graded again.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from mlflow.entities import Assessment, Span, TraceInfo

# The most traces that a run has.
MOST_TRACES = 16
# A trace of a hundred thousand characters would make the view of all of them slow.
MOST_CHARACTERS = 20_000


class Sample(NamedTuple):
    """One graded answer; `thinking` is its trace, empty where there is none."""

    task: str
    item: str
    question: str
    reference: str
    thinking: str
    answer: str
    grader: str
    correct: bool
    outcome: str | None
    prompt_tokens: int
    thinking_tokens: int
    answer_tokens: int
    inference_flops: float | None


class TracedRun(NamedTuple):
    """The run that traces belong to; `keys` become their tags, `time_ms` is when they were made."""

    experiment_id: str
    run_id: str
    model_id: str | None
    keys: Mapping[str, str]
    time_ms: int


def log_traces(uri: str, run: TracedRun, samples: Sequence[Sample]) -> None:
    """Write a trace for each sample; at most `MOST_TRACES`, which `delete_traces` relies on."""
    if len(samples) > MOST_TRACES:
        raise ValueError(f"{len(samples)} samples are more than {MOST_TRACES}")
    from mlflow.tracing.client import TracingClient

    client = TracingClient(uri)
    infos = [_trace(run, number, sample) for number, sample in enumerate(samples)]
    for info in infos:
        client.start_trace(info)
    spans = [_span(run, info.trace_id, sample) for info, sample in zip(infos, samples, strict=True)]
    if spans:
        client.log_spans(run.experiment_id, spans)


def delete_traces(uri: str, experiment_id: str, run_id: str) -> None:
    """Remove the traces of a run, written whole or in part; MLflow cannot archive traces."""
    from mlflow.tracing.client import TracingClient

    ids = [_trace_id(run_id, number) for number in range(MOST_TRACES)]
    TracingClient(uri).delete_traces(experiment_id, trace_ids=ids)


def _trace_id(run_id: str, number: int) -> str:
    # Known from the run alone, so that a kill leaves none that nobody finds again.
    return "tr-" + hashlib.sha256(f"{run_id} {number}".encode()).hexdigest()[:32]


def _trace(run: TracedRun, number: int, sample: Sample) -> "TraceInfo":
    from mlflow.entities import TraceInfo, TraceLocation, TraceState
    from mlflow.tracing.constant import TraceMetadataKey, TraceTagKey

    metadata = {TraceMetadataKey.SOURCE_RUN: run.run_id}
    if run.model_id is not None:
        metadata[TraceMetadataKey.MODEL_ID] = run.model_id
    trace_id = _trace_id(run.run_id, number)
    return TraceInfo(
        trace_id=trace_id,
        trace_location=TraceLocation.from_experiment_id(run.experiment_id),
        request_time=run.time_ms,
        state=TraceState.OK,
        request_preview=plain_text(sample.question),
        response_preview=plain_text(sample.answer),
        trace_metadata=metadata,
        tags={
            TraceTagKey.TRACE_NAME: sample.task,
            "task": sample.task,
            "item": sample.item,
            **run.keys,
        },
        assessments=_assessments(run, trace_id, sample),
    )


def _assessments(run: TracedRun, trace_id: str, sample: Sample) -> "list[Assessment]":
    from mlflow.entities import AssessmentSource, Expectation, Feedback

    source = AssessmentSource(source_type="CODE", source_id=f"grader {sample.grader}")
    values = {
        "correct": sample.correct,
        "outcome": sample.outcome,
        "output_tokens": sample.thinking_tokens + sample.answer_tokens,
        "inference_flops": sample.inference_flops,
    }
    shared = {
        "source": source,
        "trace_id": trace_id,
        "metadata": {"mlflow.assessment.sourceRunId": run.run_id},
        "create_time_ms": run.time_ms,
        "last_update_time_ms": run.time_ms,
    }
    return [
        Expectation("expected_response", plain_text(sample.reference), **shared),
        *(Feedback(name, one, **shared) for name, one in values.items() if one is not None),
    ]


def _span(run: TracedRun, trace_id: str, sample: Sample) -> "Span":
    from mlflow.entities import Span, SpanType
    from mlflow.tracing.constant import SpanAttributeKey

    # How long one answer took is not known: many are made at once. The span ends as it begins.
    moment = run.time_ms * 1_000_000
    output_tokens = sample.thinking_tokens + sample.answer_tokens
    response = {"answer": plain_text(sample.answer)}
    if sample.thinking:
        response["thinking"] = plain_text(sample.thinking)
    attributes: dict[str, Any] = {
        SpanAttributeKey.REQUEST_ID: trace_id,
        SpanAttributeKey.SPAN_TYPE: SpanType.LLM,
        SpanAttributeKey.INPUTS: {"question": plain_text(sample.question)},
        SpanAttributeKey.OUTPUTS: response,
        SpanAttributeKey.CHAT_USAGE: {
            "input_tokens": sample.prompt_tokens,
            "output_tokens": output_tokens,
            "total_tokens": sample.prompt_tokens + output_tokens,
        },
        "thinking_tokens": sample.thinking_tokens,
        "answer_tokens": sample.answer_tokens,
    }
    if sample.inference_flops is not None:
        attributes["inference_flops"] = sample.inference_flops
    return Span.from_dict(
        {
            "name": sample.task,
            "trace_id": trace_id,
            "span_id": trace_id.removeprefix("tr-")[:16],
            "parent_span_id": None,
            "start_time_unix_nano": moment,
            "end_time_unix_nano": moment,
            "status": {"code": "STATUS_CODE_OK", "message": ""},
            "attributes": {key: _json(value) for key, value in attributes.items()},
        }
    )


def _json(value: Any) -> str:  # noqa: ANN401 - any JSON value
    import json

    return json.dumps(value, ensure_ascii=False)


def plain_text(text: str, most: int = MOST_CHARACTERS) -> str:
    """A text that any database takes, cut in its middle where it is longer; it says by how much."""
    # Half of a character has no UTF-8, and a server's database may take no zero byte.
    text = text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]} [… {len(text) - 2 * half:,} characters …] {text[-half:]}"
