"""What an arm learns: pairs of its corpora, in which styles and order, and how often."""

from collections.abc import Sequence
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from breakeven.core.errors import InputError
from breakeven.core.files import digest_path
from breakeven.core.layout import pairs_path
from breakeven.core.records import require_as_recorded
from breakeven.core.sides import side_of
from breakeven.costs.architecture import Architecture
from breakeven.costs.lora import Lora
from breakeven.costs.model_shapes import known_architecture
from breakeven.models.context import context_length
from breakeven.models.pointer import read_verified_pointer
from breakeven.params import Params
from breakeven.params.cells import Cell, TrainingSettings, resolve_cell
from breakeven.params.training import Budget, BudgetUnit, Traces
from breakeven.pipeline.code import code_digest
from breakeven.rows.pair import Pair, read_pairs
from breakeven.train.budgets import UNIT_WORDS, ArmBudget
from breakeven.train.corpus_examples import (
    CorpusExamples,
    FlopsCounter,
    render_pairs,
    sample_costs,
)
from breakeven.train.kept_examples import kept_examples
from breakeven.train.pair_selection import SampleCosts, Selection, pass_cost, select
from breakeven.train.trace_forms import UNCHANGED_WORDS

# What turns pairs into examples: other code may give other tokens.
_RENDERING_CODE = "train/arm_lessons.py"
_RENDERED_BY = ("train/", "rendering/", "models/", "rows/", "core/sides.py")
_TOKENIZED_BY = ("transformers", "tokenizers")


class CorpusPlan(NamedTuple):
    """What is learnt of one corpus: pairs and samples are numbered within it."""

    corpus: str
    examples: CorpusExamples
    selection: Selection


class ArmLessons(NamedTuple):
    """What an arm learns, corpus by corpus.

    The budget of `settings` is an amount, also where the arm matches another one. `digests` are
    those of all pairs that decide it, as they were read.
    """

    settings: TrainingSettings
    corpora: tuple[CorpusPlan, ...]
    count_flops: FlopsCounter
    digests: dict[str, str]


class _Corpus(NamedTuple):
    examples: CorpusExamples
    path: str
    digest: str


class LessonPlanner:
    """Plans what arms of one student learn; a corpus is read and rendered once for all of them."""

    def __init__(self, params: Params, student: str) -> None:
        """Raises InputError where the base is missing, or has a shorter context than examples."""
        self._params, self._student = params, student
        self.pointer = read_verified_pointer(student)
        self.base = Path(self.pointer.path)
        # By name, and by what of it is learnt in another form than the teacher's.
        self._rendered: dict[tuple[str, Traces, bool], _Corpus] = {}
        _check_context(self.base, params.training.max_length, student)

    def plan(self, arm: str, seed: int) -> ArmLessons | None:
        """What an arm learns with a seed; None where it is not trained.

        Raises:
            InputError: the pairs are missing, none fits, most traces would stay as they are, the
                budget is too small, takes more passes than allowed, or is in FLOPs where the base's
                shape is not known.
        """
        settings = resolve_cell(self._params, Cell(self._student, arm, seed)).training
        if settings is None:
            return None
        lora = None if settings.method == "full" else Lora(settings.lora.rank)
        count_flops = FlopsCounter(known_architecture(self.base), settings.method, lora)
        budget, digests = self._budget(settings, arm, seed, count_flops.architecture)
        read = [self._corpus(name, settings) for name in settings.corpora]
        _check_changed(settings, [one.examples for one in read], arm)
        corpora = _selected(
            settings, [one.examples for one in read], budget, count_flops, arm=arm, seed=seed
        )
        if budget is not None:
            amount = Budget.model_validate({budget.unit: budget.amount})
            settings = settings._replace(budget=amount)
        _check_mix(settings, corpora, arm)
        own = {one.path: one.digest for one in read}
        return ArmLessons(settings, corpora, count_flops, {**own, **digests})

    def _budget(
        self, settings: TrainingSettings, arm: str, seed: int, architecture: Architecture | str
    ) -> tuple[ArmBudget | None, dict[str, str]]:
        """The budget as an amount, and the digests of what else was read for it."""
        given = settings.budget
        if given is None:
            return None, {}
        unit, amount = (given.unit, None) if given.match else given.amount
        assert unit is not None  # the schema asks a match for it
        if unit == "train_flops" and isinstance(architecture, str):
            key = "unit" if given.match else unit
            value = repr(unit) if amount is None else f"{amount:g}"
            raise InputError(
                f"params.yaml: arms.{arm}.budget.{key}: value is {value}, but {architecture}; "
                "use a budget of tokens or samples"
            )
        if amount is not None:
            return ArmBudget(arm, unit, amount), {}
        assert given.match is not None
        other = self.plan(given.match, seed)
        assert other is not None  # the schema lets no arm match one that is not trained
        used = sum(
            sum(map(sample_costs(unit, one.examples, other.count_flops).of, one.selection.samples))
            for one in other.corpora
        )
        return ArmBudget(arm, unit, used, given.match), other.digests

    def _corpus(self, name: str, settings: TrainingSettings) -> _Corpus:
        rendered = (name, settings.traces, settings.mode_tags)
        if rendered not in self._rendered:
            path = pairs_path(name)
            require_as_recorded([path])
            digest = digest_path(path)
            examples = kept_examples(
                self._examples_key(name, digest, settings),
                f"examples of {name}",
                lambda: self._render(name, settings, digest),
            )
            self._rendered[rendered] = _Corpus(examples, path.as_posix(), digest)
        return self._rendered[rendered]

    def _examples_key(
        self, corpus: str, pairs_digest: str, settings: TrainingSettings
    ) -> dict[str, object]:
        """What decides the examples of a corpus."""
        return {
            "tokenizer": self._tokenizer_digest,  # sizes of a family share what is rendered
            "pairs": pairs_digest,
            "tuning": self._params.corpora[corpus].tuning,
            "max_length": self._params.training.max_length,
            "traces": settings.traces,
            "mode_tags": settings.mode_tags,
            "code": code_digest([_RENDERING_CODE], _RENDERED_BY),
            "versions": {name: metadata.version(name) for name in _TOKENIZED_BY},
        }

    @cached_property
    def _tokenizer_digest(self) -> str:
        from breakeven.models.loading import tokenizer_digest

        return tokenizer_digest(self.base)

    def _render(self, corpus: str, settings: TrainingSettings, digest: str) -> CorpusExamples:
        from breakeven.models.loading import load_tokenizer

        return render_pairs(
            load_tokenizer(self.base),
            _learnable_pairs(self._params, corpus, digest),
            corpus=corpus,
            max_length=self._params.training.max_length,
            traces=settings.traces,
            mode_tags=settings.mode_tags,
        )


