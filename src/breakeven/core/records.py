"""Records: what a stage did, as JSON beside its data. MLflow is a view of them.

A record is a DVC output, so it survives `dvc pull` and a cached stage, which a log written while
the stage runs would not.
"""

import importlib.metadata
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from breakeven.core.digests import cached_digest
from breakeven.core.errors import InputError
from breakeven.core.files import digest_json, digest_path, read_json, write_json
from breakeven.core.layout import made_by, record_path, remade_by

_VERSIONED = ("torch", "transformers", "peft", "bitsandbytes", "accelerate", "breakeven")


@dataclass(frozen=True)
class Record:
    """One cell of one stage.

    A number that was not measured is None, with its reason in `absent`.

    Attributes:
        stage: The stage.
        cell: What the cell is of: student, arm, seed, task, source, style or corpus.
        part: Digest of what the stage took of params.yaml (`pipeline.reads`), empty where
            `parameters` hold all of it.
        parameters: The settings that decided the cell.
        metrics: Scalars by name.
        series: Curves by name: `[step, value]` rows, with the Unix time in milliseconds behind
            where a value was sampled as time went by.
        tokens: Tokens by what they were; `cached` and `judge_cached` are a part of the prompts',
            which the service that was asked had read before.
        flops: FLOPs by what they were for.
        device: The device's name.
        device_seconds: Wall-clock seconds that devices were held, by their kind.
        gpu_hours: Hours of accelerators among them; 0.0 on a CPU is a true zero.
        inputs: SHA-256 of each file or folder that was read, by its path.
        outputs: SHA-256 of each file or folder that was written, by its path.
        absent: Why a number is None, by its name.
        details: What is of this stage alone.
        versions: Of Python and of the libraries that decide a result.
    """

    stage: str
    cell: Mapping[str, str | int]
    part: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    series: Mapping[str, Sequence[Sequence[float]]] = field(default_factory=dict)
    tokens: Mapping[str, int | None] = field(default_factory=dict)
    flops: Mapping[str, float | None] = field(default_factory=dict)
    device: str = "cpu"
    device_seconds: Mapping[str, float] = field(default_factory=dict)
    gpu_hours: float = 0.0
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Where this record is kept."""
        return record_path(self.stage, *self.cell.values())

    @property
    def digest(self) -> str:
        """Digest of all that the record says: the identity of the run in MLflow."""
        return digest_json(vars(self))  # no copy, of thousands of points of a curve

    def write(self) -> None:
        """Write the record with its digest to its place, whole or not at all."""
        said = asdict(self)
        write_json(self.path, {**said, "digest": digest_json(said)})


def read_record(stage: str, *cell: str | int) -> Record:
    """Read the record of a cell.

    Raises:
        InputError: there is none, it is not what the stage wrote, or it is another cell's (a file
            that was copied): numbers are published from it.
    """
    path = record_path(stage, *cell)
    row = read_json(path)
    try:
        digest = row.pop("digest", None)
        record = Record(**row)
        # One of before there were digests is taken as it is.
        changed = digest is not None and digest != record.digest
        written_to = record.path
    except (TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: is no record ({reason}){remade_by(path)}") from error
    if changed:
        raise InputError(f"{path}: is not what the stage wrote{remade_by(path)}")
    if written_to != path:  # whole in itself: its digest does not tell
        raise InputError(f"{path}: is the record of another cell ({written_to}){remade_by(path)}")
    return record


def require_as_recorded(paths: Iterable[Path]) -> None:
    """Compare what is to be read of other stages with what their records say that they wrote.

    DVC does so before it runs a stage; a person who runs one by hand has nobody else. What is not
    there is told by who reads it; what has no record, or none that tells of it, is taken as it is.

    Raises:
        InputError: a file or folder is not what its stage wrote.
    """
    for path in paths:
        made = made_by(path)
        if made is not None and path.exists() and record_path(*made).is_file():
            written = read_record(*made).outputs.get(path.as_posix())
            if written is not None and written != digest_path(path, cached_digest):
                raise InputError(f"{path}: is not what its stage wrote{remade_by(path)}")


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that decide a result."""
    found = {"python": platform.python_version()}
    for name in _VERSIONED:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            # Run from a checkout, a package need not be installed.
            continue
    return found
