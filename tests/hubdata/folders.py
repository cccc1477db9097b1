"""Data sets as folders, with the columns, splits and cards that the real ones have."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

PUBLISHED = pa.schema([("prompt", pa.string()), ("reasoning", pa.string()), ("ift", pa.string())])


def write_split(
    folder: Path,
    split: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    shards: int = 1,
    schema: pa.Schema | None = None,
) -> None:
    """A split's Parquet files, named as the hub names them."""
    size = -(-len(rows) // shards)
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for shard in range(shards):
        part = list(rows[shard * size : (shard + 1) * size])
        table = pa.Table.from_pylist(part, schema=schema)
        name = f"{split}-{shard:05d}-of-{shards:05d}.parquet"
        pq.write_table(table, folder / "data" / name, row_group_size=4)


def write_card(folder: Path, configs: Mapping[str, Mapping[str, str]]) -> None:
    """A README whose head names the files of each split of each config."""
    lines = ["---", "license: mit", "configs:"]
    for config, splits in configs.items():
        lines += [f"- config_name: {config}", "  data_files:"]
        for split, pattern in splits.items():
            lines += [f"  - split: {split}", f"    path: {pattern}"]
    (folder / "README.md").write_text("\n".join([*lines, "---", "Pairs.", ""]))


def published(count: int) -> list[dict[str, str]]:
    """Rows of the published schema, in the spacing that the cards show."""
    return [
        {
            "prompt": f"What is {number} + 1?",
            "reasoning": f"<think>\n{number} and 1 make {number + 1}\n</think>\n\n{number + 1}",
            "ift": f"It is {number + 1}.",
        }
        for number in range(count)
    ]


def published_folder(folder: Path, count: int = 10) -> Path:
    """A folder as the published repositories are: one config, three splits."""
    rows = published(count)
    write_split(folder, "reasoning_ift_pairs", rows, shards=min(3, count), schema=PUBLISHED)
    for style in ("reasoning", "ift"):
        only = [{"prompt": row["prompt"], style: row[style]} for row in rows]
        write_split(folder, style, only)
    splits = ("reasoning_ift_pairs", "reasoning", "ift")
    write_card(folder, {"default": {split: f"data/{split}-*" for split in splits}})
    return folder
