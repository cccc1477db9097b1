"""The questions that a student's IFT and reasoning arm both answered, as arrays side by side."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from breakeven.findings.groups import GroupPair, group_pairs
from breakeven.results.aggregate import item_means
from breakeven.results.cell_results import Results

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class PairedQuestions(NamedTuple):
    """`rows` is a row a question: family, task, item, and what is known of it.

    `labels` (questions,) are alike where the same is asked. `columns` maps a column and a style
    ("ift", "reasoning") to (seeds, questions), means over an item's samples.
    """

    rows: "pd.DataFrame"
    labels: "NDArray[np.str_]"
    columns: Mapping[tuple[str, str], "NDArray[np.float64]"]

    @property
    def seeds(self) -> int:
        """Training seeds that both arms have."""
        return len(self.columns["correct", "ift"])


def pairs_by_arms(results: Results) -> list[list[GroupPair]]:
    """Pairs of one student, corpus, method and two arms over all families, smallest first."""
    found: dict[tuple[object, ...], list[GroupPair]] = {}
    for pair in group_pairs(results):
        cell = pair.reasoning.cells[0]
        key = (cell.student, cell.corpus, cell.method, pair.ift.cells[0].arm, cell.arm)
        found.setdefault(key, []).append(pair)
    order = results.students()
    return sorted(found.values(), key=lambda one: order.index(one[0].ift.cells[0].student))


def paired_questions(
    items: "pd.DataFrame", pairs: Sequence[GroupPair], needed: Sequence[str]
) -> PairedQuestions | None:
    """Questions of the pairs' families that both arms answered with every seed they share.

    Each with the columns `needed`. A family that is in no pair is left out: neither was taught it.
    Of further columns what there is, NaN where it is not known. None where there is no question.
    """
    import numpy as np
    import pandas as pd

    if any(name not in items.columns for name in needed):
        return None
    cell = pairs[0].reasoning.cells[0]
    arms = {"ift": pairs[0].ift.cells[0].arm, "reasoning": cell.arm}
    seeds = sorted(
        set.intersection(*({c.seed for c in group.cells} for pair in pairs for group in pair))
    )
    own = items[
        (items["student"] == cell.student)
        & items["arm"].isin(arms.values())
        & items["family"].isin({pair.reasoning.cells[0].family for pair in pairs})
        & items["seed"].isin(seeds)
    ]
    if own.empty:
        return None
    means = item_means(own)
    means["style"] = means["arm"].map({arm: style for style, arm in arms.items()})
    keys = ["family", "task", "item"]
    measured = [name for name in means.columns if name in (*needed, *_FURTHER)]
    wide = means.pivot(index=keys, columns=["style", "seed"], values=measured)
    # A question that one of them was not asked, or of which a number lacks, compares nothing.
    whole = pd.MultiIndex.from_product([list(needed), list(arms), seeds])
    if not whole.isin(wide.columns).all():
        return None
    wide = wide.dropna(subset=list(whole))
    if wide.empty:
        return None
    columns = {
        (name, style): np.stack([wide[name, style, seed].to_numpy(float) for seed in seeds])
        for name in measured
        for style in arms
    }
    rows = wide.index.to_frame(index=False).merge(_facts_of_items(own), on=["task", "item"])
    return PairedQuestions(rows, rows["label"].to_numpy(dtype=str), columns)


def generated_by_question(paired: PairedQuestions, style: str) -> "NDArray[np.float64]":
    """(seeds, questions) generated tokens; all are the answer's where a trace is not parted."""
    import numpy as np

    tokens = paired.columns["answer_tokens", style]
    thinking = paired.columns.get(("thinking_tokens", style))
    return tokens if thinking is None else tokens + np.nan_to_num(thinking)


_FURTHER = ("thinking_tokens", "answer_tokens", "logprob_sum")


def _facts_of_items(own: "pd.DataFrame") -> "pd.DataFrame":
    """A row a question: its label, alike where the same is asked, and what is known of it."""
    first = own.drop_duplicates(["task", "item"])
    label = first["task"].astype(str) + "/" + first["item"].astype(str)
    for column in ("content", "cluster"):
        if column in first.columns:
            label = first[column].astype("object").where(first[column].notna(), label)
    known = [name for name in ("depth", "prompt_tokens") if name in first.columns]
    return first[["task", "item", *known]].assign(label=label.astype(str))
