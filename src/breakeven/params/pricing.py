"""What things cost: device-hours, devices that answers are served on, tokens of services."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from breakeven.params.names import (
    Count,
    Name,
    RealNumber,
    Seconds,
    Section,
    Text,
)

# Bounds far past any device and any price, within which costs neither overflow nor vanish.
_Figure = Annotated[RealNumber, Field(ge=1e-6, le=1e9)]
_Price = Annotated[RealNumber, Field(ge=0.0, le=1e12)]
_Reached = Annotated[RealNumber, Field(ge=1e-6, le=1.0)]
_FixedSeconds = Annotated[RealNumber, Field(ge=0.0, le=3600.0)]


def _day(value: Any) -> str:  # noqa: ANN401 - whatever was written
    # YAML reads 2026-11-26 as a day, JSON as text.
    try:
        return (value if isinstance(value, date) else date.fromisoformat(value)).isoformat()
    except (TypeError, ValueError) as error:
        raise ValueError("must be a day, such as 2026-11-26") from error


class DeviceRow(Section):
    """A device of the study's own, or what it states of one in the table (`costs/hardware.csv`).

    Names are taken in any case of letters, so that `h100` is the table's H100.

    Attributes:
        memory_gb: Its memory.
        bandwidth_gb_per_second: What it reads of its memory in a second, by the data sheet.
        peak_tflops: Peak of dense matrix products, by the format they are computed in.
        price_per_hour: Price of one device.
        price_date: The day of the price.
        price_source: Who asks the price.
        source: Where the figures are from.
    """

    memory_gb: _Figure | None = None
    bandwidth_gb_per_second: _Figure | None = None
    peak_tflops: dict[Literal["float32", "bfloat16", "float8"], _Figure] | None = None
    price_per_hour: _Price | None = None
    price_date: Annotated[str, BeforeValidator(_day)] | None = None
    price_source: Text | None = None
    source: Text | None = None


class ServingSpeed(Section):
    """What serving is taken to reach of a device: shares, fixed times, and what moves besides.

    What is left out is as `costs.roofline.Achieved` assumes it (docs/costs.md).

    Attributes:
        bandwidth_share: Share of the bandwidth that decoding reaches.
        compute_share: Share of the peak that reading a prompt reaches.
        layer_seconds: Fixed time of a layer in each pass.
        pass_seconds: Fixed time of a pass, whatever its layers.
        activation_moves: How often an engine reads or writes a token's numbers in a layer, beside
            what its products do.
        batch_layer_seconds: What a layer adds to a batch once, where its first steps are taken
            singly and recorded.
    """

    bandwidth_share: _Reached | None = None
    compute_share: _Reached | None = None
    layer_seconds: _FixedSeconds | None = None
    pass_seconds: _FixedSeconds | None = None
    activation_moves: Annotated[RealNumber, Field(ge=0.0, le=1e6)] | None = None
    batch_layer_seconds: _FixedSeconds | None = None


class ServedAnswering(Section):
    """Where the report takes answers to be served; each student by itself.

    Attributes:
        hardware: Names of `costs.hardware` or of the table: those of `costs.hardware` by default,
            where there are some, else an H100 and an L4; an empty list models nothing.
        number_format: Of the weights as served.
        devices: How many share a student.
        latency_seconds: What one person would wait.
    """

    hardware: list[Text] | None = None
    number_format: Literal["float32", "bfloat16", "float8", "int4"] = "bfloat16"
    devices: Count = 1
    latency_seconds: Seconds = 10.0


class TokenRow(Section):
    """Prices of a million tokens of a service.

    Attributes:
        input: Price of what is read.
        cached_input: Price of what is read again; that of other input where it is left out. Where
            a service does not say how much that is, all that is read costs as `input`.
        output: Price of what is written.
    """

    input: _Price | None = None
    cached_input: _Price | None = None
    output: _Price | None = None


class Pricing(Section):
    """What things cost, in any one currency; a price is absent where nobody pays.

    Attributes:
        price_per_device_hour: Price of an hour of the machine that the study runs on.
        currency: The name of the currency of all prices here.
        hardware: Devices that answers are served on, by name.
        serving_speed: What serving reaches of a device; the assumptions where it is left out.
        served_on: Where answers are taken to be served; the defaults below where it is left out.
        token_prices: By the model as its endpoint calls it, or by the name of an imported student.
    """

    price_per_device_hour: _Price | None = None
    currency: Text = "USD"
    hardware: dict[Name, DeviceRow] | None = None
    serving_speed: ServingSpeed | None = None
    served_on: ServedAnswering | None = None
    token_prices: dict[Text, TokenRow] | None = None
