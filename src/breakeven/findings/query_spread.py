"""What a query takes on average, with its interval, and at its tail, which breaks budgets."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from breakeven.costs.query_costs import LATE, weighted_quantile
from breakeven.findings.groups import Group
from breakeven.findings.scored_results import ScoredResults
from breakeven.results.aggregate import CELL_KEYS, item_means
from breakeven.results.served import lengths_by_cell
from breakeven.statistics.estimates import Estimate

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class QuerySpread(NamedTuple):
    """Generated tokens and FLOPs of a query of one group, over questions and training runs.

    `tokens` and `flops` are means with 95% intervals, None where answers do not tell them;
    `late_tokens` is what 95% of the answers stay within.
    """

    tokens: Estimate | None
    late_tokens: float | None
    flops: Estimate | None


def query_spreads(scored: ScoredResults, chosen: Sequence[Group]) -> Mapping[Group, QuerySpread]:
    """The spread of every group whose answers are known by item; a family weighs tasks alike."""
    items = scored.results.items
    if items is None:
        return {}
    wanted = [name for name in ("answer_tokens", "inference_flops") if name in items.columns]
    means = item_means(items)
    if "answer_tokens" in wanted:
        thinking = means["thinking_tokens"].fillna(0.0) if "thinking_tokens" in means else 0.0
        means = means.assign(answer_tokens=means["answer_tokens"] + thinking)
    tables = {
        (str(family), name): rows.pivot(index=["task", "item"], columns=CELL_KEYS, values=name)
        for family, rows in means.groupby("family", observed=True)
        for name in wanted
    }
    late = _late_tokens(scored, chosen)
    named = "cluster" in items.columns

    def mean(group: Group, name: str) -> Estimate | None:
        family = group.cells[0].family
        table = tables.get((family, name))
        clusters = scored.tables[family].cluster if named else None
        return None if table is None else _mean(group, table, clusters)

    return {
        group: QuerySpread(
            mean(group, "answer_tokens"), late.get(group), mean(group, "inference_flops")
        )
        for group in chosen
    }


def _mean(
    group: Group, table: "pd.DataFrame", clusters: "NDArray[np.int64] | None"
) -> Estimate | None:
    """Over tasks, then seeds, then items; `clusters` has one number a row of the table."""
    import numpy as np

    from breakeven.statistics.strata import Stratum, mean_of_strata

    keys = [(cell.student, cell.arm, cell.seed, cell.decoding) for cell in group.cells]
    if any(key not in table.columns for key in keys):
        return None
    values = np.stack([table[key].to_numpy(dtype=np.float64) for key in keys])
    task = table.index.get_level_values("task").to_numpy(dtype=str)
    # What one of the seeds did not answer is in no mean over seeds.
    answered = ~np.isnan(values).any(axis=0)
    strata = [
        Stratum(values[:, here], None if clusters is None else clusters[here])
        for name in dict.fromkeys(task[answered].tolist())
        if (here := answered & (task == name)).any()
    ]
    return mean_of_strata(strata).estimate if strata else None


def _late_tokens(scored: ScoredResults, chosen: Sequence[Group]) -> dict[Group, float]:
    import numpy as np

    assert scored.results.items is not None
    lengths = lengths_by_cell(scored.results.items)
    found = {}
    for group in chosen:
        parts = [
            lengths.get((cell.student, cell.arm, cell.seed, cell.decoding, cell.family))
            for cell in group.cells
        ]
        known = [part for part in parts if part is not None]
        if len(known) == len(parts):
            tokens = np.concatenate([part.new_tokens for part in known])
            weights = np.concatenate([part.weights for part in known]) / len(known)
            found[group] = weighted_quantile(tokens, weights, LATE)
    return found
