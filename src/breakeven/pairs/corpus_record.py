"""What the record of a corpus says: pairs kept and dropped, tokens, and how good the teacher is."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from breakeven.core.files import digest_path
from breakeven.core.layout import distilled_path, pairs_path, prompts_path, task_path
from breakeven.core.records import Record, versions
from breakeven.pairs.decontaminate import TestContent
from breakeven.pairs.teacher_accuracy import NO_REFERENCE, TeacherOutcomes
from breakeven.params import COMPLETION_STYLES, Corpus
from breakeven.rows.pair import Pair


@dataclass
class CorpusCounts:
    """What is counted while pairs are judged."""

    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)
    without_counts: int = 0
    teacher: TeacherOutcomes = field(default_factory=TeacherOutcomes)
    teacher_kept: TeacherOutcomes = field(default_factory=TeacherOutcomes)
    prompts: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def keep(self, pair: Pair, correct: tuple[bool, bool] | None) -> None:
        """Count a pair that stays."""
        self.kept += 1
        self.prompts.update(f"{pair.content}\0{pair.prompt}\0".encode())
        self.teacher_kept.add(correct)
        counts = (pair.prompt_tokens, pair.reasoning_tokens, pair.ift_tokens)
        self.without_counts += None in counts
        for kind, count in zip(("prompt", "reasoning", "ift"), counts, strict=True):
            self.tokens[kind] += count or 0


def input_digests(row: Corpus, tasks: Iterable[str]) -> dict[str, str]:
    """Digests of what a corpus is put together from: completions, prompts, tasks."""
    completions = [
        distilled_path(source, style) for source in row.sources for style in COMPLETION_STYLES
    ]
    paths = [*completions, *map(prompts_path, row.sources), *map(task_path, tasks)]
    return {str(path): digest_path(path) for path in paths}


def pairs_record(
    corpus: str,
    row: Corpus,
    tests: TestContent,
    counts: CorpusCounts,
    device_seconds: float,
    *,
    part: str,
    inputs: Mapping[str, str],
) -> Record:
    """How many pairs were kept and dropped, why, their tokens, and how good the teacher is."""
    teacher = {"all": counts.teacher.summary(), "kept": counts.teacher_kept.summary()}
    metrics, absent = _teacher_metrics(teacher)
    tokens: dict[str, int | None] = dict(counts.tokens)
    # One pair without counts and a sum would be too small: it is absent.
    if counts.without_counts:
        tokens = dict.fromkeys(tokens)
        why = f"{counts.without_counts} of {counts.kept} pairs came without the teacher's counts"
        absent |= {f"tokens.{kind}": why for kind in tokens}
    return Record(
        stage="pairs",
        cell={"corpus": corpus},
        part=part,
        parameters={"rules": row.rules.model_dump()},
        metrics={"kept": counts.kept, "dropped": counts.dropped.total(), **metrics},
        tokens=tokens,
        device_seconds={"cpu": device_seconds},
        inputs=inputs,
        outputs={str(pairs_path(corpus)): digest_path(pairs_path(corpus))},
        absent=absent,
        details={
            "dropped_by_reason": dict(counts.dropped),
            "teacher": teacher,
            # Two corpora of the same prompts are one in comparisons (`study.prompt_sets`).
            "prompts_sha256": counts.prompts.hexdigest(),
            "max_tokens_not_checked": counts.without_counts if row.rules.max_tokens else 0,
            "decontamination": {
                "test_prompts": len(tests.prompts),
                "ngram_words": tests.ngram_words,
                "test_ngrams": len(tests.holders),
                "instruction_ngrams_left_out": tests.instructions,
            },
        },
        versions=versions(),
    )


def _teacher_metrics(
    teacher: dict[str, dict[str, Any]],
) -> tuple[dict[str, float | None], dict[str, str]]:
    """`teacher_accuracy_ift`, `…_reasoning`, `…_difference`, and the same of `teacher_kept`."""
    metrics: dict[str, float | None] = {}
    absent: dict[str, str] = {}
    for pairs, prefix in (("all", "teacher"), ("kept", "teacher_kept")):
        for what in ("ift", "reasoning", "difference"):
            name = f"{prefix}_accuracy_{what}"
            metrics[name] = teacher[pairs].get(what, {}).get("value")
            if metrics[name] is None:
                absent[f"metrics.{name}"] = NO_REFERENCE
    return metrics, absent
