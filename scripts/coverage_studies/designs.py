"""What the simulated studies are: sizes, tasks, and how far the styles truly lie apart."""

from breakeven.statistics.simulation import TaskDesign

SIZES_B = (0.5, 1.5, 3.0, 7.0, 14.0)
PLAIN_TASKS = (TaskDesign(400), TaskDesign(300, easiness=0.8))
# GSM8K, MATH-500 and AIME: the last weighs as much as the first.
UNEQUAL_TASKS = (TaskDesign(1319), TaskDesign(500, -0.5), TaskDesign(30, -1.0))
PASSAGES = (TaskDesign(400, passages=80),)
# Reasoning starts behind, overtakes between 1.5B and 3B, and ends ahead.
CROSSING = ((-1.2, -0.6, -0.2, 0.2, 0.5), (-1.7, -0.8, -0.05, 0.7, 1.2))
# IFT flattens out; from 3B on, neighbours on the frontier differ by about one standard error.
PLATEAU = ((-0.6, -0.1, 0.2, 0.3, 0.37), (-0.9, -0.3, 0.33, 0.5, 0.6))
EQUAL = (CROSSING[0], CROSSING[0])
# At zero a style's accuracy is one half however far its runs lie apart.
LEVEL = ((0.0,) * len(SIZES_B),) * 2

SEEDS = {"seeds": 3, "seed_sd": 0.2}
# Runs of one style lie five times as far apart as those of the other.
UNEVEN = {"seeds": 3, "seed_sd": (0.1, 0.5)}
