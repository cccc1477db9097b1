"""The `breakeven` command."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from breakeven.core.errors import AlreadyReportedError, InputError, did_you_mean
from breakeven.core.exits import exit_code_of
from breakeven.exporting.export_commands import export_app

if TYPE_CHECKING:
    from breakeven.params import Params
    from breakeven.results.cell_results import Results
    from breakeven.study.summary import StudySummary

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="For this task, this model size and this budget: does it pay to let the model think?",
)

tasks_app = typer.Typer(no_args_is_help=True, help="Look after the benchmarks.")
app.add_typer(tasks_app, name="tasks")
app.add_typer(export_app, name="export")


def _number(text: str) -> float:
    """A number as people write it, for options that take large ones."""
    from breakeven.core.written_numbers import read_number

    try:
        return read_number(text)
    except InputError as error:
        raise typer.BadParameter(str(error)) from error


def _row_names(table: str) -> Callable[[str], list[str]]:
    """What a shell offers behind Tab: rows of a table of params.yaml, none where it is no study."""

    def names(incomplete: str) -> list[str]:
        from breakeven.params import load_params

        try:
            rows = getattr(load_params(), table)
        except InputError:
            return []
        return [name for name in rows if name.startswith(incomplete)]

    return names


def _profile_names(incomplete: str) -> list[str]:
    from breakeven.params.profiles import profile_names

    return [name for name in profile_names() if name.startswith(incomplete)]


Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("breakeven"))
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    del version  # its callback has seen to it


def main() -> None:
    """Run the command line: 0 done, 2 the user's input, 3 the machine, 1 our fault."""
    sys.exit(exit_code_of(app))


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="The params file.")] = Path("params.yaml"),
) -> None:
    """Check a params file, and all that it names on this machine, without running anything.

    A dvc.lock that DVC cannot read is mended first.

    Example: breakeven check profiles/tabletop.yaml
    """
    from breakeven.checking.check import check_params
    from breakeven.params import load_params

    # First, so that what begins with a check gets past a lock that DVC refuses to read.
    _repair_lock()
    params = load_params(path)
    found = list(check_params(params, path))
    for one in found:
        if not one.is_error:
            typer.echo(f"warning: {one.line}", err=True)
    errors = [one.line for one in found if one.is_error]
    if errors:
        raise InputError("\n".join(errors))
    _tell_study(params, f"{path}: study {params.study!r}")


@app.command()
def use(
    profile: Annotated[
        str,
        typer.Argument(help="A name in profiles/, such as smoke.", autocompletion=_profile_names),
    ],
    force: Annotated[
        bool, typer.Option("--force", help="Also where params.yaml has changes of its own.")
    ] = False,
) -> None:
    """Take a profile as the study: write profiles/NAME.yaml over params.yaml.

    What has been computed stays and is found again when the profile comes back.

    Examples: breakeven use smoke; breakeven use tabletop --force
    """
    from breakeven.params.profiles import use_profile

    params = use_profile(profile, force=force)
    _tell_study(params, f"params.yaml: study {params.study!r}", "breakeven check, make study")


@app.command()
def new(
    kind: Annotated[str, typer.Argument(help="student, arm, task, source, corpus or decoding.")],
    name: Annotated[str, typer.Argument(help="Its name.")],
    settings: Annotated[
        list[str] | None, typer.Argument(help="key=value; dots go into sections.")
    ] = None,
    like: Annotated[
        str | None, typer.Option(help="A row of the same table, whose values it takes over.")
    ] = None,
    note: Annotated[str | None, typer.Option(help="A comment above the row.")] = None,
) -> None:
    """Add a row to params.yaml, which stays as it is where the study would not be in order.

    Examples: breakeven new arm mixed-25 --like reasoning reasoning_share=0.25;
    breakeven new student t2m --like t500k base.path=assets/tabletop/t2m --note "four times larger"
    """
    from breakeven.params.new_row import KINDS, add_row

    chosen = next((one for one in KINDS if one == kind), None)
    if chosen is None:
        raise InputError(f"{kind!r} is no kind of row; {did_you_mean(kind, KINDS)}")
    params = add_row(chosen, name, settings or (), like=like, note=note)
    _tell_study(params, f"params.yaml: {kind} {name} added", "breakeven check, breakeven status")


