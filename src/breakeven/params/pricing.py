"""What things cost: device-hours, devices that answers are served on, tokens of services."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from breakeven.params.names import (
    Count,
    Name,
    NotNegative,
    Positive,
    RealNumber,
    Section,
    Text,
)


def _day(value: Any) -> str:  # noqa: ANN401 - whatever was written
    # YAML reads 2026-11-26 as a day, JSON as text.
    try:
        return (value if isinstance(value, date) else date.fromisoformat(value)).isoformat()
    except (TypeError, ValueError) as error:
        raise ValueError("must be a day, such as 2026-11-26") from error


class DeviceRow(Section):
    """A device of the study's own, or what it states of one in the table (`costs/hardware.csv`).

    Names are taken in any case of letters, so that `h100` is the table's H100. `peak_tflops` are of
    dense matrix products by the format they are computed in. The price is of one device.
    """

    memory_gb: Positive | None = None
    bandwidth_gb_per_second: Positive | None = None
    peak_tflops: dict[Literal["float32", "bfloat16", "float8"], Positive] | None = None
    price_per_hour: NotNegative | None = None
    price_date: Annotated[str, BeforeValidator(_day)] | None = None
    price_source: Text | None = None
    source: Text | None = None


class ServingSpeed(Section):
    """What serving is taken to reach of a device: shares, and fixed times of a layer and a pass.

    The defaults are those of `costs.roofline.Achieved`.
    """

    bandwidth_share: Annotated[RealNumber, Field(gt=0.0, le=1.0)] | None = None
    compute_share: Annotated[RealNumber, Field(gt=0.0, le=1.0)] | None = None
    layer_seconds: NotNegative | None = None
    pass_seconds: NotNegative | None = None


class ServedAnswering(Section):
    """Where the report takes answers to be served; each student by itself, in `number_format`.

    `hardware` are names of `costs.hardware` or of the table: those of `costs.hardware` by default,
    where there are some, else an H100 and an L4; an empty list models nothing. `devices` share a
    student, `latency_seconds` is what one person would wait.
    """

    hardware: list[Text] | None = None
    number_format: Literal["float32", "bfloat16", "float8", "int4"] = "bfloat16"
    devices: Count = 1
    latency_seconds: Positive = 10.0


class TokenRow(Section):
    """Prices of a million tokens of a service; cached input without one costs as other input."""

    input: NotNegative | None = None
    cached_input: NotNegative | None = None
    output: NotNegative | None = None


class Pricing(Section):
    """What a device-hour costs, in any one currency; absent where nobody pays.

    `token_prices` go by the model as its endpoint calls it, or by the name of an imported student.
    """

    price_per_device_hour: NotNegative | None = None
    currency: Text = "USD"
    hardware: dict[Name, DeviceRow] | None = None
    serving_speed: ServingSpeed | None = None
    served_on: ServedAnswering | None = None
    token_prices: dict[Text, TokenRow] | None = None
