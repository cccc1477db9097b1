"""How often do the verdicts on the study's claims decide what is not so? On simulated studies.

Run: python scripts/verdict_errors.py [--simulations 500] [--seed 0] [--json]
Prints a table like that of scripts/coverage.py and exits with 1 if a row leaves its bounds.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from breakeven.analysis.measured import ArmFacts, CellCosts, StudyFacts, measured_results
from breakeven.analysis.results import Results
from breakeven.statistics.estimates import FloatArray
from breakeven.statistics.promises import Outcome, Promise, markdown, rows_of
from breakeven.statistics.simulation import StudyDesign, TaskDesign, simulate
from breakeven.verdicts.claims import CLAIMS
from breakeven.verdicts.judge import judge

if TYPE_CHECKING:
    import pandas as pd

SIZES_B = (0.5, 1.5, 3.0, 7.0, 14.0)
FAMILIES = ("general-open", "math-open")
ITEMS = 300
COST_FACTOR = {"ift": 1.0, "reasoning": 8.0}
# Flat, so that no size gains and nothing is ahead but what a study says.
FLAT = (0.0,) * len(SIZES_B)
RAISED = (1.0,) * len(SIZES_B)
EITHER, SUPPORTED, CONTRADICTED = (
    {"supported", "contradicted"},
    {"supported"},
    {"contradicted"},
)


@dataclass(frozen=True)
class Truth:
    """Reasoning's abilities by family (IFT is flat), and the decisions that would be wrong."""

    what: str
    reasoning: tuple[tuple[float, ...], ...]
    wrong: dict[str, set[str]]


# Every cell equally accurate: a lead of either style is made up. Half: reasoning far ahead on one
# family and equal on the other, so claims of "most", "everywhere" and "on math" stay untrue.
TRUTHS = {
    "equal": Truth(
        "styles equal everywhere",
        (FLAT, FLAT),
        {
            "reasoning-wins-most-pairs": EITHER,
            "reasoning-matches-larger-ift": EITHER,
            "reasoning-3b-beats-ift-14b": EITHER,
            "gain-grows-with-size": EITHER,
            "reasoning-breaks-ift-plateau": EITHER,
            "ift-pareto-optimal-inference": CONTRADICTED,
            "ift-pareto-optimal-training": CONTRADICTED,
            "ift-near-frontier-in-most": CONTRADICTED,
            "ift-ahead-below-7b": EITHER,
            "reasoning-ahead-14b-math-open": EITHER,
            "frontier-only-open-from-7b": SUPPORTED,
            "no-reasoning-on-frontier": CONTRADICTED,
            "reasoning-on-both-frontiers-from-7b": SUPPORTED,
        },
    ),
    "half": Truth(
        "reasoning ahead on half of the families",
        (RAISED, FLAT),
        {
            "reasoning-wins-most-pairs": EITHER,
            "reasoning-matches-larger-ift": EITHER,
            "reasoning-3b-beats-ift-14b": EITHER,
            "gain-grows-with-size": EITHER,
            "reasoning-breaks-ift-plateau": EITHER,
            "ift-pareto-optimal-inference": SUPPORTED,
            "ift-pareto-optimal-training": SUPPORTED,
            "ift-ahead-below-7b": SUPPORTED,
            "reasoning-ahead-14b-math-open": EITHER,
            "frontier-only-open-from-7b": SUPPORTED,
            "no-reasoning-on-frontier": SUPPORTED,
            "reasoning-on-both-frontiers-from-7b": SUPPORTED,
        },
    ),
}
PROMISES = {
    f"{name} {row}": Promise(f"{what}, {truth.what}", "Holm over claims", 0.0, 0.05)
    for name, truth in TRUTHS.items()
    for row, what in (("any", "any wrong verdict"), ("each", "wrong verdict on one claim"))
}


def item_rows(family: str, outcomes: FloatArray) -> "pd.DataFrame":
    """(styles, sizes, items) outcomes as rows of scores/items.parquet."""
    import pandas as pd

    style, size, item = (index.ravel() for index in np.indices(outcomes.shape))
    arms = np.array(list(COST_FACTOR))[style]
    factors = np.array(list(COST_FACTOR.values()))[style]
    return pd.DataFrame(
        {
            "student": np.array([f"s{number}" for number in range(len(SIZES_B))])[size],
            "arm": arms,
            "seed": 0,
            "decoding": "greedy",
            "task": family,
            "family": family,
            "item": item.astype(str),
            "sample": 0,
            "correct": outcomes.ravel(),
            "inference_flops": np.array(SIZES_B)[size] * factors,
        }
    )


def simulated_results(truth: Truth, rng: np.random.Generator) -> Results:
    """A study of two families whose truth is known, as the pipeline would hand it over."""
    import pandas as pd

    designs = [
        StudyDesign((FLAT, reasoning), (TaskDesign(ITEMS),)) for reasoning in truth.reasoning
    ]
    frames = [
        item_rows(family, simulate(design, rng)[0][:, :, 0])
        for family, design in zip(FAMILIES, designs, strict=True)
    ]
    students = {f"s{number}": size * 1e9 for number, size in enumerate(SIZES_B)}
    facts = StudyFacts(
        study="simulated",
        sizes=students,
        arms={
            "ift": ArmFacts("ift", "general", 0.0),
            "reasoning": ArmFacts("reasoning", "general", 1.0),
        },
        costs={
            (student, arm, 0): CellCosts(train_flops=size * factor)
            for student, size in students.items()
            for arm, factor in COST_FACTOR.items()
        },
    )
    return measured_results(pd.concat(frames, ignore_index=True), facts)


def outcomes(simulations: int, seed: int) -> Iterator[Outcome]:
    """Which verdicts were wrong, a study of each truth at a time."""
    for stream in tqdm(np.random.SeedSequence(seed).spawn(simulations), unit="study", disable=None):
        found: Outcome = {}
        for (name, truth), child in zip(TRUTHS.items(), stream.spawn(len(TRUTHS)), strict=True):
            claims = [claim for claim in CLAIMS if claim.id in truth.wrong]
            verdicts = judge(simulated_results(truth, np.random.default_rng(child)), claims)
            wrong = [row.verdict in truth.wrong[row.id] for row in verdicts]
            found |= {f"{name} any": [any(wrong)], f"{name} each": wrong}
        yield found


def main() -> int:
    """Parse the command line, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=500, help="studies of each truth")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    options = parser.parse_args()
    if options.simulations < 2:
        parser.error("--simulations must be at least 2")
    rows = rows_of(PROMISES, outcomes(options.simulations, options.seed))
    if options.json:
        print(json.dumps({"rows": [{**row._asdict(), "holds": row.holds} for row in rows]}))
    else:
        print(markdown(rows))
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
