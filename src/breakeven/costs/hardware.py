"""Devices to train and to answer on: peak by format, memory, bandwidth, price.

    hardware = find_hardware("H100")
    hardware.peak("bfloat16"), hardware.bandwidth_bytes_per_second, hardware.hourly_price

The table is `hardware.csv`, each row with its sources; a cell that nobody could source is empty.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from breakeven.core.errors import InputError, did_you_mean
from breakeven.costs.amounts import Amount
from breakeven.costs.prices import known_price

_TABLE = Path(__file__).with_name("hardware.csv")
# Formats that a matrix product is computed in; the columns of their peaks.
COMPUTE_DTYPES = ("float32", "bfloat16", "float8")


@dataclass(frozen=True)
class Hardware:
    """One device.

    `memory_bytes` and `bandwidth_bytes_per_second` are of its own memory, `peak_flops_per_second`
    is of dense matrix products by the format they are computed in. `price_per_hour` is in the
    study's currency (US dollars in the table) with the day and the page that it was read on,
    and `price_key` where a person states it, if not in `costs.hardware`.
    """

    name: str
    memory_bytes: float
    bandwidth_bytes_per_second: float
    peak_flops_per_second: Mapping[str, float]
    source: str
    price_per_hour: float | None = None
    price_date: str | None = None
    price_source: str | None = None
    price_key: str | None = None

    def peak(self, dtype: str) -> float:
        """Dense FLOPs a second in a format; raises InputError where the device has no figure."""
        if dtype not in self.peak_flops_per_second:
            known = ", ".join(self.peak_flops_per_second)
            raise InputError(
                f"{self.name}: no peak is known for {dtype}; use {known}, or give "
                f"costs.hardware.{self.name}.peak_tflops.{dtype}"
            )
        return self.peak_flops_per_second[dtype]

    @property
    def hourly_price(self) -> Amount:
        """Price an hour; absent where none is known, or where it is zero."""
        key = self.price_key or f"costs.hardware.{self.name}.price_per_hour"
        return known_price(self.price_per_hour, key)


def find_hardware(name: str, own: Iterable[Hardware] = (), key: str = "--device") -> Hardware:
    """A device by its name, in any case of letters; a study's own rows come before the table's.

    Raises InputError on a name that neither has, with the nearest names.
    """
    rows = {row.name.lower(): row for row in (*hardware_table(), *own)}
    if name.lower() not in rows:
        hint = did_you_mean(name, [row.name for row in rows.values()])
        raise InputError(f"{key}: value is {name!r}; {hint}")
    return rows[name.lower()]


@cache
def hardware_table() -> tuple[Hardware, ...]:
    """Every device of the table."""
    with _TABLE.open(encoding="utf-8", newline="") as handle:
        return tuple(_from_row(row) for row in csv.DictReader(handle))


def _from_row(row: dict[str, str]) -> Hardware:
    peaks = {dtype: row[f"{dtype}_tflops"] for dtype in COMPUTE_DTYPES}
    price = row["price_usd_per_hour"]
    return Hardware(
        name=row["name"],
        memory_bytes=float(row["memory_gb"]) * 1e9,
        bandwidth_bytes_per_second=float(row["bandwidth_gb_per_second"]) * 1e9,
        peak_flops_per_second=MappingProxyType(
            {dtype: float(text) * 1e12 for dtype, text in peaks.items() if text}
        ),
        source=row["source"],
        price_per_hour=float(price) if price else None,
        price_date=row["price_date"] or None,
        price_source=row["price_source"] or None,
    )
