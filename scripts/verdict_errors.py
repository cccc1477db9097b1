"""How often does a report decide what is not so? On simulated studies, read by `import`.

Run: python scripts/verdict_errors.py [--simulations 1000] [--seed 0] [--jobs 8] [--worlds NAME ...]
Prints a table like that of scripts/coverage.py and exits with 1 if a row leaves its bounds.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from breakeven.findings.corrected import Findings, corrected_findings
from breakeven.findings.direction import Direction
from breakeven.findings.scored_results import scored_results
from breakeven.importing.read_results import import_results
from breakeven.statistics.estimates import FloatArray
from breakeven.statistics.promises import Promise, StudyOutcome, promise_rows, promise_table
from breakeven.statistics.simulation import StudyDesign, TaskDesign, simulate
from seeded_studies import SEEDED_WORLDS, seeded_study, wrong_claims, wrong_findings, wrong_guards

if TYPE_CHECKING:
    import pandas as pd

SIZES_B = (0.5, 1.5, 3.0, 7.0, 14.0)
# Too few to fit a curve, so that a thousand studies take minutes.
THREE_B = (0.5, 3.0, 14.0)
COST_FACTOR = {"ift": 1.0, "reasoning": 8.0}
# Answers by item, and accuracies of tasks: one whose questions share passages, and three of the
# public sizes of GSM8K, MATH-500 and AIME.
ITEM_TASKS = {
    "general-open": (TaskDesign(200), TaskDesign(60)),
    "math-open": (TaskDesign(240), TaskDesign(90), TaskDesign(30)),
}
RUN_TASKS = {
    "general-open": (TaskDesign(600, passages=120), TaskDesign(500)),
    "math-open": (TaskDesign(1319), TaskDesign(500), TaskDesign(30)),
}
# Flat, so that no size gains and nothing is ahead but what a world says.
FLAT, FLAT_THREE = (0.0,) * len(SIZES_B), (0.0,) * len(THREE_B)
RAISED = (1.0,) * len(SIZES_B)
CHEAP = (1.5, 0.0, 0.0, 0.0, 0.0)
EITHER, SUPPORTED, CONTRADICTED = (
    {"supported", "contradicted"},
    {"supported"},
    {"contradicted"},
)
ANY: tuple[Direction, ...] = ("ahead", "behind")


@dataclass(frozen=True)
class World:
    """Abilities by family, the claims' decisions that would be wrong, and the comparisons'.

    `ift` and `reasoning` hold an ability a size for every family. `misplaced` are the standings
    at equal cost that are wrong in a family.
    """

    what: str
    ift: tuple[tuple[float, ...], ...]
    reasoning: tuple[tuple[float, ...], ...]
    wrong: dict[str, set[str]]
    misplaced: tuple[tuple[Direction, ...], ...]
    by_item: bool = True

    @property
    def sizes_b(self) -> tuple[float, ...]:
        """The students' sizes in billions of parameters."""
        return SIZES_B if len(self.ift[0]) == len(SIZES_B) else THREE_B


