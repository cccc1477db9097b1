"""Do the 95% intervals cover 95%, and do the tests stay below 5%? On studies with a known truth.

Run: python scripts/coverage.py [--simulations 1000] [--draws 1000] [--seed 0] [--json]
Prints the table of docs/statistics.md and exits with 1 if a row leaves its bounds.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator

import numpy as np
from tqdm import tqdm

from breakeven.statistics.promises import StudyOutcome, promise_rows, promise_table
from coverage_studies.accuracies import passage_study, plain_study, unequal_study
from coverage_studies.false_positives import null_study, power_study
from coverage_studies.frontiers import band_study, frontier_study
from coverage_studies.law import law_study
from coverage_studies.promises import PROMISES
from coverage_studies.runs import moderated_study, seeds_study

STUDIES: tuple[Callable[[np.random.Generator, int], StudyOutcome], ...] = (
    plain_study,
    unequal_study,
    passage_study,
    seeds_study,
    band_study,
    frontier_study,
    null_study,
    power_study,
    moderated_study,
    law_study,
)


def outcomes(simulations: int, draws: int, seed: int) -> Iterator[StudyOutcome]:
    """Every kind of study, `simulations` times, each from its own stream."""
    streams = np.random.SeedSequence(seed).spawn(simulations)
    for stream in tqdm(streams, unit="study", disable=None):
        for kind, child in zip(STUDIES, stream.spawn(len(STUDIES)), strict=True):
            yield kind(np.random.default_rng(child), draws)


def main() -> int:
    """Parse the command line, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=1000, help="studies of each kind")
    parser.add_argument("--draws", type=int, default=1000, help="bootstrap resamples a study")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    options = parser.parse_args()
    if options.simulations < 2 or options.draws < 2:
        parser.error("--simulations and --draws must be at least 2")
    rows = promise_rows(PROMISES, outcomes(options.simulations, options.draws, options.seed))
    if options.json:
        print(json.dumps({"rows": [{**row._asdict(), "holds": row.holds} for row in rows]}))
    else:
        print(promise_table(rows))
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
