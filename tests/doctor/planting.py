"""How faults are planted in a finished study."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from tests.faults.conftest import STUDENT
from tests.faults.damage import DAMAGES

from breakeven.core.files import digest_path, read_jsonl, write_jsonl
from breakeven.core.records import read_record
from breakeven.rows.pair import read_pairs, write_pairs

CELL = f"{STUDENT}/ift/0"
LONG_AGO = 1.0


class Fault(NamedTuple):
    """How a fault is planted, what is said of it, and what mends it."""

    plant: Callable[[], object]
    area: str
    said: str
    mend: str


def edit_params(change: Callable[[dict[str, Any]], object]) -> None:
    tree = yaml.safe_load(Path("params.yaml").read_text())
    change(tree)
    Path("params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))


def conflict(path: str) -> None:
    lines = Path(path).read_text().splitlines(keepends=True)
    lines[3:3] = ["<<<<<<< ours\n", "=======\n", "x: 1\n", ">>>>>>> theirs\n"]
    Path(path).write_text("".join(lines))


def age(path: Path) -> None:
    os.utime(path, (LONG_AGO, LONG_AGO))


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


def left(path: str) -> None:
    write(path, "half")
    age(Path(path))


def set_aside(path: str) -> None:
    aside = Path(path).with_name(f".{Path(path).name}.old")
    Path(path).rename(aside)
    age(aside)


def write_record(stage: str, *cell: str | int, **changes: Any) -> None:
    """A record with other values, and the digest of them."""
    replace(read_record(stage, *cell), **changes).write()


def of_other_pairs(change: Callable[[list[Any]], list[Any]]) -> None:
    """Other pairs, with a record of them: as if the stage had written them."""
    path = Path("data/pairs/general.parquet")
    write_pairs(path, change(read_pairs(path)))
    write_record("pairs", "general", outputs={path.as_posix(): digest_path(path)})


def of_other_completions(change: Callable[[list[Any]], list[Any]]) -> None:
    path = Path("data/distilled/chain/reasoning.jsonl")
    write_jsonl(path, change(read_jsonl(path)))
    outputs = {path.as_posix(): digest_path(path)}
    write_record("distill", "chain", "reasoning", outputs=outputs)


def first_item() -> dict[str, Any]:
    return read_jsonl(Path("data/tasks/chain-open.jsonl"))[0]


def without_an_answer() -> None:
    import pyarrow.parquet as pq

    path = Path("scores/items.parquet")
    table = pq.read_table(path)
    pq.write_table(table.slice(1), path)
    write_record("score", outputs={path.as_posix(): digest_path(path)})


def without_cached(path: str) -> None:
    """The content of an output goes from DVC's cache, of a folder that of one of its files."""
    outs = [one for row in lock()["stages"].values() for one in row.get("outs", [])]
    md5 = next(one["md5"] for one in outs if one["path"] == path)
    cached = cache_file(md5)
    if md5.endswith(".dir"):
        cached = cache_file(json.loads(cached.read_text())[0]["md5"])
    cached.chmod(0o644)
    cached.unlink()


def cached_content(path: str) -> Path:
    """Where DVC's cache has the content of an output."""
    outs = [one for row in lock()["stages"].values() for one in row.get("outs", [])]
    return cache_file(next(one["md5"] for one in outs if one["path"] == path))


def with_damaged_cache(path: str) -> None:
    """The content of an output in DVC's cache is as long as it was, and other bytes."""
    cached = cached_content(path)
    cached.chmod(0o644)
    DAMAGES["flipped"](cached)


def without_an_entry(name: str) -> None:
    tree = lock()
    del tree["stages"][name]
    Path("dvc.lock").write_text(yaml.safe_dump(tree))


def a_pipe(path: str) -> None:
    Path(path).unlink()
    os.mkfifo(path)


def lock() -> dict[str, Any]:
    return yaml.safe_load(Path("dvc.lock").read_text())


def cache_file(md5: str) -> Path:
    return Path(".dvc/cache/files/md5") / md5[:2] / md5[2:]


def huge_scratch() -> None:
    """A file that says it is larger than any disk here, and takes no room."""
    Path(".work").mkdir()
    with Path(".work/checkpoint").open("wb") as handle:
        handle.truncate(shutil.disk_usage(Path()).free + (1 << 30))


def huge_student() -> None:
    """A study of many sizes of weights that no disk here can hold."""
    base = {"kind": "hub", "repo": "Qwen/Qwen2.5-7B", "revision": "0" * 40}
    rows = {f"s{n}": {"base": base} for n in range(60)}
    edit_params(lambda tree: tree["students"].update(rows))
    edit_params(lambda tree: tree["training"].update(method="full"))


def launched_on_devices() -> None:
    configuration = {"distributed_type": "MULTI_GPU", "num_processes": 64, "num_machines": 1}
    Path("launch.yaml").write_text(yaml.safe_dump(configuration))
    edit_params(lambda tree: tree["training"].update(launch="launch.yaml"))
