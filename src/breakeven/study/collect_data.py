"""What is known of the data: the teacher in both modes, the pairs kept, what judges were asked."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from breakeven.core.known_numbers import known_sum
from breakeven.core.records import Record
from breakeven.distill.token_counts import COMPLETIONS_BY_TOKENS
from breakeven.params import COMPLETION_STYLES, Params
from breakeven.statistics.estimates import student_quantile
from breakeven.study.collect_costs import record_of, tokens
from breakeven.study.summary import (
    CorpusRow,
    Interval,
    JudgeRow,
    Judging,
    TeacherAccuracy,
    TeacherRow,
)

EXACT = "worked out exactly: the solver writes the reference itself"


def teacher_rows(params: Params) -> tuple[TeacherRow, ...]:
    """What the teacher wrote, by style, over the sources of params.yaml that it was asked about."""
    rows = []
    for style in COMPLETION_STYLES:
        records = [
            record
            for source in params.sources
            if (record := record_of("distill", source, style)) is not None
            and record.metrics.get("completions")
        ]
        if records:
            completions = _sum(records, "completions")
            assert completions is not None, "every record found tells its completions"
            rows.append(
                TeacherRow(
                    style,
                    int(completions),
                    tokens(records, "prompt"),
                    tokens(records, "thinking"),
                    tokens(records, "answer"),
                    truncated_share=_share(records, "truncated", completions),
                    traced_share=_share(records, "traced", completions),
                    unclosed_share=_share(records, "unclosed", completions),
                    **_length_spread(records),
                )
            )
    return tuple(rows)


def _length_spread(records: list[Record]) -> dict[str, float]:
    """New tokens of a completion: mean, interval, tail; nothing where not all are known.

    Prompts are drawn by themselves, so that the mean's standard error is that of independent
    completions.
    """
    counted: Counter[int] = Counter()
    for record in records:
        for length, count in record.details.get(COMPLETIONS_BY_TOKENS, {}).items():
            counted[int(length)] += count
    if not counted or sum(counted.values()) != _sum(records, "completions"):
        return {}
    lengths = np.repeat(sorted(counted), [counted[length] for length in sorted(counted)])
    mean = float(lengths.mean())
    found = {
        "new_tokens_value": mean,
        "new_tokens_p95": float(np.quantile(lengths, 0.95, method="inverted_cdf")),
    }
    if len(lengths) > 1:
        half = student_quantile(0.95, len(lengths) - 1) * float(lengths.std(ddof=1))
        half /= math.sqrt(len(lengths))
        found |= {"new_tokens_low": mean - half, "new_tokens_high": mean + half}
    return found


def _sum(records: list[Record], metric: str) -> float | None:
    return known_sum(record.metrics.get(metric) for record in records)


def _share(records: list[Record], metric: str, completions: float) -> float | None:
    count = _sum(records, metric)
    return None if count is None or not completions else count / completions


def teacher_accuracies(params: Params) -> tuple[TeacherAccuracy, ...]:
    """Two rows a corpus, of all its pairs and of those kept; one where the teacher is a solver."""
    return tuple(row for name in params.corpora for row in _accuracies(params, name))


def _accuracies(params: Params, corpus: str) -> Iterator[TeacherAccuracy]:
    record = record_of("pairs", corpus)
    if record is None:
        return
    # A solver writes the reference itself, so that grading it would only test the grader.
    if _solved(params, corpus):
        yield TeacherAccuracy(corpus, "all", 0, reason=EXACT)
        return
    for pairs, accuracy in record.details.get("teacher", {}).items():
        yield _accuracy(corpus, pairs, accuracy)


def _accuracy(corpus: str, pairs: str, measured: Mapping[str, Any]) -> TeacherAccuracy:
    if not measured["prompts"]:
        return TeacherAccuracy(corpus, pairs, 0, reason=measured["reason"])
    ift, reasoning, difference = (
        Interval(*(measured[name][end] for end in ("value", "low", "high")))
        for name in (*COMPLETION_STYLES, "difference")
    )
    p_value = measured["difference"]["p_value"]
    return TeacherAccuracy(
        corpus, pairs, measured["prompts"], ift, reasoning, difference, p_value=p_value
    )


def _solved(params: Params, corpus: str) -> bool:
    """Whether a solver wrote all of the corpus's completions."""
    records = [
        record_of("distill", source, style)
        for source in params.corpora[corpus].sources
        for style in COMPLETION_STYLES
    ]
    return all(one is not None and one.parameters.get("teacher") == "solver" for one in records)


def same_prompts(params: Params) -> dict[str, str]:
    """Each corpus by the first one that holds the same prompts in the same order, often itself.

    Such corpora differ in their completions alone, as bare and worked plain answers do. Results
    count them as one, so that arms of both are in pairs with each other.
    """
    first: dict[str, str] = {}
    found = {}
    for name in params.corpora:
        record = record_of("pairs", name)
        # A record that an earlier version wrote does not tell.
        digest = record.details.get("prompts_sha256") if record else None
        found[name] = name if digest is None else first.setdefault(digest, name)
    return found


def corpus_rows(params: Params) -> tuple[CorpusRow, ...]:
    """Pairs kept and dropped, a row a corpus that has a record."""
    return tuple(row for name in params.corpora if (row := _corpus_row(name)) is not None)


def _corpus_row(name: str) -> CorpusRow | None:
    record = record_of("pairs", name)
    if record is None:
        return None
    return CorpusRow(
        name,
        _count(record, "kept"),
        _count(record, "dropped"),
        dict(record.details.get("dropped_by_reason", {})),
        dict(record.tokens),
    )


def _count(record: Record, metric: str) -> int | None:
    value = record.metrics.get(metric)
    return None if value is None else int(value)


def judging() -> Judging | None:
    """What the judges were asked; None where rules graded every answer."""
    record = record_of("score")
    counts = {} if record is None else record.details.get("judging", {})
    audit = counts.get("with_rules", {})
    # Judges may be set and never be asked, where rules settle every answer.
    if not counts or not counts["asked"] + audit["asked"]:
        return None
    return Judging(
        rows=counts["rows"],
        cases=counts["asked"],
        unanimous=counts["unanimous"],
        disagreements=counts["disagreements"],
        undecided=counts["undecided"],
        audited=audit["asked"],
        audit_agreed=audit["agreed"],
        judges=tuple(
            JudgeRow(
                name,
                model,
                counts["malformed"][name],
                counts["costs"][name]["read_tokens"],
                counts["costs"][name]["new_tokens"],
            )
            for name, model in counts["models"].items()
        ),
    )
