"""What a finished study took beside its work: `python benchmarks/overhead.py JOBS` in its folder.

From its records: seconds in which a device trained or answered, against the wall clock times the
cells that ran at once. The clock runs from the start of the first cell to the end of the last, and
the seconds that scores and report took by themselves, which may have been made anew since.
"""

import json
import sys
from pathlib import Path

from breakeven.core.files import read_json
from breakeven.core.work_times import WorkTimes, work_times

_WORK = ("train", "answer")
# Alone, one after the other, when all else is done; `make bench` times them in the finished study.
_LAST = ("score", "report")


def main() -> None:
    """Print seconds, as the floor those of the work."""
    jobs = int(sys.argv[1])
    records = [read_json(path) for path in sorted(Path("records").rglob("*.json"))]
    times: dict[str, list[WorkTimes]] = {one["stage"]: [] for one in records}
    for one in records:
        noted = work_times(one["stage"], *one["cell"].values())
        if noted is None:
            raise SystemExit(f"{one['stage']} {one['cell']}: was not run here")
        times[one["stage"]].append(noted)
    last = [one for stage in _LAST for one in times.pop(stage)]
    others = [one for of_stage in times.values() for one in of_stage]
    began, ended = min(one.started_ms for one in others), max(one.ended_ms for one in others)
    wall = (ended - began + sum(one.ended_ms - one.started_ms for one in last)) / 1000
    work = sum(sum(one["device_seconds"].values()) for one in records if one["stage"] in _WORK)
    print(json.dumps({"seconds": jobs * wall, "floor_seconds": work}))


if __name__ == "__main__":
    main()