def _learnable_pairs(params: Params, corpus: str, digest: str) -> list[Pair]:
    """The pairs of a corpus that may be learnt, of the file with that digest.

    Raises:
        InputError: the corpus has no file or another one, or holds nothing but its tune side.
    """
    path = pairs_path(corpus)
    pairs = read_pairs(path)
    if digest_path(path) != digest:  # what was read is then not known, and must not be kept
        raise InputError(f"{path}: has changed while it was read; run this again")
    if params.corpora[corpus].tuning:
        pairs = [pair for pair in pairs if side_of(pair.content) != "tune"]
        if not pairs:
            raise InputError(
                f"params.yaml: corpora.{corpus}.tuning: every pair is on the tune side, none "
                "is left to learn; add prompts to its sources"
            )
    return pairs


def _check_changed(settings: TrainingSettings, corpora: Sequence[CorpusExamples], arm: str) -> None:
    """Raise InputError where most traces of a corpus are learnt as the teacher wrote them.

    A result of such a control would be that of no change.
    """
    for corpus, examples in zip(settings.corpora, corpora, strict=True):
        if 2 * len(examples.unchanged) > len(examples.ids):
            raise InputError(
                f"params.yaml: arms.{arm}.traces: value is {settings.traces!r}; "
                f"{len(examples.unchanged)} of {len(examples.ids)} traces of corpus {corpus} are "
                f"left as they are ({UNCHANGED_WORDS[settings.traces]}); use another corpus or "
                "another control"
            )


def _check_context(base: Path, max_length: int, student: str) -> None:
    context = context_length(base)
    if context is not None and max_length > context:
        raise InputError(
            f"params.yaml: training.max_length: value is {max_length}; student {student} has a "
            f"context of {context} tokens; use at most that"
        )


def _selected(
    settings: TrainingSettings,
    corpora: Sequence[CorpusExamples],
    budget: ArmBudget | None,
    count_flops: FlopsCounter,
    *,
    arm: str,
    seed: int,
) -> tuple[CorpusPlan, ...]:
    if budget is None:
        chosen = [_select(settings, one, arm=arm, seed=seed) for one in corpora]
        return tuple(map(CorpusPlan, settings.corpora, corpora, chosen))
    costs = [sample_costs(budget.unit, one, count_flops) for one in corpora]
    passes = [
        pass_cost(len(one.ids), share=settings.reasoning_share, seed=seed, costs=each)
        for one, each in zip(corpora, costs, strict=True)
    ]
    parts = budget.parted(passes, settings.training.max_passes)
    chosen = [
        _select(
            settings,
            one,
            arm=arm,
            seed=seed,
            budget=part,
            unit=budget.unit,
            costs=each,
            part_of=name if len(corpora) > 1 else None,
        )
        for name, one, part, each in zip(settings.corpora, corpora, parts, costs, strict=True)
    ]
    budget.require_match(
        sum(sum(map(each.of, one.samples)) for one, each in zip(chosen, costs, strict=True))
    )
    return tuple(map(CorpusPlan, settings.corpora, corpora, chosen))


def _check_mix(settings: TrainingSettings, corpora: Sequence[CorpusPlan], arm: str) -> None:
    """A share that comes to none or all of the pairs is no mix.

    Raises:
        InputError: it does, so that the arm would be a pure style under another name.
    """
    share = settings.reasoning_share
    for one in corpora:
        styles = {sample.style for sample in one.selection.samples}
        if 0 < share < 1 and len(styles) == 1:
            raise InputError(
                f"params.yaml: arms.{arm}.reasoning_share: value is {share:g}; of the "
                f"{one.selection.pairs} pairs that it learns of corpus {one.corpus} all are learnt "
                "in one style; use a share nearer to 0.5, or more pairs"
            )


def _select(
    settings: TrainingSettings,
    examples: CorpusExamples,
    *,
    arm: str,
    seed: int,
    budget: float | None = None,
    unit: BudgetUnit | None = None,
    costs: SampleCosts | None = None,
    part_of: str | None = None,
) -> Selection:
    """What is learnt of a corpus; `part_of` names it where the budget is parted over several."""
    try:
        return select(
            len(examples.ids),
            share=settings.reasoning_share,
            order=settings.order,
            seed=seed,
            epochs=settings.training.epochs,
            budget=budget,
            costs=costs,
        )
    except ValueError as error:
        words = "" if unit is None else f" {UNIT_WORDS[unit]}"
        part = "" if part_of is None else f"the part of corpus {part_of}, "
        raise InputError(
            f"params.yaml: arms.{arm}.budget: {part}{error}{words}; use a larger one"
        ) from error
