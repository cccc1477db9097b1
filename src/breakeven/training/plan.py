"""What a cell trains on: its settings, its samples in steps, and the key of the training."""

from pathlib import Path
from typing import Any, NamedTuple

from breakeven.costs.architecture import load_architecture
from breakeven.costs.lora import Lora
from breakeven.errors import InputError
from breakeven.files import digest_file, digest_json, read_json
from breakeven.layout import pairs_path
from breakeven.pairs.pair import read_pairs
from breakeven.params import Params
from breakeven.records import versions
from breakeven.rendering import Example
from breakeven.students.pointer import read_pointer
from breakeven.training.batches import Step, steps_of
from breakeven.training.lessons import (
    FlopsOf,
    Lessons,
    budget_costs,
    digest_steps,
    render_pairs,
)
from breakeven.training.schedule import FittedSchedule, fit_schedule
from breakeven.training.selection import Selection, select
from breakeven.training.settings import Settings, resolve

_KEY_VERSIONS = ("torch", "transformers", "peft", "bitsandbytes", "accelerate")


class Plan(NamedTuple):
    """What a cell trains on, worked out before anything heavy is loaded."""

    settings: Settings
    base: Path
    lessons: Lessons
    selection: Selection
    steps: list[Step]
    schedule: FittedSchedule
    flops_of: FlopsOf
    key: dict[str, Any]

    def examples(self) -> list[Example]:
        """Every example, as often as it is learnt."""
        return [self.lessons.of(sample) for sample in self.selection.samples]


def plan_cell(params: Params, student: str, arm: str, seed: int) -> Plan | None:
    """Select and batch the samples of a cell; None where the arm is not trained.

    Raises:
        InputError: the base or the pairs are missing, no pair fits, the budget is too small.
    """
    from breakeven.students.loading import load_tokenizer

    settings = resolve(params, student, arm)
    if settings is None:
        return None
    pointer = read_pointer(student)
    base = Path(pointer.path)
    _check_context(base, settings.training.max_length, student)
    lessons = render_pairs(
        load_tokenizer(base),
        read_pairs(pairs_path(settings.corpus)),
        corpus=settings.corpus,
        max_length=settings.training.max_length,
    )
    lora = None if settings.method == "full" else Lora(settings.lora.rank)
    flops_of = FlopsOf(load_architecture(str(base)), settings.method, lora)
    selection = _select(settings, lessons, flops_of, arm, seed)
    lengths = [
        [len(lessons.of(sample).input_ids) for sample in phase] for phase in selection.phases
    ]
    steps = steps_of(selection.phases, lengths, batch_tokens=settings.training.batch_tokens)
    key = {
        "base": pointer.digest,
        "lessons": digest_steps(steps, lessons),
        "settings": settings.as_dict(),
        "seed": seed,
        "code": _digest_code(),
        "versions": {name: known for name, known in versions().items() if name in _KEY_VERSIONS},
    }
    schedule = fit_schedule(settings.training.schedule, len(steps))
    return Plan(settings, base, lessons, selection, steps, schedule, flops_of, key)


def _check_context(base: Path, max_length: int, student: str) -> None:
    context = read_json(base / "config.json").get("max_position_embeddings")
    if context is not None and max_length > context:
        raise InputError(
            f"params.yaml: training.max_length: value is {max_length}; student {student} has a "
            f"context of {context} tokens; use at most that"
        )


def _select(
    settings: Settings, lessons: Lessons, flops_of: FlopsOf, arm: str, seed: int
) -> Selection:
    budget = costs = None
    if settings.budget is not None:
        budget, costs = budget_costs(settings.budget, lessons, flops_of)
    try:
        return select(
            len(lessons.ids),
            share=settings.reasoning_share,
            order=settings.order,
            seed=seed,
            epochs=settings.training.epochs,
            budget=budget,
            costs=costs,
        )
    except ValueError as error:
        raise InputError(f"params.yaml: arms.{arm}.budget: {error}; use a larger one") from error


def _digest_code() -> str:
    """Digest of this package: other code may give other weights."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return digest_json([[file.name, digest_file(file)] for file in files])