NULL_WRONG = {
    "reasoning-wins-most-pairs": EITHER,
    # Equal accuracy is a match.
    "reasoning-matches-larger-ift": CONTRADICTED,
    "reasoning-3b-beats-ift-14b": EITHER,
    "gain-grows-with-size": EITHER,
    "reasoning-breaks-ift-plateau": EITHER,
    "ift-pareto-optimal-inference": CONTRADICTED,
    "ift-pareto-optimal-training": CONTRADICTED,
    "ift-near-frontier-in-most": CONTRADICTED,
    "ift-ahead-below-7b": EITHER,
    "reasoning-ahead-14b-math-open": EITHER,
    "frontier-only-open-from-7b": SUPPORTED,
    "no-reasoning-on-frontier": EITHER,
    "reasoning-on-both-frontiers-from-7b": SUPPORTED,
}
# Every cell equally accurate: a lead of either style is made up. Half: reasoning far ahead on one
# family and equal on the other, so claims of "most", "everywhere" and "on math" stay untrue.
# Cheap: the smallest IFT student is better than all others and cheaper than every reasoning one.
WORLDS = {
    "null": World(
        "no difference, by item",
        (FLAT_THREE, FLAT_THREE),
        (FLAT_THREE, FLAT_THREE),
        NULL_WRONG,
        (ANY, ANY),
    ),
    "null-runs": World(
        "no difference, accuracies of tasks",
        (FLAT_THREE, FLAT_THREE),
        (FLAT_THREE, FLAT_THREE),
        NULL_WRONG,
        (ANY, ANY),
        by_item=False,
    ),
    "null-fits": World(
        "no difference, by item, five sizes",
        (FLAT, FLAT),
        (FLAT, FLAT),
        NULL_WRONG,
        (ANY, ANY),
    ),
    "half": World(
        "reasoning ahead on half of the families",
        (FLAT, FLAT),
        (RAISED, FLAT),
        {
            "reasoning-wins-most-pairs": EITHER,
            "reasoning-matches-larger-ift": CONTRADICTED,
            "reasoning-3b-beats-ift-14b": EITHER,
            "gain-grows-with-size": EITHER,
            "reasoning-breaks-ift-plateau": EITHER,
            "ift-pareto-optimal-inference": SUPPORTED,
            "ift-pareto-optimal-training": SUPPORTED,
            "ift-near-frontier-in-most": SUPPORTED,
            "ift-ahead-below-7b": SUPPORTED,
            "reasoning-ahead-14b-math-open": EITHER,
            "frontier-only-open-from-7b": SUPPORTED,
            "no-reasoning-on-frontier": SUPPORTED,
            "reasoning-on-both-frontiers-from-7b": SUPPORTED,
        },
        (("behind",), ANY),
    ),
    "cheap": World(
        "a cheap IFT student beats everything",
        (CHEAP, CHEAP),
        (FLAT, FLAT),
        {
            "reasoning-wins-most-pairs": EITHER,
            "reasoning-3b-beats-ift-14b": EITHER,
            "gain-grows-with-size": CONTRADICTED,
            "reasoning-breaks-ift-plateau": EITHER,
            "ift-pareto-optimal-inference": CONTRADICTED,
            "ift-pareto-optimal-training": CONTRADICTED,
            "ift-near-frontier-in-most": CONTRADICTED,
            "ift-ahead-below-7b": CONTRADICTED,
            "reasoning-ahead-14b-math-open": SUPPORTED,
            "frontier-only-open-from-7b": SUPPORTED,
            "no-reasoning-on-frontier": CONTRADICTED,
            "reasoning-on-both-frontiers-from-7b": SUPPORTED,
        },
        (("ahead",), ("ahead",)),
    ),
}
NAMES = (*WORLDS, *SEEDED_WORLDS)
PROMISES = {
    f"{name} {row}": Promise(f"{what}, {world.what}", "Holm over a report", 0.0, 0.05)
    for name, world in {**WORLDS, **SEEDED_WORLDS}.items()
    for row, what in (
        ("claim", "any wrong claim"),
        ("page", "anything wrong in a report"),
        ("each", "wrong verdict on one claim"),
    )
}


def simulated(world: World, rng: np.random.Generator) -> "pd.DataFrame":
    """A study as a table that `import` reads: one row an answer, or one row a task."""
    import pandas as pd

    frames = []
    sizes = ITEM_TASKS if world.by_item else RUN_TASKS
    for index, (family, tasks) in enumerate(sizes.items()):
        design = StudyDesign((world.ift[index], world.reasoning[index]), tasks)
        for number, outcomes in enumerate(simulate(design, rng)):
            rows = _rows(outcomes[:, :, 0], world)
            if not world.by_item:
                rows["clusters"] = tasks[number].passages or tasks[number].items
            frames.append(rows.assign(family=family, task=f"t{number}-{family}"))
    return pd.concat(frames, ignore_index=True)


