"""Commands on costs: of one answer, of a study before it runs."""

import json
from pathlib import Path
from typing import Annotated

import typer

from breakeven.cli.numbers import ABOVE_ZERO, AMOUNT, COUNT, COUNT_OR_NONE, Numbers, number
from breakeven.cli.options import Json
from breakeven.cli.telling import tell_flat

_OF_PEAK = Numbers(1e-6, 1)


def flops(
    model: Annotated[str, typer.Option(help="A bundled name, or a config.json or its folder.")],
    prompt: Annotated[int, number(COUNT, "Prompt tokens.")],
    new: Annotated[int, number(COUNT_OR_NONE, "Generated tokens.")],
    formula: Annotated[str, typer.Option(help="exact, or paper (as published).")] = "exact",
    as_json: Json = False,
) -> None:
    """Count the FLOPs of one answer.

    Example: breakeven flops --model Qwen2.5-0.5B --prompt 100 --new 1000 --formula paper --json
    """
    from breakeven.costs.flops_report import flops_report

    tell_flat(flops_report(model, prompt, new, formula), as_json)


def plan(
    path: Annotated[Path, typer.Argument(help="The params file.")] = Path("params.yaml"),
    device: Annotated[
        str,
        typer.Option(
            help="Who pays: here, or a device of the table (H100, A100, L4, B200, MI300X and more)."
        ),
    ] = "here",
    calibrate: Annotated[
        bool, typer.Option(help="Measure this machine first, on a small study of the same kind.")
    ] = False,
    price_per_device_hour: Annotated[
        float | None, number(AMOUNT, "Instead of the one in params.yaml.")
    ] = None,
    training_share: Annotated[
        float, number(_OF_PEAK, "Share of the peak in training, assumed.")
    ] = 0.4,
    answering_share: Annotated[
        float, number(_OF_PEAK, "Share of the peak in generation, assumed.")
    ] = 0.1,
    number_format: Annotated[
        str, typer.Option("--format", help="Of a served student: bfloat16, float32, float8, int4.")
    ] = "bfloat16",
    devices: Annotated[
        int, number(COUNT, "How many share each served student (tensor parallel).")
    ] = 1,
    latency_seconds: Annotated[
        float | None, number(ABOVE_ZERO, "What one person waits for a served answer.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Tell what a study will cost before it runs: tokens, FLOPs, device-hours, disk, memory, money.

    With --device also what a query costs where it is served: seconds and money.

    Examples: breakeven plan --calibrate; breakeven plan profiles/paper.yaml --device H100 --json
    """
    from breakeven.params import load_params
    from breakeven.planning.plan_command import ServingOptions, plan_study, print_plan
    from breakeven.planning.rates import AssumedUtilisation

    found = plan_study(
        load_params(path),
        device_name=device,
        utilisation=AssumedUtilisation(training_share, answering_share),
        calibrated=calibrate,
        price_per_device_hour=price_per_device_hour,
        serving=ServingOptions(number_format, devices, latency_seconds),
    )
    if as_json:
        typer.echo(json.dumps(found.as_dict(), allow_nan=False))
    else:
        print_plan(found)
