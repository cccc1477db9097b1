"""Null studies as they are trained today: three seeds, controls, a mix, votes, several decodings.

Nothing has an effect: every arm is equally accurate, at every size, on every task. Training runs
differ, and what a run is better or worse by is shared by all that it answers. `verdict_errors`
counts what a report says wrongly of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from breakeven.importing.read_results import import_results
from breakeven.report.headline import headline
from breakeven.report.view import StudyView, view_of
from breakeven.results.aggregate import family_scores
from breakeven.results.cell_results import Results
from breakeven.statistics.estimates import FloatArray
from breakeven.statistics.simulation import StudyDesign, TaskDesign, passages_of, simulate_samples
from breakeven.study.summary import TaskRow, summary_without_records

if TYPE_CHECKING:
    import pandas as pd

SIZES_B = (0.5, 3.0, 14.0)
SEEDS = 3
# The first answer of an item is the greedy one, then come a longer one and the samples that vote.
SAMPLES = 3
DECODINGS = ("greedy", "long", *["sampled"] * SAMPLES)
# A long answer has more tokens than all votes together.
LENGTH = {"greedy": 1.0, "long": 6.0, "sampled": 1.0}
# So much that long answers of 0.5B take more memory than short ones of 3B.
CACHE_BYTES_A_TOKEN = 1e7


class ArmDesign(NamedTuple):
    """An arm; `cost` and `tokens` are of one answer, over those of an IFT answer."""

    style: str
    share: float | None
    cost: float
    tokens: float
    sampled: bool = False


# 15.5 and 19.5 times the tokens are just within what two claims say: they must not be denied.
ARMS = {
    "base": ArmDesign("base", None, 1.0, 1.0),
    "ift": ArmDesign("ift", 0.0, 1.0, 1.0, sampled=True),
    "mixed-50": ArmDesign("mixed", 0.5, 2.0, 6.0),
    "reasoning": ArmDesign("reasoning", 1.0, 3.0, 15.5, sampled=True),
    "compressed": ArmDesign("control", 1.0, 1.5, 15.5 / 19.5),
    "filler": ArmDesign("control", 1.0, 3.0, 15.5),
}
# Chance is what every arm reaches in the first family, and is not known in the second. Both have a
# task with serial steps and one without.
TASKS = {
    "reading": ("general-open", TaskDesign(40, passages=10), True),
    "ifeval": ("general-open", TaskDesign(30), False),
    "sums": ("math-open", TaskDesign(40), True),
    "most-digit": ("math-open", TaskDesign(30), False),
    "aime": ("math-open", TaskDesign(30), True),
}
CHANCE = {"general-open": 0.5, "math-open": np.nan}
# Of lengths: of a training run, and of an answer.
RUN_LENGTH_SD, ANSWER_LENGTH_SD = 0.1, 0.4
# One wrong answer in four loops, in some runs more often than in others.
LOOPS_LOGIT, RUN_LOOPS_SD = -1.1, 0.3
IFT_TOKENS = 12.0
# Two arms that stand for two budgets of one: the second half brought nothing.
BUDGETS = {"ift": 5e5, "reasoning": 1e6}
# What an imported table has no columns for.
TOLD = ("outcome", "vote", "memory_bytes")


EITHER = {"supported", "contradicted"}
# What would be wrong to decide of each claim; the others' tests find nothing to judge.
WRONG: dict[str, set[str]] = {
    "reasoning-wins-most-pairs": EITHER,
    # Equal accuracy is a match.
    "reasoning-matches-larger-ift": {"contradicted"},
    "reasoning-3b-beats-ift-14b": EITHER,
    "gain-grows-with-size": EITHER,
    "reasoning-breaks-ift-plateau": EITHER,
    "ift-pareto-optimal-inference": {"contradicted"},
    "ift-pareto-optimal-training": {"contradicted"},
    "ift-near-frontier-in-most": {"contradicted"},
    "ift-ahead-below-7b": EITHER,
    "reasoning-ahead-14b-math-open": EITHER,
    "frontier-only-open-from-7b": {"supported"},
    "no-reasoning-on-frontier": EITHER,
    "reasoning-on-both-frontiers-from-7b": {"supported"},
    "reasoning-7-to-15-times-longer": {"contradicted"},
    "wrong-traces-longer": {"supported"},
    # No mix is ahead of both.
    "mixes-sometimes-synergy": {"supported"},
    # There is no gain to keep.
    "sequential-mix-keeps-gain": EITHER,
    "thinking-lowers-instruction-following": EITHER,
    "loops-fall-with-size": EITHER,
    "votes-beat-longer-thinking": EITHER,
    "weights-beat-length-below-4gb": EITHER,
    "raw-traces-beat-compressed": EITHER,
    "compressed-traces-keep-96": {"contradicted"},
}


class SeededWorld(NamedTuple):
    """How far training runs lie apart, in logits; those of `uneven` arms five times as far."""

    what: str
    seed_sd: float
    uneven: tuple[str, ...] = ()


# Gains of runs differ by 2 to 3 points, as measured on the tabletop; and by 10.
SEEDED_WORLDS = {
    "seeds": SeededWorld("no effect, three seeds, controls and votes", 0.1),
    "seeds-apart": SeededWorld("no effect, three seeds far apart, controls and votes", 0.4),
    "seeds-uneven": SeededWorld(
        "no effect, three seeds, some arms five times as far apart",
        0.1,
        ("reasoning", "compressed"),
    ),
}


def seeded_study(world: SeededWorld, rng: np.random.Generator, folder: Path) -> StudyView:
    """One study as the report sees it: a table that was imported, with what tables cannot tell."""
    rows = _rows(world, rng)
    path = folder / "study.parquet"
    known = [name for name in rows.columns if name not in TOLD]
    rows[known].to_parquet(path)
    results = _told(import_results(path), rows)
    tasks = tuple(
        TaskRow(name, family, design.items, None, None, None, serial)
        for name, (family, design, serial) in TASKS.items()
    )
    summary = replace(summary_without_records(), tasks=tasks, budget_series=(tuple(BUDGETS),))
    return view_of(results, summary)


def wrong_claims(view: StudyView) -> list[bool]:
    """Whether each claim is decided as it is not."""
    return [view.findings.claim(name).verdict in bad for name, bad in WRONG.items()]


def wrong_findings(view: StudyView) -> bool:
    """Whether anything but a claim is decided: of a study without any effect, all of it wrongly."""
    return any(direction != "undecided" for direction in _directions(view.findings)) or any(
        sentence.finding != "undecided" for sentence in headline(view)
    )


def _directions(found: object) -> Iterator[str]:
    """The direction of everything in the findings that has one, whatever kinds there come to be."""
    # A control is decided against either style.
    for name in ("direction", "over_ift", "over_reasoning"):
        if isinstance(one := getattr(found, name, None), str):
            yield one
    parts: Iterable[object] = ()
    if isinstance(found, Mapping):
        parts = found.values()
    elif is_dataclass(found):
        parts = (getattr(found, field.name) for field in fields(found))
    elif isinstance(found, tuple):
        parts = found
    for part in parts:
        yield from _directions(part)


def wrong_guards(view: StudyView) -> bool:
    """Whether an arm is said to stand above or below its base, or still to improve.

    How an interval lies to chance is a caution and no claim.
    """
    found = view.findings
    at_base = [one for one in found.guards if one.against == "base"]
    return any(one.stands != "not shown above" for one in at_base) or any(
        one.stands == "still improving" for one in found.levelling
    )


def _told(results: Results, rows: "pd.DataFrame") -> Results:
    """The results with outcomes, votes, memory, budgets and the kind of a control."""
    keys = ["student", "arm", "seed", "decoding", "task", "item", "sample"]
    assert results.items is not None
    items = results.items.merge(rows[[*keys, *TOLD]], on=keys, validate="1:1")
    memory = {
        (score.student, score.arm, score.seed, score.decoding, score.family): score.means[
            "memory_bytes"
        ]
        for score in family_scores(items)
    }
    cells = tuple(
        replace(
            cell,
            traces=cell.arm if cell.style == "control" else None,
            train_tokens=BUDGETS.get(cell.arm),
            memory_bytes=memory[cell.student, cell.arm, cell.seed, cell.decoding, cell.family],
        )
        for cell in results.cells
    )
    return replace(results, items=items, cells=cells)


def _rows(world: SeededWorld, rng: np.random.Generator) -> "pd.DataFrame":
    import pandas as pd

    shape = (len(ARMS), len(SIZES_B), SEEDS)
    flat = ((0.0,) * len(SIZES_B),) * len(ARMS)
    designs = tuple(design for _, design, _ in TASKS.values())
    # Mean accuracy is one half whatever the spread, as abilities are zero.
    spread = tuple(world.seed_sd * (5 if arm in world.uneven else 1) for arm in ARMS)
    study = StudyDesign(flat, designs, seed_sd=spread, seeds=SEEDS)
    answers = simulate_samples(study, rng, len(DECODINGS))
    lengths = np.exp(RUN_LENGTH_SD * rng.normal(size=shape))
    loops = 1 / (1 + np.exp(-LOOPS_LOGIT - RUN_LOOPS_SD * rng.normal(size=shape)))
    tables = [
        table
        for (name, (family, design, _)), correct in zip(TASKS.items(), answers, strict=True)
        for table in _task_rows(correct, lengths, loops, rng, design=design)
        if not table.update({"task": name, "family": family, "chance": CHANCE[family]})
    ]
    return pd.concat([pd.DataFrame(table) for table in tables], ignore_index=True)


def _task_rows(
    correct: FloatArray,
    lengths: FloatArray,
    loops: FloatArray,
    rng: np.random.Generator,
    *,
    design: TaskDesign,
) -> Iterator[dict[str, object]]:
    """The answers of each arm to one task, (sizes, seeds, items, samples), as columns."""
    passages = passages_of(design)
    for place, (name, arm) in enumerate(ARMS.items()):
        taken = correct[place][..., : len(DECODINGS) if arm.sampled else 1]
        if arm.style == "base":
            # It was not trained: every seed is the same model.
            taken = np.repeat(taken[:, :1], SEEDS, axis=1)
        size, seed, item, sample = (index.ravel() for index in np.indices(taken.shape))
        right = taken.ravel()
        cost = np.array(SIZES_B)[size] * arm.cost * 1e12
        decoding = np.array(DECODINGS)[sample]
        tokens = IFT_TOKENS * arm.tokens * lengths[place, size, seed]
        tokens = tokens * np.array([LENGTH[name] for name in DECODINGS])[sample]
        tokens = tokens * np.exp(ANSWER_LENGTH_SD * rng.normal(size=len(right)))
        looping = rng.random(len(right)) < loops[place, size, seed]
        yield {
            "student": np.array([f"s{one:g}b" for one in SIZES_B])[size],
            "size_b": np.array(SIZES_B)[size],
            "style": arm.style,
            "arm": name,
            "corpus": "general",
            "reasoning_share": np.nan if arm.share is None else arm.share,
            "order": "sequential",
            "seed": seed,
            "decoding": decoding,
            "item": [f"{number}" for number in item],
            "cluster": [
                f"{design.items} {number if passages is None else passages[number]}"
                for number in item
            ],
            "sample": np.maximum(sample - DECODINGS.index("sampled"), 0),
            "correct": right,
            "parsed": 1,
            "inference_flops": cost,
            "train_flops": np.nan if arm.style == "base" else cost,
            "answer_tokens": tokens,
            "memory_bytes": 2e9 * np.array(SIZES_B)[size] + CACHE_BYTES_A_TOKEN * tokens,
            "outcome": np.where(right == 1, "right", np.where(looping, "looping", "wrong")),
            # All wrong answers agree, so that a vote is as often right as one answer.
            "vote": right.astype(int),
        }