def _rows(scores: FloatArray, world: World) -> "pd.DataFrame":
    """(styles, sizes, items) scores of one task as rows."""
    import pandas as pd

    means = scores.mean(axis=2)
    grid = scores if world.by_item else means
    style, size, *item = (index.ravel() for index in np.indices(grid.shape))
    arms, sizes = np.array(list(COST_FACTOR))[style], np.array(world.sizes_b)[size]
    flops = sizes * np.array(list(COST_FACTOR.values()))[style] * 1e12
    table = {"student": [f"s{one:g}b" for one in sizes], "size_b": sizes, "style": arms}
    table |= {"corpus": "general", "inference_flops": flops, "train_flops": flops}
    if world.by_item:
        return pd.DataFrame(table | {"item": item[0], "correct": grid.ravel().astype(int)})
    return pd.DataFrame(table | {"accuracy": grid.ravel(), "items": scores.shape[2]})


def judged(world: World, rng: np.random.Generator, folder: Path) -> Findings:
    """What `breakeven import` decides of one simulated study."""
    path = folder / "study.csv"
    simulated(world, rng).to_csv(path, index=False)
    return corrected_findings(scored_results(import_results(path)))


def misplaced(world: World, found: Findings) -> bool:
    """Whether a comparison at equal size or cost is decided as it is not."""
    families = dict(zip(ITEM_TASKS, range(len(ITEM_TASKS)), strict=True))
    at_cost = [one for every in found.matched.values() for one in every]
    if any(
        one.direction in world.misplaced[families[one.at.reasoning.cells[0].family]]
        for one in at_cost
    ):
        return True
    for row in (*found.families, *found.tasks):
        assert row.size_parameters is not None
        size_b = row.size_parameters / 1e9
        ift, reasoning = (
            style[families[row.family]][world.sizes_b.index(size_b)]
            for style in (world.ift, world.reasoning)
        )
        true = "ahead" if reasoning > ift else "behind" if reasoning < ift else None
        if row.direction not in ("undecided", true):
            return True
    return False


def outcome(stream: np.random.SeedSequence, names: Sequence[str]) -> StudyOutcome:
    """Which decisions were wrong, a study of each world."""
    found: StudyOutcome = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, child in zip(NAMES, stream.spawn(len(NAMES)), strict=True):
            if name not in names:
                continue
            rng = np.random.default_rng(child)
            wrong, page = (_of_seeded if name in SEEDED_WORLDS else _of_world)(
                name, rng, Path(folder)
            )
            found |= {
                f"{name} claim": [any(wrong)],
                f"{name} page": [any(wrong) or page],
                f"{name} each": wrong,
            }
    return found


def _of_world(name: str, rng: np.random.Generator, folder: Path) -> tuple[list[bool], bool]:
    """Whether each claim is decided wrongly, and whether anything else is."""
    world = WORLDS[name]
    one = judged(world, rng, folder)
    wrong = [one.claim(key).verdict in bad for key, bad in world.wrong.items()]
    return wrong, misplaced(world, one)


def _of_seeded(name: str, rng: np.random.Generator, folder: Path) -> tuple[list[bool], bool]:
    view = seeded_study(SEEDED_WORLDS[name], rng, folder)
    return wrong_claims(view), wrong_findings(view) or wrong_guards(view)


def outcomes(
    simulations: int, seed: int, names: Sequence[str], jobs: int
) -> Iterator[StudyOutcome]:
    """The outcomes of that many studies of each world, in processes that share the work."""
    streams = np.random.SeedSequence(seed).spawn(simulations)
    with Pool(jobs) as pool:
        each = pool.imap(partial(outcome, names=tuple(names)), streams, chunksize=4)
        yield from tqdm(each, total=simulations, unit="study", disable=None)


def main() -> int:
    """Parse the command line, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=1000, help="studies of each world")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--worlds", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    options = parser.parse_args()
    if options.simulations < 2 or options.jobs < 1:
        parser.error("--simulations must be at least 2, --jobs at least 1")
    found = outcomes(options.simulations, options.seed, options.worlds, options.jobs)
    rows = promise_rows(PROMISES, found)
    if options.json:
        print(json.dumps({"rows": [{**row._asdict(), "holds": row.holds} for row in rows]}))
    else:
        print(promise_table(rows))
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