@app.command()
def show(
    where: Annotated[
        str,
        typer.Argument(
            help="A task, or a family such as math-open.", autocompletion=_row_names("tasks")
        ),
    ],
    student: Annotated[
        str | None,
        typer.Option(
            help="Whose answers; of the largest student by default.",
            autocompletion=_row_names("students"),
        ),
    ] = None,
    arm: Annotated[
        list[str] | None,
        typer.Option(
            help="An arm; all by default. May be given again.", autocompletion=_row_names("arms")
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The first one by default.")] = None,
    decoding: Annotated[str | None, typer.Option(help="The first one by default.")] = None,
    flips: Annotated[
        bool, typer.Option("--flips", help="Wrong without a trace and right with one.")
    ] = False,
    lost: Annotated[
        bool, typer.Option("--lost", help="Right without a trace and wrong with one.")
    ] = False,
    outcome: Annotated[
        list[str] | None,
        typer.Option(help="What an answer came to: right, wrong, looping, … May be given again."),
    ] = None,
    of: Annotated[
        str | None, typer.Option(help="The arm that came to it; any arm shown by default.")
    ] = None,
    item: Annotated[str | None, typer.Option(help="This question alone.")] = None,
    most: Annotated[int, typer.Option(help="The most questions.", min=1)] = 5,
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


@app.command("trace")
def trace_(
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


@app.command()
def status(as_json: Json = False) -> None:
    """Tell what `dvc repro` would run, and why; a dvc.lock that DVC cannot read is mended first.

    Examples: breakeven status; breakeven status --json
    """
    from breakeven.params import load_params
    from breakeven.pipeline.status import pipeline_status, status_lines

    _repair_lock()
    found = pipeline_status(load_params())
    typer.echo(
        json.dumps(found.as_dict(), allow_nan=False) if as_json else "\n".join(status_lines(found))
    )


@app.command()
def doctor(as_json: Json = False) -> None:
    """Look for all that is wrong with the study here, and name the command that mends each thing.

    Params, libraries, disk, devices, DVC, outputs by their records, cells of former rows, what
    kills have left, overlap with tests, balance of styles. Nothing is changed. Exit code 0 where
    nothing was found, 1 otherwise.

    Examples: breakeven doctor; breakeven doctor --json
    """
    from breakeven.doctor.examine import examine, report_lines

    found = examine()
    typer.echo(
        json.dumps(found.as_dict(), allow_nan=False) if as_json else "\n".join(report_lines(found))
    )
    if not found.healthy:
        raise AlreadyReportedError(1)


@app.command()
def run(
    jobs: Annotated[
        int | None,
        typer.Option(
            help="Cells at once; by default as many as cores or GPUs, and their threads, allow.",
            min=1,
        ),
    ] = None,
    ray_address: Annotated[
        str | None,
        typer.Option(help="host:port of a Ray cluster that this machine and folder are part of."),
    ] = None,
) -> None:
    """Run every cell that is due, several at once; `dvc repro` runs the same one after another.

    A killed run goes on where it was. Output of cells: .work/run/.

    Examples: breakeven run; breakeven run --jobs 2; breakeven run --ray-address 10.0.0.1:6379
    """
    from breakeven.params import load_params
    from breakeven.running.run import run_due_cells

    _repair_lock()
    run_due_cells(load_params(), jobs, ray_address=ray_address)


@app.command()
def flops(
    model: Annotated[str, typer.Option(help="A bundled name, or a config.json or its folder.")],
    prompt: Annotated[int, typer.Option(help="Prompt tokens.", min=1)],
    new: Annotated[int, typer.Option(help="Generated tokens.", min=0)],
    formula: Annotated[str, typer.Option(help="exact, or paper (as published).")] = "exact",
    as_json: Json = False,
) -> None:
    """Count the FLOPs of one answer.

    Example: breakeven flops --model Qwen2.5-0.5B --prompt 100 --new 1000 --formula paper --json
    """
    from breakeven.costs.flops_report import flops_report

    _show(flops_report(model, prompt, new, formula), as_json)


@app.command()
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
    from breakeven.findings.json_summary import summarise
    from breakeven.params.pricing import Pricing
    from breakeven.results.replay import published_lengths, published_shapes, replay_results
    from breakeven.serving.study_hardware import offered_places, served_place
    from breakeven.study.summary import summary_without_records

    place = None if hardware is None else served_place(Pricing(), hardware, "--hardware")
    results = replay_results(place)
    shapes = published_shapes(results)
    summary = replace(
        summary_without_records(),
        served_on=() if place is None else (place,),
        offered=tuple(offered_places(Pricing())),
        shapes=shapes,
        lengths=published_lengths(results, shapes),
    )
    _report_or_summary(results, folder, summarise, as_json, summary)


@app.command("import")
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
    from breakeven.findings.json_summary import summarise
    from breakeven.importing.read_results import import_results
    from breakeven.params import load_params
    from breakeven.params.pricing import Pricing
    from breakeven.results.served import shapes_by_name, with_served
    from breakeven.serving.study_hardware import offered_places, priced_by_token, served_place
    from breakeven.study.summary import summary_without_records

    pricing = Pricing() if costs is None else load_params(costs).costs
    places = [served_place(pricing, name, "--hardware") for name in hardware or ()]
    prices = priced_by_token(pricing)
    results = import_results(path, families=tuple(family or ()))
    shapes = shapes_by_name(results.students())
    if places or prices:
        results = with_served(results, shapes, places, prices)
    summary = replace(
        summary_without_records(),
        served_on=tuple(places),
        offered=tuple(offered_places(pricing)),
        shapes=shapes,
        currency=pricing.currency,
    )
    _report_or_summary(results, folder, summarise, as_json, summary)


@app.command("decide")
def decide_(
    family: Annotated[str, typer.Option(help="The family of tasks, such as math-open.")],
    queries: Annotated[
        float,
        typer.Option(
            parser=_number, metavar="NUMBER", help="Questions over the model's life: 1e6, 1M."
        ),
    ],
    budget: Annotated[
        float | None,
        typer.Option(parser=_number, metavar="NUMBER", help="The most the whole life may cost."),
    ] = None,
    price_per_device_hour: Annotated[float | None, typer.Option(help="Money.")] = None,
    max_seconds_per_answer: Annotated[
        float | None,
        typer.Option(
            "--max-device-seconds",
            "--max-seconds-per-answer",
            help="Device-seconds of an answer: a bound on throughput.",
        ),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(help="Model seconds and money there: H100, L4, or one of costs.hardware."),
    ] = None,
    batch: Annotated[
        int | None,
        typer.Option(help="Answers at once on --device; as many as fit by default.", min=1),
    ] = None,
    max_latency_seconds: Annotated[
        float | None,
        typer.Option(help="What one person waits on --device; sets how many answers at once."),
    ] = None,
    register: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Enter the choice in MLflow's registry by this name."),
    ] = None,
    value_per_correct: Annotated[
        float | None, typer.Option(help="What a right answer is worth, in money.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option(help="Count costs in flops, device-seconds, money or joules.")
    ] = None,
    with_teacher: Annotated[bool, typer.Option(help="Count the teacher's work.")] = False,
    with_judging: Annotated[bool, typer.Option(help="Count the judge's work.")] = False,
    with_tuning: Annotated[
        bool, typer.Option(help="Count the trainings that rates were chosen by.")
    ] = False,
    results: Annotated[
        Path | None, typer.Option(help="A results file instead of the study here.")
    ] = None,
    size: Annotated[
        float | None,
        typer.Option(
            parser=_number,
            metavar="NUMBER",
            help="Ask the law of the gain for so many parameters: 3e9, 3B.",
        ),
    ] = None,
    depth: Annotated[float | None, typer.Option(help="Serial steps, for the law.")] = None,
    token_ratio: Annotated[
        float | None, typer.Option(help="Reasoning's tokens over IFT's, for the law.")
    ] = None,
    ift_accuracy: Annotated[
        float | None, typer.Option(help="IFT's accuracy there, a fraction, for the law.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Choose the size and arm for so many questions, and say how sure that is.

    Examples: breakeven decide --family math-open --queries 1e6 --price-per-device-hour 2 --json;
    breakeven decide --family math-open --queries 1e6 --device H100 --max-latency-seconds 2;
    breakeven decide --family math-open --queries 1e6 --size 3e9 --depth 8;
    breakeven decide --family math-open --queries 1e6 --register math-student
    """
    from breakeven.decide.by_law import law_request
    from breakeven.decide.decide_command import OnDevice, decide_command
    from breakeven.decide.decision_text import decision_lines

    if batch is not None and device is None:
        raise InputError("decide: --batch: is of a device; give --device")
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
        with_teacher=with_teacher,
        with_judging=with_judging,
        with_tuning=with_tuning,
        results_file=results,
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
    typer.echo(json.dumps(decision, allow_nan=False) if as_json else "\n".join(lines))


@tasks_app.command("list")
def tasks_list(as_json: Json = False) -> None:
    """List the benchmarks of the catalogue: family, grader, items, where they are.

    Examples: breakeven tasks list; breakeven tasks list --json
    """
    from breakeven.catalogue.listing import listing, listing_lines

    rows = listing()
    typer.echo(json.dumps(rows, allow_nan=False) if as_json else "\n".join(listing_lines(rows)))


@tasks_app.command("check")
def tasks_check(
    benchmarks: Annotated[
        list[str] | None, typer.Argument(help="Names in the catalogue; all by default.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Copies of the data sets, a folder a benchmark.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare the catalogue of benchmarks with the hub: commits, splits, fields, counts.

    Examples: breakeven tasks check; breakeven tasks check gsm8k aime --json
    """
    from breakeven.catalogue.hub_check import command

    command(benchmarks or (), folder, as_json)


@app.command()
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
        float | None, typer.Option(help="Instead of the one in params.yaml.", min=0)
    ] = None,
    training_share: Annotated[
        float, typer.Option(help="Share of the peak in training, assumed.", min=1e-6, max=1)
    ] = 0.4,
    answering_share: Annotated[
        float, typer.Option(help="Share of the peak in generation, assumed.", min=1e-6, max=1)
    ] = 0.1,
    number_format: Annotated[
        str, typer.Option("--format", help="Of a served student: bfloat16, float32, float8, int4.")
    ] = "bfloat16",
    devices: Annotated[
        int, typer.Option(help="How many share each served student (tensor parallel).", min=1)
    ] = 1,
    latency_seconds: Annotated[
        float | None, typer.Option(help="What one person waits for a served answer.")
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


@app.command("tune")
def tune_(
    path: Annotated[Path, typer.Argument(help="The params file.")] = Path("params.yaml"),
    student: Annotated[
        list[str] | None,
        typer.Option(
            help="A student; all by default. May be given again.",
            autocompletion=_row_names("students"),
        ),
    ] = None,
    arm: Annotated[
        list[str] | None, typer.Option(help="An arm; the first of each style, or rate, by default.")
    ] = None,
    rate: Annotated[
        list[float] | None, typer.Option(help="A rate; from 1/4 to 4 times the own by default.")
    ] = None,
    share: Annotated[
        list[float] | None,
        typer.Option(
            help="A share of the budget, to see accuracy level off; 0.25, 0.5 by default."
        ),
    ] = None,
    items: Annotated[int, typer.Option(help="The most pairs to score on.")] = 400,
    folder: Annotated[
        Path | None, typer.Option(help="Where the choice is written; tuning/<study> by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Choose learning rates on the tune side of the training pairs, never on a test item.

    Needs pairs and bases: dvc repro pairs base. A killed run goes on where it was.

    Examples: breakeven tune; breakeven tune --student t500k --arm ift --rate 1e-3 --rate 2e-3
    """
    from breakeven.core.layout import tuning_choice_path
    from breakeven.params import load_params
    from breakeven.tune.chosen_rates import choice_lines
    from breakeven.tune.grid import Grid
    from breakeven.tune.tune_command import summary, tune

    params = load_params(path)
    grid = Grid(tuple(student or ()), tuple(arm or ()), tuple(rate or ()))
    if share is not None:
        grid = grid._replace(shares=tuple(share))
    choices = tune(
        params, grid, items=items, folder=folder or tuning_choice_path(params.study).parent
    )
    typer.echo(
        json.dumps(summary(params, choices), allow_nan=False)
        if as_json
        else "\n".join(choice_lines(params, choices))
    )


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=1, max=65535)] = 5000,
) -> None:
    """Open the MLflow UI on this machine only.

    Example: breakeven ui --port 5001
    """
    from breakeven.tracking.ui import serve

    serve(port)


def _tell_study(params: "Params", what: str, then: str | None = None) -> None:
    from breakeven import words
    from breakeven.params.cells import cells

    counts = (len(params.students), len(params.arms), len(params.seeds))
    made_of = words.cells(*counts, len(list(cells(params))))
    typer.echo(f"{what}: {made_of}, {len(params.tasks)} tasks" + (f"; now: {then}" if then else ""))


def _repair_lock() -> None:
    from breakeven.pipeline.lock import repair_in_use, repair_lock

    for repaired in (repair_in_use(), repair_lock()):
        if repaired:
            typer.echo(repaired, err=True)


def _report_or_summary(
    results: "Results",
    folder: Path,
    summarise: "Callable[[Results], dict[str, Any]]",
    as_json: bool,
    summary: "StudySummary",
) -> None:
    if as_json:
        typer.echo(json.dumps(summarise(results), allow_nan=False))
        return
    from breakeven.report.write import build_report

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"--folder: value is {str(folder)!r}: {error.strerror}; use a place to write in"
        ) from error
    build_report(results, summary, folder)
    typer.echo(f"open {folder / 'index.html'}")


def _show(result: dict[str, Any], as_json: bool) -> None:
    """Print a flat result as JSON, or a line a key."""
    if as_json:
        typer.echo(json.dumps(result, allow_nan=False))
        return
    width = max(len(key) for key in result)
    for key, value in result.items():
        typer.echo(
            f"{key:<{width}}  {value:,}"
            if isinstance(value, int | float)
            else f"{key:<{width}}  {value}"
        )
