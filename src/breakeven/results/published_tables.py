"""The published tables as typed rows; `published/README.md` says where each comes from."""

import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from breakeven.params import Style


class PublishedAccuracy(NamedTuple):
    """One published pair: accuracies as fractions, student size in billions of parameters."""

    corpus: str
    family: str
    size_b: float
    ift: float
    reasoning: float
    teacher: float


class PublishedPowerLaw(NamedTuple):
    """FLOPs a query = coefficient_flops · (size in billions)^exponent."""

    coefficient_flops: float
    exponent: float

    def at(self, size_b: float) -> float:
        """FLOPs a query of a student of `size_b` billion parameters."""
        return float(self.coefficient_flops * size_b**self.exponent)


class ReleasedCorpus(NamedTuple):
    """Mean bytes a row of the released pairs, and the pairs the paper trained on."""

    prompt_bytes: float
    reasoning_bytes: float
    ift_bytes: float
    pairs: int

    def sample_bytes(self, style: Style) -> float:
        """Mean bytes of prompt and completion."""
        completion = self.reasoning_bytes if style == "reasoning" else self.ift_bytes
        return self.prompt_bytes + completion


class PublishedBenchmark(NamedTuple):
    """A task of the study: questions in its public split, accuracy of guessing (None if open).

    `passages` is the number of texts that its questions are about, None where each has its own.
    """

    family: str
    task: str
    items: int
    chance: float | None
    passages: int | None


@cache
def published_accuracies() -> tuple[PublishedAccuracy, ...]:
    """All 40 published pairs."""
    return tuple(
        PublishedAccuracy(
            row["corpus"],
            row["family"],
            float(row["student_b"]),
            *(float(row[name]) / 100 for name in ("ift", "reasoning", "teacher")),
        )
        for row in _rows("accuracy.csv")
    )


@cache
def published_power_laws() -> dict[tuple[str, str], PublishedPowerLaw]:
    """Inference FLOPs against size, by (family, style)."""
    return {
        (row["family"], row["style"]): PublishedPowerLaw(
            float(row["coefficient_flops"]), float(row["exponent"])
        )
        for row in _rows("inference_flops.csv")
    }


@cache
def released_corpora() -> dict[str, ReleasedCorpus]:
    """Mean lengths of the released pairs, by corpus."""
    return {
        row["corpus"]: ReleasedCorpus(
            float(row["mean_prompt_bytes"]),
            float(row["mean_reasoning_bytes"]),
            float(row["mean_ift_bytes"]),
            int(row["pairs_used_in_paper"]),
        )
        for row in _rows("corpora.csv")
    }


@cache
def published_benchmarks() -> tuple[PublishedBenchmark, ...]:
    """The twelve tasks behind the four families."""
    return tuple(
        PublishedBenchmark(
            row["family"],
            row["task"],
            int(row["items"]),
            float(row["chance"]) if row["chance"] else None,
            int(row["passages"]) if row["passages"] else None,
        )
        for row in _rows("benchmarks.csv")
    )


def _rows(name: str) -> list[dict[str, str]]:
    table = files("breakeven.results").joinpath("published", name)
    return list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
