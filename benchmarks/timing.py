"""Two ways of one work, timed in turns: their ratio, its spread, the share of the floor."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

_ROOT = str(Path(__file__).resolve().parents[1])


class Run(NamedTuple):
    """One run of a work.

    `seconds` are of the processor, which other work on the machine lengthens least; of the timed
    part where the work tells it, else of the whole command. `floor_seconds` is what its FLOPs take
    at the rate of this machine's matrix products, None where no FLOPs are counted. `produced` is
    a digest of what came out where both ways must produce the same.
    """

    seconds: float
    floor_seconds: float | None = None
    produced: str | None = None


class Benchmark(NamedTuple):
    """A work of ours and the same by a peer, each a command that is run in `folder`.

    A command that prints a JSON object as its last line tells its own seconds; another one is timed
    as a whole. Without a `peer` only ours is timed.
    """

    name: str
    ours: Sequence[str]
    folder: Path
    peer: Sequence[str] | None = None


def measure(one: Benchmark, turns: int) -> dict[str, Any]:
    """`turns` runs of each way, one after the other; the row of results.json.

    Raises:
        RuntimeError: a command failed, or the two produced different things.
    """
    own, peer = [], []
    for _ in range(turns):
        own.append(_run(one.ours, one.folder))
        if one.peer is not None:
            peer.append(_run(one.peer, one.folder))
    produced = {run.produced for run in own + peer if run.produced is not None}
    if len(produced) > 1:
        raise RuntimeError(f"{one.name}: the two ways produced different things")
    ratios = [theirs.seconds / ours.seconds for ours, theirs in zip(own, peer, strict=False)]
    seconds = median(run.seconds for run in own)
    spread = ratios or [run.seconds / seconds for run in own]
    floors = [run.floor_seconds / run.seconds for run in own if run.floor_seconds is not None]
    return {
        "ratio": median(ratios) if ratios else None,
        "median": seconds,
        "spread": [min(spread), max(spread)],
        "floor_share": median(floors) if floors else None,
        "command": f"python -m benchmarks {one.name}",
    }


def _run(command: Sequence[str], folder: Path) -> Run:
    environment = {
        **os.environ,
        # Commands run elsewhere, and some are modules of this package.
        "PYTHONPATH": os.pathsep.join(filter(None, [_ROOT, os.environ.get("PYTHONPATH")])),
        "OMP_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    before = os.times()
    done = subprocess.run(  # noqa: S603 - commands of this package
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    after = os.times()
    if done.returncode:
        raise RuntimeError(
            f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr[-2000:]}"
        )
    lines = done.stdout.strip().splitlines()
    try:
        told = json.loads(lines[-1])
        return Run(told["seconds"], told.get("floor_seconds"), told.get("produced"))
    except (IndexError, ValueError, TypeError, KeyError):
        children = after.children_user + after.children_system
        return Run(children - before.children_user - before.children_system)
