"""Commands on results: samples, lineage, reports, decisions."""

import json
from pathlib import Path
from typing import Annotated

import typer

from breakeven.cli.completion import (
    family_names,
    one_of,
    outcome_names,
    row_names,
    task_and_family_names,
)
from breakeven.cli.numbers import ABOVE_ZERO, AMOUNT, COUNT, FRACTION, SEED, number
from breakeven.cli.options import Json
from breakeven.cli.telling import report_or_summary
from breakeven.core.errors import InputError


def show(
    where: Annotated[
        str,
        typer.Argument(
            help="A task, a family such as math-open, or all.",
            autocompletion=task_and_family_names(),
        ),
    ],
    student: Annotated[
        str | None,
        typer.Option(
            help="Whose answers; of the largest student by default.",
            autocompletion=row_names("students"),
        ),
    ] = None,
    arm: Annotated[
        list[str] | None,
        typer.Option(
            help="An arm; all by default. May be given again.", autocompletion=row_names("arms")
        ),
    ] = None,
    seed: Annotated[int | None, number(SEED, "The first one by default.")] = None,
    decoding: Annotated[
        str | None,
        typer.Option(
            help="The first one by default.", autocompletion=row_names("answering.decodings")
        ),
    ] = None,
    flips: Annotated[
        bool, typer.Option("--flips", help="Wrong without a trace and right with one.")
    ] = False,
    lost: Annotated[
        bool, typer.Option("--lost", help="Right without a trace and wrong with one.")
    ] = False,
    outcome: Annotated[
        list[str] | None,
        typer.Option(
            help="What an answer came to: right, wrong, looping, … May be given again.",
            autocompletion=outcome_names,
        ),
    ] = None,
    of: Annotated[
        str | None,
        typer.Option(
            help="The arm that came to it; any arm shown by default.",
            autocompletion=row_names("arms"),
        ),
    ] = None,
    item: Annotated[str | None, typer.Option(help="This question alone.")] = None,
    most: Annotated[int, number(COUNT, "The most questions.")] = 5,
    whole: Annotated[bool, typer.Option("--whole", help="Show traces whole.")] = False,
    as_json: Json = False,
) -> None:
    """Show questions with the answers of every arm side by side, what a trace gained first.

    Examples: breakeven show math-open --student t500k --flips;
    breakeven show chain-open --arm reasoning --outcome looping --whole
    """
    from breakeven.browse.sample_text import sample_lines
    from breakeven.browse.samples import Wanted, find_questions
    from breakeven.params import load_params

    params = load_params()
    if flips and lost:
        raise InputError("--flips: --lost asks for the opposite; use one of them")
    wanted = Wanted(
        where,
        student,
        tuple(arm or ()),
        seed,
        decoding,
        "gained" if flips else "lost" if lost else None,
        tuple(outcome or ()),
        of,
        item,
        most,
    )
    found = find_questions(params, wanted)
    typer.echo(
        json.dumps(found.as_dict(), allow_nan=False)
        if as_json
        else "\n".join(sample_lines(found, whole=whole))
    )


