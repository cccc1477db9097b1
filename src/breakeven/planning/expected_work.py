"""Every cell of a study as expected work: distilling, bases, training and answering."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np

from breakeven.costs.architecture import Architecture
from breakeven.costs.lora import Lora
from breakeven.costs.model_shapes import (
    bundled_architectures,
    known_architecture,
    load_architecture,
)
from breakeven.costs.training_time import OptimizerSteps
from breakeven.params import (
    COMPLETION_STYLES,
    Arm,
    CatalogueSource,
    OpenAITeacher,
    PublishedSource,
    ScratchBase,
    SolverTeacher,
    Teacher,
)
from breakeven.params.cells import (
    Asking,
    Cell,
    TrainingSettings,
    arms_of,
    decodings_of,
    resolve_asking,
    resolve_cell,
)
from breakeven.params.training import BudgetUnit
from breakeven.planning.expected_study import ExpectedStudy, expected_lengths
from breakeven.planning.expected_texts import Taught, length_of
from breakeven.planning.lengths import NO_WORK, Work, answering_work, fitting_lengths, training_work
from breakeven.results.published_lengths import PROMPT_TOKENS, new_tokens_of
from breakeven.results.published_tables import published_power_laws

Stage = Literal["distill", "base", "train", "answer"]

# What the answers of a cell rest on that are those of another one.
SHARED = "answered by an earlier row"
# The published formula of a query has no experts, so that no tokens follow from its FLOPs.
NO_LENGTHS_OF_EXPERTS = (
    "how long answers of a mixture of experts are is not published, and the task has no solutions"
)


class PlannedCell(NamedTuple):
    """One cell of a stage: the work expected of it, and what that expectation rests on.

    An answering cell is one student, arm, seed, decoding and task. `counts_flops` is False where
    something runs whose FLOPs cannot be known, such as a closed service. `answers` are those of an
    answering cell, `steps` those of a training.
    """

    stage: Stage
    cell: tuple[str | int, ...]
    style: str
    work: Work
    basis: str
    counts_flops: bool = True
    answers: float = 0.0
    steps: OptimizerSteps | None = None


def planned_cells(study: ExpectedStudy) -> Iterator[PlannedCell]:
    """Every cell of a study in the order of its stages."""
    for part in planned_parts(study):
        yield from part.cells


class Part(NamedTuple):
    """Some cells of one stage, worked out as they are taken; `name` tells which."""

    name: str
    cells: Iterator[PlannedCell]


def planned_parts(study: ExpectedStudy) -> list[Part]:
    """Every cell of a study in the order of its stages, in parts that take a moment each."""
    params = study.params
    return [
        Part("distill", _distilling(study)),
        Part("base", _bases(study)),
        *(
            Part(f"train {student}/{arm}", _trainings(study, student, arm))
            for student in params.students
            for arm in params.arms
        ),
        *(Part(f"answer {student}", _answers(study, student)) for student in params.students),
    ]


def _distilling(study: ExpectedStudy) -> Iterator[PlannedCell]:
    teacher = study.params.teacher
    shape = _teacher_shape(teacher)
    for name, source in study.params.sources.items():
        for style in COMPLETION_STYLES:
            cell = (name, style)
            if isinstance(source, PublishedSource | CatalogueSource):
                yield PlannedCell("distill", cell, style, NO_WORK, "nobody is asked")
            elif isinstance(teacher, SolverTeacher):
                yield PlannedCell("distill", cell, style, NO_WORK, "worked out, no model")
            else:
                lengths, basis = expected_lengths(study.source_pairs(name), None)
                limit = getattr(teacher.styles, style).max_new_tokens
                # A completion longer than the limit is cut there, and is paid up to it.
                new = np.minimum(lengths.of(style), limit)
                if shape is None:
                    work = Work(float(lengths.prompt.sum()), float(new.sum()), 0.0)
                else:
                    work = answering_work(shape, lengths.prompt, new)
                known_shape = shape is not None
                yield PlannedCell(
                    "distill", cell, style, work.times(lengths.weight), basis, known_shape
                )


def _teacher_shape(teacher: Teacher) -> Architecture | None:
    if isinstance(teacher, SolverTeacher):
        return None
    if isinstance(teacher, OpenAITeacher):
        return load_architecture(teacher.architecture) if teacher.architecture else None
    model = teacher.model
    # A plan downloads nothing: of the hub, only shapes in the bundled table are known.
    if model.kind == "hub":
        return bundled_architectures().get(model.repo.lower())
    from breakeven.models.weights import weights_folder

    shape = known_architecture(weights_folder(model, "params.yaml: teacher.model"))
    return None if isinstance(shape, str) else shape


def _bases(study: ExpectedStudy) -> Iterator[PlannedCell]:
    for name, student in study.params.students.items():
        if isinstance(student.base, ScratchBase):
            from breakeven.base.pretraining import PretrainingSettings

            tokens = float(student.base.tokens)
            shape = study.shape(name).architecture
            assert isinstance(shape, Architecture)  # ours is a Qwen2
            # 6·N·D (Kaplan et al. 2020, arXiv 2001.08361): a base reads its text once, in full.
            work = Work(tokens, 0.0, 6.0 * shape.active_parameters * tokens)
            steps = OptimizerSteps(shape, PretrainingSettings(student.base.tokens).steps)
            basis = "6 FLOPs a weight and token"
            yield PlannedCell("base", (name,), "base", work, basis, steps=steps)


def _trainings(study: ExpectedStudy, student: str, arm: str) -> Iterator[PlannedCell]:
    params = study.params
    if resolve_cell(params, Cell(student, arm, params.seeds[0])).training is None:
        return
    shape = study.shape(student).architecture
    # Where the shape is not known, the reason stands in its place and becomes the basis.
    counts = isinstance(shape, Architecture)
    work, basis, steps = (
        (NO_WORK, shape, None) if isinstance(shape, str) else _lessons(study, student, shape, arm)
    )
    # Seeds draw other orders and weights, of as many tokens.
    for seed in params.seeds:
        cell, style = (student, arm, seed), params.arms[arm].taught_style
        yield PlannedCell("train", cell, style, work, basis, counts, steps=steps)


class _OnePass(NamedTuple):
    """One pass over all pairs of an arm, and what that expectation rests on."""

    work: Work
    samples: float
    supervised_tokens: float
    basis: str

    def amount(self, unit: BudgetUnit) -> float:
        """What the pass takes of a budget."""
        return {
            "samples": self.samples,
            "tokens": self.work.read_tokens,
            "supervised_tokens": self.supervised_tokens,
            "train_flops": self.work.flops,
        }[unit]


def _lessons(
    study: ExpectedStudy, student: str, shape: Architecture, arm: str
) -> tuple[Work, str, OptimizerSteps]:
    """The work of one training, what it rests on, and the steps that it is done in."""
    settings = _settings(study, student, arm)
    one_pass = _one_pass(study, student, shape, settings)
    passes = _passes(study, student, shape, settings, one_pass)
    training = settings.training
    steps = (
        one_pass.work.read_tokens / training.batch_tokens
        if training.batch_sequences is None
        else one_pass.samples / training.batch_sequences
    )
    work = one_pass.work.times(passes)
    return work, one_pass.basis, OptimizerSteps(shape, passes * steps, settings.method)


def _settings(study: ExpectedStudy, student: str, arm: str) -> TrainingSettings:
    settings = resolve_cell(study.params, Cell(student, arm, study.params.seeds[0])).training
    assert settings is not None  # asked for trained arms only
    return settings


def _one_pass(
    study: ExpectedStudy, student: str, shape: Architecture, settings: TrainingSettings
) -> _OnePass:
    work, samples, supervised, bases = NO_WORK, 0.0, 0.0, dict[str, None]()
    lora = None if settings.method == "full" else Lora(settings.lora.rank)
    for corpus in settings.corpora:
        for lengths, basis in study.corpus_lengths(student, corpus, length_of(settings.traces)):
            short = fitting_lengths(lengths, settings.training.max_length)
            samples += short.rows
            bases[basis] = None
            for style, share in _style_shares(settings).items():
                part = training_work(shape, short, style, settings.method, lora)
                work = work.plus(part.times(share))
                supervised += share * short.weight * float(short.of(style).sum())
    return _OnePass(work, samples, supervised, "; ".join(bases))


def _passes(
    study: ExpectedStudy,
    student: str,
    shape: Architecture,
    settings: TrainingSettings,
    one_pass: _OnePass,
) -> float:
    budget = settings.budget
    if budget is None:
        return float(settings.training.epochs)
    if budget.match is None:
        unit, amount = budget.amount
        return amount / one_pass.amount(unit)
    assert budget.unit is not None  # the schema asks a match for it
    other = _settings(study, student, budget.match)
    its_pass = _one_pass(study, student, shape, other)
    passes = _passes(study, student, shape, other, its_pass)
    return passes * its_pass.amount(budget.unit) / one_pass.amount(budget.unit)


def _answers(study: ExpectedStudy, student: str) -> Iterator[PlannedCell]:
    params = study.params
    # Who gives an answer, and to what: the stage makes each of them once, whatever asks for it.
    made: set[tuple[Cell | None, str, Asking]] = set()
    for arm in arms_of(params, student):
        row = params.arms[arm]
        for task in params.tasks:
            works: dict[Asking, tuple[Work, float, str]] = {}
            for seed in params.seeds:
                for name in decodings_of(params, arm):
                    asking = resolve_asking(params, arm, name, task)
                    if asking not in works:
                        works[asking] = _answers_of(study, student, row, task, asking)
                    # An untrained student is the same in every arm and seed.
                    asked = (Cell(student, arm, seed) if row.trained else None, task, asking)
                    # Without answers the basis is the reason why their work cannot be told.
                    counts = works[asking][1] > 0
                    work, answers, basis = (
                        (NO_WORK, 0.0, SHARED) if counts and asked in made else works[asking]
                    )
                    made.add(asked)
                    cell = (student, arm, seed, name, task)
                    yield PlannedCell(
                        "answer", cell, row.taught_style, work, basis, counts, answers
                    )


def _answers_of(
    study: ExpectedStudy, student: str, arm: Arm, task: str, asking: Asking
) -> tuple[Work, float, str]:
    """The work of all samples of every item of a task, how many they are, and what it rests on.

    A trained student is expected to write as much as it was taught to, and after a mix to think
    every time unless a tag tells it not to. A base is expected to answer plainly, and so is who is
    kept from thinking. A trace is at most its budget, and all of it where it is made to go on.
    """
    shape = study.shape(student).architecture
    if isinstance(shape, str):
        return NO_WORK, 0.0, shape
    taught, decoding = Taught.by(study.params, arm), asking.decoding
    asked = study.items_of(task, taught)
    style = "ift" if _answers_plainly(arm, asking) else "reasoning"
    if asked.texts:
        lengths, basis = study.task_lengths(student, task, taught)
        prompt, weight = lengths.prompt, lengths.weight
        new, plain = lengths.of(style), lengths.of("ift")
    elif shape.experts:
        return NO_WORK, 0.0, NO_LENGTHS_OF_EXPERTS
    else:
        basis = "published FLOPs a query by family and size"
        prompt = np.array([PROMPT_TOKENS])
        new, plain = (
            np.array([published_new_tokens(shape, asked.family, one)]) for one in (style, "ift")
        )
        weight = float(asked.items)
    if decoding.thinking_tokens is not None and style == "reasoning":
        longest = decoding.thinking_tokens + plain
        new = longest if decoding.wait else np.minimum(new, longest)
    # Each example is taken to be as long as the question that it stands before.
    work = answering_work(
        shape, prompt * (1 + asking.shots), np.minimum(new, asking.max_new_tokens)
    )
    times = weight * decoding.samples
    return work.times(times), len(prompt) * times, basis


def _answers_plainly(arm: Arm, asking: Asking) -> bool:
    # What answers alone teach is what is left of the teacher's reasoning.
    if arm.traces == "answer-only" and asking.mode is None:
        return False
    return arm.answered_style in ("base", "ift") or asking.decoding.thinking == "off"


def published_new_tokens(shape: Architecture, family: str, style: str) -> float:
    """New tokens an answer, from the published FLOPs a query (arXiv 2509.22193).

    The published formula is solved for the new tokens after a prompt of `PROMPT_TOKENS`. A family
    beyond the four takes the general one of its form.
    """
    laws = published_power_laws()
    law = laws.get((family, style)) or laws[f"general-{family.rsplit('-', 1)[-1]}", style]
    found = new_tokens_of(shape, law.at(shape.total_parameters / 1e9))
    # Where the law gives fewer FLOPs than the prompt takes: an answer has a token at least.
    return 1.0 if found is None else found


def _style_shares(settings: TrainingSettings) -> dict[str, float]:
    """The share of prompts learnt in each style."""
    shares = {"ift": 1.0 - settings.reasoning_share, "reasoning": settings.reasoning_share}
    return {style: share for style, share in shares.items() if share}
