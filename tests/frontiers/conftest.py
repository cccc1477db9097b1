"""The published tables, by corpus, family and style, as fractions and FLOPs."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

DATA = Path(__file__).parent / "data"


class Curve(NamedTuple):
    """One style's five sizes on one family."""

    sizes_b: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    inference_flops: NDArray[np.float64]
    teacher: float


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def published() -> Callable[[str, str, str], Curve]:
    laws = {
        (row["family"], row["style"]): (float(row["coefficient_flops"]), float(row["exponent"]))
        for row in _rows("inference_flops.csv")
    }
    accuracy = _rows("accuracy.csv")

    def curve(corpus: str, family: str, style: str) -> Curve:
        rows = [row for row in accuracy if (row["corpus"], row["family"]) == (corpus, family)]
        sizes = np.array([float(row["student_b"]) for row in rows])
        coefficient, exponent = laws[family, style]
        return Curve(
            sizes,
            np.array([float(row[style]) for row in rows]) / 100,
            coefficient * sizes**exponent,
            float(rows[0]["teacher"]) / 100,
        )

    return curve
