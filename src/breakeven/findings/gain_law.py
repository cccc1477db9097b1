"""The law of the gain in these results: by size, serial depth and extra tokens, or why not.

Described with intervals, and not part of what the report decides: it sums up differences that are
decided one by one.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from breakeven.findings.differences import NO_ITEMS
from breakeven.findings.groups import GroupPair
from breakeven.findings.law import Law, LawPoint, covariates
from breakeven.findings.paired_questions import (
    PairedQuestions,
    generated_by_question,
    paired_questions,
    pairs_by_arms,
)
from breakeven.findings.scored_results import ScoredResults
from breakeven.frontiers.gain_law import (
    GroupedAnswers,
    fit_gain_law,
    leave_one_size_out,
    variance_inflation,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

LEAST_SIZES, LEAST_DEPTHS, LEAST_SEEDS, LEAST_CONTENTS = 3, 3, 2, 30
# What moves with the others so far that its error triples tells nothing of its own.
MOST_INFLATION = 10.0
NEEDS_BOTH = "no student of known size has both an IFT and a reasoning arm"


class LawFinding(NamedTuple):
    """The law, or None with every reason why these results do not give one."""

    law: Law | None
    reasons: tuple[str, ...] = ()


def gain_law(
    scored: ScoredResults, *, decoding: str | None = None, draws: int = 2000, seed: int = 0
) -> LawFinding:
    """Fit the law to the questions whose serial depth is known, all families together.

    Of several pairs of arms, the one with the most sizes is taken, the first of equals. `draws`
    and `seed` are those of the bootstrap over contents.
    """
    scored = scored.of_decoding(decoding)
    pairs = _most_sizes(pairs_by_arms(scored.results))
    if not pairs:
        return LawFinding(None, (NEEDS_BOTH,))
    if scored.results.items is None:
        return LawFinding(None, (NO_ITEMS, *_too_few_sizes_and_seeds(pairs)))
    found = {
        one[0].ift.cells[0].student: paired
        for one in pairs
        if (paired := _with_depth(scored.results.items, one)) is not None
    }
    if not found:
        why = "no question whose serial depth and tokens are known in both arms"
        return LawFinding(None, (why, *_too_few_sizes_and_seeds(pairs)))
    sizes = {
        one[0].ift.cells[0].student: float(one[0].ift.cells[0].size_parameters or 0)
        for one in pairs
    }
    grouped = _grouped(found, sizes)
    reasons = _why_undecided(grouped)
    if reasons:
        return LawFinding(None, reasons)
    return LawFinding(_law(grouped, pairs[0][0], draws, seed))


class _Grouped(NamedTuple):
    """Answers of all students by group; `groups` is a row a group, `right` as GroupedAnswers."""

    groups: "pd.DataFrame"
    right: "NDArray[np.float64]"
    group: "NDArray[np.int64]"
    cluster: "NDArray[np.int64]"


def _most_sizes(every: Sequence[list[GroupPair]]) -> list[list[GroupPair]]:
    """The pairs of one corpus, method and two arms, a list a student."""
    by_arms: dict[tuple[object, ...], list[list[GroupPair]]] = {}
    for pairs in every:
        plain, cell = pairs[0].ift.cells[0], pairs[0].reasoning.cells[0]
        if cell.size_parameters:
            by_arms.setdefault((cell.corpus, cell.method, plain.arm, cell.arm), []).append(pairs)
    return max(by_arms.values(), key=len, default=[])


def _too_few_sizes_and_seeds(pairs: Sequence[list[GroupPair]]) -> tuple[str, ...]:
    sizes = {one[0].ift.cells[0].size_parameters for one in pairs}
    seeds = min(len({c.seed for c in pair.reasoning.cells}) for one in pairs for pair in one)
    return (*_too_few("size", len(sizes), LEAST_SIZES), *_too_few("seed", seeds, LEAST_SEEDS))


def _too_few(what: str, count: int, least: int) -> tuple[str, ...]:
    if count >= least:
        return ()
    return (f"{count} {what}{'' if count == 1 else 's'}, and the law needs {least}",)


def _with_depth(items: "pd.DataFrame", pairs: Sequence[GroupPair]) -> PairedQuestions | None:
    """A student's questions that take a known number of steps in a row."""
    if "depth" not in items.columns:
        return None
    return paired_questions(items[items["depth"].notna()], pairs, ("correct", "answer_tokens"))


