"""Scores of `scores/items.parquet` as metrics of a run, by cell: tasks, families, rates, costs."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from breakeven.params.cells import Cell
from breakeven.results.aggregate import FamilyScore
from breakeven.rows.outcomes import OUTCOMES
from breakeven.tracking.run_contents import measured

if TYPE_CHECKING:
    import pandas as pd

# Column of the item rows: the group of metrics that shows its mean over a family.
_SHOWN = {
    "correct": "accuracy",
    "truncated": "truncated",
    "inference_flops": "inference_flops",
    "prompt_tokens": "prompt_tokens",
    "thinking_tokens": "thinking_tokens",
    "answer_tokens": "answer_tokens",
    "thought": "thinking_share",
}


def score_metrics(
    items: "pd.DataFrame | None", first_decoding: str
) -> dict[Cell, dict[str, float]]:
    """Metrics by (student, arm, seed), of the rows of the scores; empty where there are none.

    `accuracy/<family>`, `task_accuracy/<task>`, and so on, for the first decoding of params.yaml;
    the names of any other decoding start with it: `<decoding>/accuracy/<family>`. Where a decoding
    has several samples, `maj_at_4/<family>` and `pass_at_4/<family>` are those of four of them.
    """
    if items is None:
        return {}
    from breakeven.results.aggregate import family_scores, task_means

    found: dict[Cell, dict[str, float]] = defaultdict(dict)
    for score in family_scores(items):
        prefix = "" if score.decoding == first_decoding else f"{score.decoding}/"
        cell = found[Cell(score.student, score.arm, score.seed)]
        cell |= {f"{prefix}{name}": value for name, value in _family_metrics(score).items()}
    for row in task_means(items).itertuples():
        prefix = "" if row.decoding == first_decoding else f"{row.decoding}/"
        cell = found[Cell(str(row.student), str(row.arm), int(str(row.seed)))]
        cell[f"{prefix}task_accuracy/{row.task}"] = float(str(row.correct))
    for votes_of, name, value in _vote_metrics(items, first_decoding):
        found[votes_of][name] = value
    return {cell: with_means_and_logs(metrics) for cell, metrics in found.items()}


def _vote_metrics(items: "pd.DataFrame", first_decoding: str) -> Iterator[tuple[Cell, str, float]]:
    """Accuracies of 1, 2, 4, … samples taken together, by cell and name."""
    from breakeven.results.aggregate import family_scores
    from breakeven.results.votes import vote_items
    from breakeven.statistics.votes import vote_sizes

    votes = vote_items(items)
    if votes is None:
        return
    most: dict[tuple[str, str], int] = {}
    for of in votes.made.values():
        most[of.decoding, of.by] = max(most.get((of.decoding, of.by), 0), of.samples)
    for score in family_scores(votes.items):
        of, accuracy = votes.made[score.decoding], score.means["correct"]
        if accuracy is not None and of.samples in vote_sizes(most[of.decoding, of.by]):
            prefix = "" if of.decoding == first_decoding else f"{of.decoding}/"
            # No @ is allowed in the name of a metric.
            name = f"{'maj' if of.by == 'vote' else 'pass'}_at_{of.samples}"
            cell = Cell(score.student, score.arm, score.seed)
            yield cell, f"{prefix}{name}/{score.family}", accuracy


def log10_metric(name: str, value: float | None) -> dict[str, float]:
    """`name` if there is a logarithm: MLflow's scatter charts have linear axes only."""
    return {name: math.log10(value)} if value is not None and value > 0 else {}


def with_means_and_logs(metrics: Mapping[str, float]) -> dict[str, float]:
    """Add the unweighted mean over families, to sort and plot by, and logarithms of FLOPs."""
    whole = {**metrics, **_means_over_families(metrics)}
    for name in list(whole):
        if name.startswith("inference_flops/"):
            whole |= log10_metric(f"log10_{name}", whole[name])
    return whole


def _family_metrics(score: FamilyScore) -> dict[str, float]:
    parsed = score.means.get("parsed")
    shown = {f"{group}/{score.family}": score.means.get(column) for column, group in _SHOWN.items()}
    shown[f"unparsed/{score.family}"] = None if parsed is None else 1.0 - parsed
    if score.outcomes is not None:
        # One outcome an answer, where `truncated` and `unparsed` hold those that loop as well. The
        # share of right ones is the accuracy.
        shares = score.outcomes._asdict()
        shown |= {f"{name}_share/{score.family}": shares[name] for name in OUTCOMES[1:]}
    return measured(shown)


def _means_over_families(metrics: Mapping[str, float]) -> dict[str, float]:
    families = [name.removeprefix("accuracy/") for name in metrics if name.startswith("accuracy/")]
    means = {}
    for group in ("accuracy", "inference_flops", "output_tokens", "looping_share"):
        parts = ["thinking_tokens", "answer_tokens"] if group == "output_tokens" else [group]
        values = [metrics.get(f"{part}/{family}") for part in parts for family in families]
        # A mean over some families would look like one over all.
        if families and None not in values:
            total = sum(value for value in values if value is not None)
            means[f"{group}/mean"] = total / len(families)
    return means
