"""What one MLflow run shows, as plain data: its digest is the run's identity."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from breakeven.core.files import digest_json

# Raise it when the same records shall be shown differently: every run is then made anew.
LAYOUT = 1
# Step and value, and the Unix time in milliseconds where a value is of a moment.
Point = tuple[int, float] | tuple[int, float, int]


@dataclass(frozen=True)
class RunDataset:
    """A file that was read or written; `context` is its role, `digest` the SHA-256 of its bytes."""

    name: str
    path: str
    digest: str
    context: str


@dataclass(frozen=True)
class RunModel:
    """Weights that stay where they are: MLflow holds their path and digest only."""

    name: str
    kind: str
    path: str
    digest: str


@dataclass(frozen=True)
class RunContents:
    """What one run shows; a newer run of the same `cell` replaces an older one.

    `keys` can be filtered and grouped by; they are shown as params and as tags. `series` maps a
    metric to its points. `files` maps a path inside the run's artifacts to the digest
    of the file, which lies under `folder`.
    """

    cell: str
    name: str
    note: str
    keys: Mapping[str, str]
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    series: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)
    datasets: tuple[RunDataset, ...] = ()
    model: RunModel | None = None
    folder: Path | None = None
    files: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that the run shows."""
        shown = {one.name: getattr(self, one.name) for one in fields(self)}
        shown["datasets"] = [asdict(one) for one in self.datasets]
        shown["model"] = asdict(self.model) if self.model else None
        shown["folder"] = str(self.folder)  # a Path, which JSON has no form for
        return digest_json([LAYOUT, shown])


def flattened(prefix: str, values: Mapping[str, Any]) -> dict[str, str]:
    """Nested parameters as dotted names and text; lists stay one value."""
    found: dict[str, str] = {}
    for key, value in values.items():
        name = f"{prefix}.{key}"
        if isinstance(value, Mapping):
            found |= flattened(name, value)
        elif value is not None:
            found[name] = str(value)
    return found


def measured(values: Mapping[str, float | None], pattern: str = "{}") -> dict[str, float]:
    """The numbers that were measured, renamed by `pattern`."""
    return {
        pattern.format(name): float(value) for name, value in values.items() if value is not None
    }
