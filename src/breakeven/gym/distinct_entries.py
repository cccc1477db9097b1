"""Distinct entries of a reasoning-gym data set, from a seed, on one side of the train/test line."""

import json
import random
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from breakeven.core.errors import InputError
from breakeven.core.files import digest_json
from breakeven.core.sides import Partition, partition_of
from breakeven.gym.datasets import check_dataset, open_dataset
from breakeven.gym.scoring import full_marks
from breakeven.gym.worked import SOLVED, Worked

# Asks both styles for the same: what is graded is the answer alone.
INSTRUCTION = "Give only the final answer."

# Entries are drawn in chunks of this size, so that a longer list starts with the shorter one.
CHUNK = 200
# Draws in a row without a new content before a data set counts as used up.
PATIENCE = 4_000

_JUNK = "no idea"
# A reference of intermediate_integration that leaves its integral open says nothing.
_OPEN = "Integral("


class GymEntry(NamedTuple):
    """One entry. `worked` is its solution in steps, None for a data set that has no such solver.

    `raw` is reasoning-gym's own entry as JSON can hold it; `cluster` names the template or problem
    that an entry shares with others.
    """

    question: str
    answer: str
    content: str
    grader: str
    worked: Worked | None
    cluster: str
    raw: dict[str, Any]

    @property
    def prompt(self) -> str:
        """The question and what form the answer should have."""
        return f"{self.question}\n{INSTRUCTION}"

    def meta(self, dataset: str, config: Mapping[str, Any]) -> dict[str, Any]:
        """What the grader of this entry needs, and where it comes from."""
        return {"dataset": dataset} | (
            {"config": dict(config), "entry": self.raw} if self.grader == "gym" else {}
        )


def entries(
    where: str,
    dataset: str,
    config: Mapping[str, Any],
    *,
    count: int,
    seed: int,
    partition: Partition,
) -> list[GymEntry]:
    """`count` entries with distinct contents.

    The content's hash decides the partition: "train" and "test" of a data set share no content
    whatever their seeds and configurations. `where` is the row of params, for errors.

    Raises:
        InputError: unknown data set, bad configuration, a data set without reference answers or
            with a scorer that cannot be trusted, or fewer contents than `count`.
    """
    check_dataset(where, dataset, config)
    kept: dict[str, GymEntry] = {}
    misses = 0
    for raw in _draws(where, dataset, config, seed=seed, partition=partition):
        entry = _entry(where, dataset, raw)
        if entry is None or entry.content in kept or partition_of(entry.content) != partition:
            misses += 1
            if misses == PATIENCE:
                raise _too_few(where, dataset, count, partition, len(kept))
            continue
        # Every entry: a configuration may make a scorer untrustworthy for some of them.
        _check_scorer(where, dataset, dict(config), entry)
        kept[entry.content], misses = entry, 0
        if len(kept) == count:
            break
    return list(kept.values())


def _draws(
    where: str, dataset: str, config: Mapping[str, Any], *, seed: int, partition: Partition
) -> Iterator[dict[str, Any]]:
    """Raw entries without end. Chunks have far-off seeds: entry i of a seed is that of seed + i."""
    rng = random.Random(f"gym/{dataset}/{partition}/{seed}")  # noqa: S311 - problems, not secrets
    while True:
        chunk = open_dataset(where, dataset, config, seed=rng.randrange(2**31), size=CHUNK)
        for number in range(CHUNK):
            yield chunk[number]


def _entry(where: str, dataset: str, raw: dict[str, Any]) -> GymEntry | None:
    """An entry, None where its statement does not lead to its answer."""
    if raw["answer"] is None:
        raise InputError(
            f"{where}.dataset: {dataset} has no reference answers, so nothing can be compared; "
            f"use another data set"
        )
    solver = SOLVED.get(dataset)
    worked = solver.work(raw) if solver else None
    answer = str(raw["answer"]).strip()
    if not answer or _OPEN in answer or (solver and worked is None):
        return None
    # From the numbers where a solver knows them, else any wording would be a content of its own.
    what = solver.content(raw) if solver else " ".join(raw["question"].split())
    content = f"gym {dataset} {digest_json(what)[:16]}"
    template = solver.template(raw) if solver and solver.template else None
    return GymEntry(
        question=raw["question"].strip(),
        answer=answer,
        content=content,
        grader=solver.grader if solver else "gym",
        worked=worked,
        cluster=f"gym {dataset} {digest_json(template)[:16]}" if template else content,
        # As the scorer will read it from a file; `_check_scorer` refuses what that breaks.
        raw=json.loads(json.dumps(raw, default=str)),
    )


def _check_scorer(where: str, dataset: str, config: dict[str, Any], entry: GymEntry) -> None:
    """Refuse a data set whose scorer fails its own reference or passes junk."""
    if entry.grader != "gym":
        return
    if not full_marks(dataset, config, entry.raw, entry.answer):
        raise InputError(
            f"{where}.dataset: the scorer of {dataset} does not accept its own reference "
            f"{entry.answer[:40]!r} from a file; use another data set"
        )
    # game_of_life_halting gives junk full marks; a configuration may make others do so.
    if full_marks(dataset, config, entry.raw, _JUNK):
        raise InputError(
            f"{where}.dataset: the scorer of {dataset} accepts {_JUNK!r} as an answer; "
            f"use another data set"
        )


def _too_few(where: str, dataset: str, count: int, partition: Partition, found: int) -> InputError:
    return InputError(
        f"{where}: {dataset} has no new {partition} entry after {found}, {count} are asked for; "
        f"use fewer, or a config with more of them"
    )
