"""`Results` from item rows (`scores/items.parquet`, imported answers) and what is known of arms.

The caller passes what the parameters and the records say; nothing here reads them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from breakeven.core.errors import InputError
from breakeven.core.files import damaged
from breakeven.core.known_numbers import known_mean
from breakeven.params import ResultStyle, Style
from breakeven.params.cells import Cell
from breakeven.results.aggregate import REQUIRED_COLUMNS, FamilyScore, family_scores
from breakeven.results.cell_results import CellResult, Order, Results, ResultsSource

if TYPE_CHECKING:
    import pandas as pd


class ArmFacts(NamedTuple):
    """What the parameters say of an arm; all but `style` are None for base arms.

    `traces` is what becomes of the traces before they are learnt, None where they are left whole.
    `answered_style` is the style that answers are expected in, None where only `style` tells it.
    `budget` is what was set to be trained, in words, `budget_of` the arm whose use was set instead.
    `untaught` are the families of which it learnt nothing while another arm did.
    """

    style: ResultStyle
    corpus: str | None
    reasoning_share: float | None
    order: Order | None = None
    traces: str | None = None
    answered_style: Style | None = None
    budget: str | None = None
    budget_of: str | None = None
    untaught: frozenset[str] = frozenset()


class CellCosts(NamedTuple):
    """What the record of a trained cell says; None where it was not measured.

    `answer_device_seconds` maps a task to device-seconds for one query, `answer_energy_joules` to
    joules; `train_steps` are those of the optimiser.
    """

    train_flops: float | None = None
    train_tokens: float | None = None
    train_device_seconds: float | None = None
    answer_device_seconds: Mapping[str, float] | None = None
    train_steps: float | None = None
    train_energy_joules: float | None = None
    answer_energy_joules: Mapping[str, float] | None = None


@dataclass(frozen=True)
class StudyFacts:
    """Everything about a study that is not in its item rows.

    `sizes` maps a student to its parameter count, `costs` is keyed by (student, arm, seed),
    `chance` maps a task to the accuracy of guessing (absent or None where that is not defined),
    `blind_guess` to that of the better guess at an open question (`study.blind_guess`),
    `methods` (student, arm) to how it was trained, and `teacher_accuracy` a family to a fraction.
    `instruction_tasks` ask whether an answer follows its instructions, `cutting_decodings` leave
    the trace out or close it at a limit.
    """

    study: str
    sizes: Mapping[str, float | None]
    arms: Mapping[str, ArmFacts]
    costs: Mapping[Cell, CellCosts] = field(default_factory=dict)
    chance: Mapping[str, float | None] = field(default_factory=dict)
    blind_guess: Mapping[str, float | None] = field(default_factory=dict)
    methods: Mapping[tuple[str, str], str] = field(default_factory=dict)
    teacher_accuracy: Mapping[str, float] = field(default_factory=dict)
    instruction_tasks: tuple[str, ...] = ()
    cutting_decodings: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def results_from_items(
    items: "pd.DataFrame",
    facts: StudyFacts,
    *,
    source: ResultsSource = "measured",
    file: str = "scores/items.parquet",
) -> Results:
    """Aggregate item rows into cells and join their costs.

    Raises InputError, naming `file`, on a missing column, no rows, a repeated row, or a student or
    arm that `facts` does not hold.
    """
    check_item_rows(items, file)
    for column, known in (("student", facts.sizes), ("arm", facts.arms)):
        unknown = sorted(set(items[column].unique()).difference(known))
        if unknown:
            allowed = ", ".join(sorted(known)) or "none"
            raise InputError(f"{file}: {column}: {unknown[0]} is not known; use one of {allowed}")
    cells = tuple(_cell(score, facts) for score in family_scores(items))
    return Results(
        study=facts.study,
        source=source,
        cells=cells,
        items=items,
        teacher_accuracy=dict(facts.teacher_accuracy),
        instruction_tasks=facts.instruction_tasks,
        notes=(*facts.notes, *_absences(cells)),
    )


def read_item_rows(path: Path) -> "pd.DataFrame":
    """The rows of a file that the score stage wrote; InputError where it cannot be read."""
    import pandas as pd
    import pyarrow as pa

    try:
        items = pd.read_parquet(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise damaged(path, error) from error
    check_item_rows(items, str(path))
    return items


def check_item_rows(items: "pd.DataFrame", file: str) -> None:
    """Raise InputError where item rows cannot be aggregated."""
    missing = [name for name in REQUIRED_COLUMNS if name not in items.columns]
    if missing:
        raise InputError(
            f"{file}: column {missing[0]} is missing; needed are {', '.join(REQUIRED_COLUMNS)}"
        )
    if items.empty:
        raise InputError(f"{file}: has no rows; score at least one cell first")
    keys = ["student", "arm", "seed", "decoding", "task", "item", "sample"]
    repeated = items[items.duplicated(keys)]
    if not repeated.empty:
        row = repeated.iloc[0]
        where = ", ".join(f"{key}={row[key]}" for key in keys)
        raise InputError(f"{file}: the row {where} occurs twice; keep one row a sample")


def cell_result(
    facts: StudyFacts,
    cell: Cell,
    decoding: str,
    family: str,
    *,
    tasks: tuple[str, ...],
    accuracy: float,
    items: int | None,
) -> CellResult:
    """What is known of a cell before it answers, with its accuracy on tasks of a family."""
    arm, costs = facts.arms[cell.arm], facts.costs.get(cell, CellCosts())
    return CellResult(
        student=cell.student,
        size_parameters=facts.sizes[cell.student],
        arm=cell.arm,
        style=arm.style,
        reasoning_share=arm.reasoning_share,
        answered_style=arm.answered_style,
        corpus=arm.corpus,
        seed=cell.seed,
        decoding=decoding,
        family=family,
        accuracy=accuracy,
        items=items,
        chance=known_mean(map(facts.chance.get, tasks)),
        blind_guess=known_mean(map(facts.blind_guess.get, tasks)),
        train_flops=costs.train_flops,
        train_tokens=costs.train_tokens,
        train_device_seconds=costs.train_device_seconds,
        train_steps=costs.train_steps,
        train_energy_joules=costs.train_energy_joules,
        order=arm.order,
        method=facts.methods.get((cell.student, cell.arm)),
        traces=arm.traces,
        budget=arm.budget,
        budget_of=arm.budget_of,
        untaught=family in arm.untaught,
        cut_thinking=decoding in facts.cutting_decodings,
    )


def _cell(score: FamilyScore, facts: StudyFacts) -> CellResult:
    cell, means = Cell(score.student, score.arm, score.seed), score.means
    costs = facts.costs.get(cell, CellCosts())
    accuracy = means["correct"]
    if accuracy is None:
        raise InputError(f"scores of {score.student}/{score.arm}: correct is empty in some rows")
    return replace(
        cell_result(
            facts,
            cell,
            score.decoding,
            score.family,
            tasks=score.tasks,
            accuracy=accuracy,
            items=score.items,
        ),
        inference_flops=means["inference_flops"],
        prompt_flops=means["prompt_flops"],
        memory_bytes=means["memory_bytes"],
        prompt_tokens=means["prompt_tokens"],
        cached_prompt_tokens=means["cached_prompt_tokens"],
        thinking_tokens=means["thinking_tokens"],
        answer_tokens=means["answer_tokens"],
        device_seconds=_metered(score, "device_seconds", costs.answer_device_seconds),
        energy_joules=_metered(score, "energy_joules", costs.answer_energy_joules),
        truncated_share=means["truncated"],
        unparsed_share=None if means["parsed"] is None else 1.0 - means["parsed"],
        thinking_share=means["thought"],
        outcomes=score.outcomes,
    )


def _metered(score: FamilyScore, column: str, by_task: Mapping[str, float] | None) -> float | None:
    # Imported rows may hold seconds or joules; this pipeline meters whole tasks, since a batch
    # shares them.
    by_item = score.means[column]
    return known_mean(map((by_task or {}).get, score.tasks)) if by_item is None else by_item


def _absences(cells: tuple[CellResult, ...]) -> tuple[str, ...]:
    """One note for each cost that no cell has."""
    trained = [cell for cell in cells if cell.style != "base"]
    wanted = {
        "train_flops": (trained, "training FLOPs"),
        "inference_flops": (cells, "inference FLOPs"),
        "train_device_seconds": (trained, "device-seconds of training"),
        "device_seconds": (cells, "device-seconds of answering"),
        "energy_joules": (cells, "joules of answering"),
    }
    return tuple(
        f"{words} are absent: no cell has any"
        for name, (rows, words) in wanted.items()
        if rows and all(getattr(cell, name) is None for cell in rows)
    )
