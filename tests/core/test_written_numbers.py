"""Numbers as people write them; what could mean two things is refused."""

import pytest
from typer.testing import CliRunner

from breakeven.cli import app
from breakeven.core.errors import InputError
from breakeven.core.written_numbers import read_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0.0),
        ("1e6", 1e6),
        ("1E6", 1e6),
        ("1M", 1e6),
        ("1m", 1e6),
        ("1.5k", 1500.0),
        ("3B", 3e9),
        ("2 T", 2e12),
        ("1,000,000", 1e6),
        ("12,345.5", 12345.5),
        ("-2.5", -2.5),
        (".5", 0.5),
        ("1.", 1.0),
        (" 7 ", 7.0),
        ("1e-3", 1e-3),
    ],
)
def test_a_number_is_what_is_written(text: str, value: float) -> None:
    assert read_number(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1X",
        "1,5",
        "1,00",
        "1,0000",
        "1e",
        "1e999",
        "nan",
        "inf",
        "1 000",
        "1MM",
        "1_000",
        "²",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no number; write 1e6, 1M or 1,000,000"):
        read_number(text)


def test_a_command_names_the_option() -> None:
    told = CliRunner().invoke(app, ["decide", "--family", "math-open", "--queries", "lots"])
    assert told.exit_code == 2
    assert "--queries" in told.output
    assert "'lots' is no number; write 1e6, 1M or 1,000,000" in " ".join(told.output.split())


@pytest.mark.parametrize("scale", ["k", "M", "B"])
def test_hundredths_of_a_scale_are_whole_numbers(scale: str) -> None:
    power = {"k": 1, "M": 4, "B": 7}[scale]
    assert all(read_number(f"{n / 100:.2f}{scale}") == n * 10**power for n in range(1, 1000))