def trace(
    number: Annotated[
        str | None,
        typer.Argument(help="As in tables: task or family, student, arm; a decoding behind it."),
    ] = None,
    completion: Annotated[
        str | None,
        typer.Option(
            "--completion", "--pair", help="The id of a training prompt, or id/ift, id/reasoning."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Tell what a number rests on, file by file with digests, or what rests on a completion.

    Examples: breakeven trace math-open/t500k/reasoning;
    breakeven trace --completion chain-000000/reasoning --json
    """
    from breakeven.lineage.backward import trace_completion
    from breakeven.lineage.forward import trace_number
    from breakeven.lineage.lines import chain_lines, uses_lines
    from breakeven.lineage.numbers import FORM, parse_name
    from breakeven.params import load_params

    params = load_params()
    if number is not None and completion is None:
        chain = trace_number(params, parse_name(params, number))
        found, lines = chain.as_dict(), chain_lines(chain)
    elif completion is not None and number is None:
        uses = trace_completion(params, completion)
        found, lines = uses.as_dict(), uses_lines(uses)
    else:
        raise InputError(f"name a number ({FORM}) or a --completion, one of them")
    typer.echo(json.dumps(found, allow_nan=False) if as_json else "\n".join(lines))


def replay(
    hardware: Annotated[
        str | None, typer.Option(help="Also what its answers would cost there: H100, L4, …")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where the report is written.")] = Path("replay"),
    as_json: Json = False,
) -> None:
    """Build the report from the published numbers, or print what they say.

    Examples: breakeven replay --folder replay; breakeven replay --hardware H100 --json
    """
    from breakeven.report.outside_results import replayed

    report_or_summary(*replayed(hardware), folder, as_json)


def import_(
    path: Annotated[Path, typer.Argument(help="A .csv, .parquet or .yaml; see docs/import.md.")],
    folder: Annotated[Path, typer.Option(help="Where the report is written.")] = Path("imported"),
    family: Annotated[
        list[str] | None, typer.Option(help="A family of tasks beyond the four of the study.")
    ] = None,
    hardware: Annotated[
        list[str] | None,
        typer.Option(help="Also what answers would cost there: H100, L4, …; may be given again."),
    ] = None,
    costs: Annotated[
        Path | None,
        typer.Option(help="A params file whose costs have token prices, devices, a currency."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Build the report from anyone's accuracies, tokens or evaluation logs.

    With --hardware, students called as a model that `breakeven flops` knows have its architecture;
    with --costs, those with a row in costs.token_prices are paid by the token.

    Examples: breakeven import results.csv; breakeven import logs.yaml --family code-open --json;
    breakeven import results.csv --hardware H100 --hardware L4 --costs params.yaml
    """
    from breakeven.params import load_params
    from breakeven.params.pricing import Pricing
    from breakeven.report.outside_results import imported

    pricing = Pricing() if costs is None else load_params(costs).costs
    found = imported(path, tuple(family or ()), tuple(hardware or ()), pricing)
    report_or_summary(*found, folder, as_json)


def decide(
    family: Annotated[
        str,
        typer.Option(help="The family of tasks, such as math-open.", autocompletion=family_names()),
    ],
    queries: Annotated[
        float, number(AMOUNT, "Questions over the model's life: 1e6, 1M or 1,000,000.")
    ],
    budget: Annotated[float | None, number(AMOUNT, "The most the whole life may cost.")] = None,
    price_per_device_hour: Annotated[float | None, number(AMOUNT, "Money.")] = None,
    max_seconds_per_answer: Annotated[
        float | None,
        number(
            AMOUNT,
            "Device-seconds of an answer: a bound on throughput.",
            "--max-device-seconds",
            "--max-seconds-per-answer",
        ),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(help="Model seconds and money there: H100, L4, or one of costs.hardware."),
    ] = None,
    batch: Annotated[
        int | None,
        number(COUNT, "Answers at once on --device; as many as fit by default."),
    ] = None,
    max_latency_seconds: Annotated[
        float | None,
        number(ABOVE_ZERO, "What one person waits on --device; sets how many answers at once."),
    ] = None,
    register: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Enter the choice in MLflow's registry by this name."),
    ] = None,
    value_per_correct: Annotated[
        float | None, number(AMOUNT, "What a right answer is worth, in money.")
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(
            help="Count costs in flops, device-seconds, money or joules.",
            autocompletion=one_of(("flops", "device-seconds", "money", "joules")),
        ),
    ] = None,
    without_teacher: Annotated[
        bool,
        typer.Option(
            "--without-teacher",
            help="Leave the teacher's work out; else it counts where it is known of both styles.",
        ),
    ] = False,
    with_judging: Annotated[bool, typer.Option(help="Count the judge's work.")] = False,
    with_tuning: Annotated[
        bool, typer.Option(help="Count the trainings that rates were chosen by.")
    ] = False,
    results: Annotated[
        Path | None, typer.Option(help="A results file instead of the study here.")
    ] = None,
    costs: Annotated[
        Path | None,
        typer.Option(help="With --results: a params file whose costs have prices and devices."),
    ] = None,
    size: Annotated[
        float | None,
        number(ABOVE_ZERO, "Ask the law of the gain for so many parameters: 3e9, 3B."),
    ] = None,
    depth: Annotated[float | None, number(ABOVE_ZERO, "Serial steps, for the law.")] = None,
    token_ratio: Annotated[
        float | None, number(ABOVE_ZERO, "Reasoning's tokens over IFT's, for the law.")
    ] = None,
    ift_accuracy: Annotated[
        float | None, number(FRACTION, "IFT's accuracy there, a fraction, for the law.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Choose the size and arm for so many questions, and say how sure that is.

    Examples: breakeven decide --family math-open --queries 1e6 --price-per-device-hour 2 --json;
    breakeven decide --family math-open --queries 1e6 --device H100 --max-latency-seconds 2;
    breakeven decide --family math-open --queries 1e6 --size 3e9 --depth 8;
    breakeven decide --family math-open --queries 1e6 --register math-student
    """
    from breakeven.core.terminal import fitted, terminal_columns
    from breakeven.decide.by_law import law_request
    from breakeven.decide.decide_command import OnDevice, decide_command
    from breakeven.decide.decision_text import decision_lines

    if batch is not None and device is None:
        raise InputError("decide: --batch: is of a device; give --device")
    if costs is not None and results is None:
        raise InputError("decide: --costs: is of a table; give --results, or edit params.yaml")
    if register is not None and results is not None:
        raise InputError("decide: --register: is of the study here; leave --results out")
    decision = decide_command(
        family,
        queries,
        budget=budget,
        price_per_device_hour=price_per_device_hour,
        max_seconds_per_answer=max_seconds_per_answer,
        value_per_correct=value_per_correct,
        unit=unit,
        with_teacher=not without_teacher,
        with_judging=with_judging,
        with_tuning=with_tuning,
        results_file=results,
        costs_file=costs,
        law=law_request(size, depth, token_ratio, ift_accuracy),
        device=None if device is None else OnDevice(device, batch),
        max_latency_seconds=max_latency_seconds,
    )
    lines = decision_lines(decision)
    if register is not None:
        from breakeven.decide.register import register_choice

        entry = register_choice(decision, register)
        decision = {**decision, "registered": entry._asdict()}
        lines.append(f"registered in MLflow: {entry.name}, version {entry.version}")
    typer.echo(
        json.dumps(decision, allow_nan=False)
        if as_json
        else "\n".join(fitted(lines, terminal_columns()))
    )
