"""What a cell trains on: its settings, its samples in steps, and the key of the training."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from breakeven.core.errors import InputError
from breakeven.core.files import digest_while_reading
from breakeven.core.layout import pairs_path
from breakeven.core.records import versions
from breakeven.core.sides import side_of
from breakeven.costs.lora import Lora
from breakeven.costs.model_shapes import known_architecture
from breakeven.models.context import context_length
from breakeven.models.pointer import read_verified_pointer
from breakeven.params import Params
from breakeven.params.cells import Cell, TrainingSettings, resolve_cell
from breakeven.pipeline.code import code_digest
from breakeven.rendering import Example
from breakeven.rows.pair import Pair, read_pairs
from breakeven.train.batches import OptimizerStep, optimizer_steps
from breakeven.train.corpus_examples import (
    CorpusExamples,
    FlopsCounter,
    budget_costs,
    digest_steps,
    joined_examples,
    render_pairs,
)
from breakeven.train.pair_selection import (
    SampleCosts,
    Selection,
    one_after_another,
    pass_cost,
    select,
)
from breakeven.train.schedule import FittedSchedule, fit_schedule

# The libraries that compute weights: another version of one may round otherwise.
_KEY_VERSIONS = ("torch", "transformers", "peft", "bitsandbytes", "accelerate")

# What computes the weights from the steps: other code may give other ones. What comes before,
# pairs, tokens and steps, is in the key itself.
_TRAINING_CODE = ("train/trainer.py", "train/trained_model.py")
_COMPUTING = ("train/", "models/", "rendering/", "costs/dtypes.py")


class CorpusPlan(NamedTuple):
    """What is learnt of one corpus: pairs and samples are numbered within it."""

    corpus: str
    examples: CorpusExamples
    selection: Selection


class CellPlan(NamedTuple):
    """What a cell trains on, worked out before anything heavy is loaded.

    `examples`, `selection` and `steps` go through all corpora in order; `corpora` tells them apart.
    `inputs` are the digests of base and pairs as they were read.
    """

    settings: TrainingSettings
    base: Path
    corpora: tuple[CorpusPlan, ...]
    examples: CorpusExamples
    selection: Selection
    steps: list[OptimizerStep]
    schedule: FittedSchedule
    count_flops: FlopsCounter
    key: dict[str, Any]
    inputs: dict[str, str]

    def learnt_examples(self) -> Iterator[Example]:
        """Every example, as often as it is learnt."""
        return map(self.examples.of, self.selection.samples)


class ExampleSteps:
    """The steps of a plan as the loop takes them, each put together when it is its turn.

    All at once they would be billions of integers, where a corpus is at full scale.
    """

    def __init__(self, plan: CellPlan) -> None:
        self._steps, self._examples = plan.steps, plan.examples

    def __len__(self) -> int:
        return len(self._steps)

    def __getitem__(self, number: int, /) -> list[list[Example]]:
        return [list(map(self._examples.of, batch)) for batch in self._steps[number].micro_batches]


def plan_cell(params: Params, student: str, arm: str, seed: int) -> CellPlan | None:
    """Select and batch the samples of a cell; None where the arm is not trained.

    Raises:
        InputError: the base or the pairs are missing, no pair fits, the budget is too small.
    """
    settings = resolve_cell(params, Cell(student, arm, seed)).training
    if settings is None:
        return None
    pointer = read_verified_pointer(student)
    base = Path(pointer.path)
    training = settings.training
    _check_context(base, training.max_length, student)
    lora = None if settings.method == "full" else Lora(settings.lora.rank)
    count_flops = FlopsCounter(known_architecture(base), settings.method, lora)
    pairs, digests = _read_pairs(params, settings.corpora)
    corpora = _plan_corpora(settings, base, pairs, count_flops, arm=arm, seed=seed)
    examples = joined_examples([corpus.examples for corpus in corpora])
    selection = one_after_another(
        [corpus.selection for corpus in corpora], [len(corpus.examples.ids) for corpus in corpora]
    )
    steps = optimizer_steps(
        selection.phases,
        [[examples.tokens_of(sample) for sample in phase] for phase in selection.phases],
        batch_tokens=training.batch_tokens,
        batch_sequences=training.batch_sequences,
        micro_batch_tokens=training.micro_batch_limit,
        packing=training.packing,
    )
    key = {
        "base": pointer.digest,
        "lessons": digest_steps(steps, examples),
        "settings": settings.as_dict(),
        "seed": seed,
        "code": code_digest(_TRAINING_CODE, _COMPUTING),
        "versions": {name: one for name, one in versions().items() if name in _KEY_VERSIONS},
    }
    schedule = fit_schedule(training.schedule, len(steps))
    inputs = {pointer.name: pointer.digest, **digests}
    return CellPlan(
        settings, base, corpora, examples, selection, steps, schedule, count_flops, key, inputs
    )


def _read_pairs(params: Params, corpora: Sequence[str]) -> tuple[list[list[Pair]], dict[str, str]]:
    """The pairs of each corpus that may be learnt, and the digests of the files as they were read.

    Raises:
        InputError: a corpus has no file, or holds nothing but its tune side.
    """
    pairs_of_corpora, digests = [], {}
    for corpus in corpora:
        path = pairs_path(corpus)
        with digest_while_reading(path) as digest:
            pairs = read_pairs(path)
        if params.corpora[corpus].tuning:
            pairs = [pair for pair in pairs if side_of(pair.content) != "tune"]
            if not pairs:
                raise InputError(
                    f"params.yaml: corpora.{corpus}.tuning: every pair is on the tune side, none "
                    "is left to learn; add prompts to its sources"
                )
        pairs_of_corpora.append(pairs)
        digests[path.as_posix()] = digest
    return pairs_of_corpora, digests


def _plan_corpora(
    settings: TrainingSettings,
    base: Path,
    pairs_of_corpora: Sequence[list[Pair]],
    count_flops: FlopsCounter,
    *,
    arm: str,
    seed: int,
) -> tuple[CorpusPlan, ...]:
    from breakeven.models.loading import load_tokenizer

    tokenizer = load_tokenizer(base)
    rendered = [
        render_pairs(tokenizer, pairs, corpus=corpus, max_length=settings.training.max_length)
        for corpus, pairs in zip(settings.corpora, pairs_of_corpora, strict=True)
    ]
    budgets = _budgets(settings, rendered, count_flops, seed)
    return tuple(
        CorpusPlan(corpus, examples, _select(settings, examples, budget, arm, seed))
        for corpus, examples, budget in zip(settings.corpora, rendered, budgets, strict=True)
    )


def _check_context(base: Path, max_length: int, student: str) -> None:
    context = context_length(base)
    if context is not None and max_length > context:
        raise InputError(
            f"params.yaml: training.max_length: value is {max_length}; student {student} has a "
            f"context of {context} tokens; use at most that"
        )


def _budgets(
    settings: TrainingSettings,
    corpora: Sequence[CorpusExamples],
    count_flops: FlopsCounter,
    seed: int,
) -> list[tuple[float, SampleCosts] | None]:
    """Each corpus's part of the budget and its costs: in proportion to what a pass over it costs.

    So each is passed over equally often, as it is without a budget.
    """
    if settings.budget is None:
        return [None] * len(corpora)
    costs = [budget_costs(settings.budget, examples, count_flops) for examples in corpora]
    if len(corpora) == 1:
        return list(costs)
    passes = [
        pass_cost(len(examples.ids), share=settings.reasoning_share, seed=seed, costs=each)
        for examples, (_, each) in zip(corpora, costs, strict=True)
    ]
    return [
        (budget * cost / sum(passes), each)
        for (budget, each), cost in zip(costs, passes, strict=True)
    ]


def _select(
    settings: TrainingSettings,
    examples: CorpusExamples,
    budget: tuple[float, SampleCosts] | None,
    arm: str,
    seed: int,
) -> Selection:
    try:
        return select(
            len(examples.ids),
            share=settings.reasoning_share,
            order=settings.order,
            seed=seed,
            epochs=settings.training.epochs,
            budget=budget[0] if budget else None,
            costs=budget[1] if budget else None,
        )
    except ValueError as error:
        raise InputError(f"params.yaml: arms.{arm}.budget: {error}; use a larger one") from error
