"""What training a cell gave: what was measured, from scratch, and what is counted, by its plan."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from breakeven.core.errors import InputError
from breakeven.core.sealed import read_sealed
from breakeven.costs.devices import DeviceUsage
from breakeven.costs.exact import checkpointing_flops
from breakeven.train.arm_lessons import CorpusPlan
from breakeven.train.plan import CellPlan
from breakeven.train.usage_log import RunUsage, usage_from

if TYPE_CHECKING:
    from breakeven.train.trainer import Curves


@dataclass(frozen=True)
class TrainResult:
    """What training a cell gave. `key` identifies the training; the rest is for its record."""

    key: str
    settings: Mapping[str, Any]
    metrics: Mapping[str, float]
    series: Mapping[str, Sequence[Sequence[float]]]
    details: Mapping[str, Any]
    usage: DeviceUsage
    digest: str
    # What is counted is worked out anew each time: scratch may hold the result of an older formula.
    tokens: Mapping[str, int] = field(default_factory=dict)
    flops: Mapping[str, float | None] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)


def read_result(plan: CellPlan, path: Path) -> TrainResult:
    """What a run measured, from its file, and what it counts to, from the plan.

    Raises InputError where the file is missing or damaged, which is also told; it is then gone.
    """
    row = read_sealed(path)
    if row is None:
        raise InputError(f"{path}: is missing or damaged; run the stage again")
    flops, recomputed = plan.count_flops(plan.learnt_examples()), _recomputed_flops(plan)
    hardware = None if flops is None or recomputed is None else flops + recomputed
    counted = {
        "tokens": _tokens(plan),
        "flops": {"train": flops, "train_hardware": hardware},
        "inputs": plan.inputs,
        "details": {
            **row["details"],
            "corpora": [_corpus_details(plan, one) for one in plan.corpora],
        },
    }
    return TrainResult(**{**row, "usage": usage_from(row["usage"]), **counted})


def measured_result(
    plan: CellPlan,
    *,
    key: str,
    curves: "Curves",
    trained_parameters: int,
    used: RunUsage,
    processes: Mapping[str, Any],
    digest: str,
) -> TrainResult:
    """What a run measured."""
    # One step's loss says little: the mean of the last tenth.
    recent = max(1, len(curves.loss) // 10)
    return TrainResult(
        key=key,
        settings={**plan.settings.as_dict(), "schedule": plan.schedule.as_dict()},
        metrics={
            "steps": len(plan.steps),
            "samples": len(plan.selection.samples),
            "pairs": plan.selection.pairs,
            "passes": plan.selection.passes,
            "trained_parameters": trained_parameters,
            "micro_batch_halvings": len(curves.halvings),
            "final_loss": sum(curves.loss[-recent:]) / recent,
            "tokens_per_second": used.tokens / used.seconds,
            **_changed_share(plan),
        },
        series=curves.series(),
        details={
            "pairs_too_long": plan.examples.too_long,
            "pairs_of_corpus": len(plan.examples.ids) + plan.examples.too_long,
            "schedule_shortened": plan.schedule.shortened,
            "micro_batch_halvings": curves.halvings,
            **processes,
        },
        usage=used.usage,
        digest=digest,
    )


def _tokens(plan: CellPlan) -> dict[str, int]:
    """Tokens as often as they are learnt: in all and by style; end tokens are supervised."""
    counts: Counter[str] = Counter()
    for sample in plan.selection.samples:
        example = plan.examples.of(sample)
        parts = {
            "prompt": example.labels_start,
            "supervised": len(example.input_ids) - example.labels_start,
            "trained": len(example.input_ids),
        }
        for name, count in parts.items():
            counts[name] += count
            counts[f"{name}_{sample.style}"] += count
    return dict(sorted(counts.items()))


def _corpus_details(plan: CellPlan, corpus: CorpusPlan) -> dict[str, Any]:
    """What was learnt of one corpus."""
    samples = corpus.selection.samples
    return {
        "corpus": corpus.corpus,
        "pairs": corpus.selection.pairs,
        "passes": corpus.selection.passes,
        "pairs_too_long": corpus.examples.too_long,
        "samples": len(samples),
        **_traces_of(plan, corpus),
        "trained_tokens": sum(map(corpus.examples.tokens_of, samples)),
        "train_flops": plan.count_flops(map(corpus.examples.of, samples)),
    }


def _traces_of(plan: CellPlan, corpus: CorpusPlan) -> dict[str, Any]:
    """How traces were changed, how many were learnt, and how many of these are other ones."""
    if plan.settings.traces == "as-written":
        return {}
    learnt = {one.pair for one in corpus.selection.samples if one.style == "reasoning"}
    return {
        "traces": plan.settings.traces,
        "traces_learnt": len(learnt),
        "traces_changed": len(learnt - corpus.examples.unchanged),
    }


def _changed_share(plan: CellPlan) -> dict[str, float]:
    """The share of the traces learnt that are not as the teacher wrote them."""
    counts = [found for one in plan.corpora if (found := _traces_of(plan, one))]
    if not counts:
        return {}
    changed, learnt = (
        sum(one[name] for one in counts) for name in ("traces_changed", "traces_learnt")
    )
    return {"traces_changed_share": changed / learnt} if learnt else {}


def _recomputed_flops(plan: CellPlan) -> float | None:
    """What gradient checkpointing adds: work of the hardware, not of the model."""
    if isinstance(plan.count_flops.architecture, str):
        return None
    if not plan.settings.training.gradient_checkpointing:
        return 0.0
    # The end token is learnt and never read.
    read = [plan.examples.tokens_of(sample) - 1 for sample in plan.selection.samples]
    return checkpointing_flops(plan.count_flops.architecture, read, plan.count_flops.lora)