def _grouped(found: Mapping[str, PairedQuestions], sizes: Mapping[str, float]) -> _Grouped:
    """Groups by student, task and depth, over the seeds that all students have."""
    import numpy as np
    import pandas as pd

    seeds = min(paired.seeds for paired in found.values())
    frames, right = [], []
    for student, paired in found.items():
        tokens = {
            style: generated_by_question(paired, style).mean(axis=0)
            for style in ("ift", "reasoning")
        }
        frames.append(
            paired.rows[["family", "task", "depth"]].assign(
                student=student, label=paired.labels, **tokens
            )
        )
        styles = [paired.columns["correct", style][:seeds].T for style in ("ift", "reasoning")]
        right.append(np.stack(styles, axis=2))
    rows, answers = pd.concat(frames, ignore_index=True), np.concatenate(right)
    rows["ift_right"], rows["reasoning_right"] = answers.mean(axis=1).T
    keys = ["student", "family", "task", "depth"]
    by_group = rows.groupby(keys, sort=True, observed=True)
    groups = by_group.agg(
        asked=("label", "size"),
        ift_right=("ift_right", "sum"),
        reasoning_right=("reasoning_right", "sum"),
        ift=("ift", "mean"),
        reasoning=("reasoning", "mean"),
    ).reset_index()
    groups["depth"] = groups["depth"].astype(float)
    groups["size"] = groups["student"].map(dict(sizes)).astype(float)
    groups["log_size"] = np.log10(groups["size"])
    with np.errstate(divide="ignore", invalid="ignore"):
        groups["log_ratio"] = np.log10(groups["reasoning"] / groups["ift"])
    return _Grouped(
        groups,
        answers,
        np.asarray(by_group.ngroup(), dtype=np.int64),
        np.asarray(pd.factorize(rows["label"])[0], dtype=np.int64),
    )


def _why_undecided(grouped: _Grouped) -> tuple[str, ...]:
    """Every reason why size, depth and tokens cannot be told apart here."""
    import numpy as np

    groups = grouped.groups
    reasons = [
        *_too_few("size", groups["size"].nunique(), LEAST_SIZES),
        *_too_few("serial depth", groups["depth"].nunique(), LEAST_DEPTHS),
        *_too_few("seed", grouped.right.shape[1], LEAST_SEEDS),
        *_too_few("content", len(np.unique(grouped.cluster)), LEAST_CONTENTS),
    ]
    if not np.isfinite(groups["log_ratio"]).all():
        reasons.append("an arm that generates no tokens, so that there is no ratio")
    if reasons:
        return tuple(reasons)
    names = ("size", "serial depth", "the ratio of tokens")
    terms = groups[["log_size", "depth", "log_ratio"]].to_numpy()
    inflated = variance_inflation(terms, groups["asked"].to_numpy(float))
    tied = [name for name, one in zip(names, inflated, strict=True) if one > MOST_INFLATION]
    if tied:
        return (
            f"{' and '.join(tied)} move{'s' if len(tied) == 1 else ''} with the rest, so that what "
            "each adds cannot be told apart",
        )
    return ()


def _law(grouped: _Grouped, pair: GroupPair, draws: int, seed: int) -> Law:
    import numpy as np

    groups = grouped.groups
    # Two figures, so that the printed equation is the fitted one.
    centre = LawPoint(
        float(f"{10 ** groups['log_size'].mean():.2g}"),
        float(f"{groups['depth'].mean():.2g}"),
        float(f"{10 ** groups['log_ratio'].mean():.2g}"),
    )
    points = [
        LawPoint(size, depth, 10**ratio)
        for size, depth, ratio in groups[["size", "depth", "log_ratio"]].to_numpy().tolist()
    ]
    answers = GroupedAnswers(
        grouped.right,
        grouped.group,
        grouped.cluster,
        np.array([covariates(point, centre) for point in points]),
    )
    fitted = fit_gain_law(answers, draws, seed)
    constant, size, depth, ratio = (fitted.along(row) for row in np.eye(4))
    return Law(
        arms=(pair.ift.cells[0].arm, pair.reasoning.cells[0].arm),
        students=tuple(dict.fromkeys(groups.sort_values("size")["student"])),
        tasks=tuple(dict.fromkeys(groups["task"])),
        seeds=grouped.right.shape[1],
        contents=len(np.unique(grouped.cluster)),
        centre=centre,
        lowest=LawPoint(*map(min, zip(*points, strict=True))),
        highest=LawPoint(*map(max, zip(*points, strict=True))),
        terms=(constant, size, depth, ratio),
        fitted=fitted,
        left_out=leave_one_size_out(answers),
        groups=groups,
    )
