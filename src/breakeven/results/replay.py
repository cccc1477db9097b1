"""`Results` from the published tables: `breakeven replay` needs no model, GPU or network."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from breakeven.core.known_numbers import known_mean
from breakeven.costs.architecture import Architecture
from breakeven.costs.query_costs import Lengths, ServedOn
from breakeven.params import COMPLETION_STYLES, Style
from breakeven.results.cell_results import (
    INSTRUCTION_BENCHMARK,
    CellResult,
    Results,
    TaskResult,
)
from breakeven.results.published_lengths import PROMPT_TOKENS, new_tokens_of
from breakeven.results.published_tables import (
    PublishedAccuracy,
    published_accuracies,
    published_benchmarks,
    published_power_laws,
    released_corpora,
)
from breakeven.results.served import CellKey, one_length, with_served

STUDY = "Scale or Reason (arXiv 2509.22193)"
# Qwen2.5 packs about four bytes of English into a token; the study releases bytes, not tokens.
BYTES_A_TOKEN = 4.0
BYTES_RANGE, VARIATION_RANGE = (3.0, 4.0, 5.0), (0.0, 1.5)

NOTES = (
    "accuracy: as published, one run a cell, without error bars and without item-level answers",
    "sampling error: not published; bounded by the public sizes of the benchmarks and a variance "
    "of 1/4 a question, as the tables hold no accuracies of single tasks; questions on one passage "
    "(CoQA, SQuAD) count as one",
    "inference FLOPs: derived, the paper's power laws in size; they are given once a family and "
    "style, and used here for both corpora",
    f"training FLOPs and tokens: derived, the paper's formula at the mean length of the released "
    f"pairs, {BYTES_A_TOKEN:g} bytes a token assumed, times the pairs used in the paper",
    "sizes: the nominal ones (0.5, 1.5, 3, 7, 14 billion), as in the paper's power laws",
    "tokens a query, device-seconds, truncated and unparsed shares: absent, not published",
    "mixed arms: absent, the published tables hold none",
)


class TrainingRatio(NamedTuple):
    """Training FLOPs of a reasoning student over those of an IFT student.

    `value` is at the released mean lengths and equal bytes a token. `low` and `high` span 3 to 5
    bytes a token and a coefficient of variation of lengths from 0 to 1.5, for each style by
    itself: neither is published, and plain prose and mathematical traces need not agree in them.
    """

    value: float
    low: float
    high: float


def replay_results(place: ServedOn | None = None) -> Results:
    """The published study: 2 corpora x 4 families x 5 sizes x 2 styles.

    With a `place`, also what its answers would cost there, at lengths that their FLOPs imply.
    """
    rows = published_accuracies()
    results = _results(rows)
    if place is None:
        return results
    shapes = published_shapes(results)
    served = with_served(results, shapes, [place], lengths=published_lengths(results, shapes))
    return replace(
        served,
        notes=(
            *served.notes,
            f"money and seconds on {place.hardware.name}: modelled, at new tokens for which the "
            f"paper's formula gives the published FLOPs after a prompt of {PROMPT_TOKENS} tokens, "
            f"absent where such a prompt alone has more, in {place.number_format} (docs/costs.md)",
        ),
    )


def published_shapes(results: Results) -> dict[str, Architecture]:
    """The architectures of the study's students."""
    return {name: _shape(name) for name in results.students()}


def published_lengths(
    results: Results, shapes: Mapping[str, Architecture]
) -> dict[CellKey, Lengths]:
    """One mean length a cell, which no table publishes, where its FLOPs imply one."""
    found = {}
    for cell in results.cells:
        assert cell.inference_flops is not None  # every published cell has them
        new = new_tokens_of(shapes[cell.student], cell.inference_flops)
        if new is not None:
            key = (cell.student, cell.arm, cell.seed, cell.decoding, cell.family)
            found[key] = one_length(PROMPT_TOKENS, new)
    return found


def _shape(student: str) -> Architecture:
    from breakeven.costs.model_shapes import load_architecture

    return load_architecture(student)


def _results(rows: Sequence[PublishedAccuracy]) -> Results:
    return Results(
        study=STUDY,
        source="published",
        cells=tuple(_cell(row, style) for row in rows for style in COMPLETION_STYLES),
        teacher_accuracy={row.family: row.teacher for row in rows},
        instruction_tasks=(INSTRUCTION_BENCHMARK,),
        notes=NOTES,
    )


def training_ratio(corpus: str, reasoning_size_b: float, ift_size_b: float) -> TrainingRatio:
    """Training FLOPs of a reasoning student over an IFT one on equally many published pairs."""

    def flops(style: Style, size_b: float) -> list[float]:
        return [
            _sample_flops(corpus, style, size_b, bytes_a_token, variation)
            for bytes_a_token in BYTES_RANGE
            for variation in VARIATION_RANGE
        ]

    # The ratio is of equally many pairs, so the mean sample decides it.
    value = _sample_flops(corpus, "reasoning", reasoning_size_b, BYTES_A_TOKEN, 0.0)
    value /= _sample_flops(corpus, "ift", ift_size_b, BYTES_A_TOKEN, 0.0)
    thinking, plain = flops("reasoning", reasoning_size_b), flops("ift", ift_size_b)
    return TrainingRatio(value, min(thinking) / max(plain), max(thinking) / min(plain))


def _cell(row: PublishedAccuracy, style: Style) -> CellResult:
    corpus = released_corpora()[row.corpus]
    flops = _sample_flops(row.corpus, style, row.size_b, BYTES_A_TOKEN, 0.0)
    return CellResult(
        student=student_name(row.size_b),
        size_parameters=row.size_b * 1e9,
        arm=style if row.corpus == "general" else f"{style}-{row.corpus}",
        style=style,
        reasoning_share=1.0 if style == "reasoning" else 0.0,
        corpus=row.corpus,
        seed=0,
        decoding="published",
        family=row.family,
        accuracy=row.reasoning if style == "reasoning" else row.ift,
        chance=_chance(row.family),
        train_flops=flops * corpus.pairs,
        train_tokens=corpus.sample_bytes(style) / BYTES_A_TOKEN * corpus.pairs,
        inference_flops=published_power_laws()[row.family, style].at(row.size_b),
        tasks=tuple(
            TaskResult(task.task, None, task.items, task.passages)
            for task in published_benchmarks()
            if task.family == row.family
        ),
    )


def student_name(size_b: float) -> str:
    """The student's name as the study writes it."""
    return f"Qwen2.5-{size_b:g}B"


def _sample_flops(
    corpus: str, style: Style, size_b: float, bytes_a_token: float, variation: float
) -> float:
    """Training FLOPs of a mean sample by the paper's formula, 3·F_forward(l).

    The formula is quadratic in l, so lengths that vary (coefficient of variation `variation`)
    cost more than their mean does: E[l²] = (1 + variation²)·E[l]².
    """
    from breakeven.costs.paper import forward_flops

    architecture = _shape(student_name(size_b))
    tokens = released_corpora()[corpus].sample_bytes(style) / bytes_a_token
    single, double = (float(forward_flops(architecture, tokens * k)) for k in (1, 2))
    quadratic = (double - 2 * single) / 2
    # Forward and backward: a backward pass costs two forward ones.
    return 3 * (single + quadratic * variation**2)


def _chance(family: str) -> float | None:
    return known_mean(task.chance for task in published_benchmarks() if task.family == family)
