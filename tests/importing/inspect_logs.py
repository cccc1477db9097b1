"""Logs as Inspect writes them."""

import json
import struct
import zipfile
import zlib
from pathlib import Path

import pyarrow as pa

from breakeven.importing.read_results import import_results


def sample(number: int, value: object = "C", **changes: object) -> dict:
    return {
        "id": number,
        "epoch": 1,
        "input": f"question {number}",
        "scores": {"match": {"value": value}},
        "output": {"choices": [{"stop_reason": "stop"}], "usage": usage(20, 2)},
        "model_usage": {"m/one": usage(20, 2)},
        **changes,
    }


def usage(read: int, new: int, **more: int) -> dict:
    return {"input_tokens": read, "output_tokens": new, "total_tokens": read + new, **more}


def log(*samples: dict, **changes: object) -> dict:
    head = {"task": "sums", "model": "m/one", "task_id": "t"}
    return {"version": 2, "status": "success", "eval": head, "samples": list(samples), **changes}


def imported(folder: Path, path: str = "logs", task: str = "{family: math-open}"):
    file = folder / "runs.yaml"
    file.write_text(
        f"runs:\n  - {{path: {path}, student: s, size_b: 1, style: ift}}\ntasks:\n  sums: {task}\n",
        encoding="utf-8",
    )
    return import_results(file)


def write(folder: Path, content: dict, name: str = "a.json") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder / name


def write_eval(path: Path, content: dict, *, method: int = zipfile.ZIP_DEFLATED) -> None:
    """The entries of an .eval log as Inspect writes them."""
    path.parent.mkdir(exist_ok=True)
    head = {key: value for key, value in content.items() if key != "samples"}
    entries = {
        "_journal/start.json": {"version": 2, "eval": content["eval"]},
        **{f"samples/{one['id']}_epoch_1.json": one for one in content["samples"]},
        "header.json": head,
    }
    if content["status"] == "started":
        del entries["header.json"]
    with zipfile.ZipFile(path, "w", method if method != 93 else zipfile.ZIP_STORED) as archive:
        for name, entry in entries.items():
            archive.writestr(name, json.dumps(entry))
    if method == 93:
        path.write_bytes(zstandard(path))


def zstandard(path: Path) -> bytes:
    """The archive with its stored entries packed by method 93, as Python 3.14 writes them."""
    body, directory = b"", b""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            content, name = archive.read(info), info.filename.encode()
            packed = pa.Codec("zstd").compress(content, asbytes=True)
            sizes = struct.pack("<LLL", zlib.crc32(content), len(packed), len(content))
            common = struct.pack("<HHHHH", 63, 0, 93, 0, 0x5B5B) + sizes
            at = len(body)
            body += b"PK\x03\x04" + common + struct.pack("<HH", len(name), 0) + name + packed
            directory += b"PK\x01\x02" + struct.pack("<H", 63) + common
            directory += struct.pack("<HHHHHLL", len(name), 0, 0, 0, 0, 0, at) + name
    count = directory.count(b"PK\x01\x02")
    end = struct.pack("<HHHHLLH", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end
