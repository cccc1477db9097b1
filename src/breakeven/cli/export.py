"""`breakeven export`: records for Every Eval Ever, and folders for the Hugging Face hub."""

from pathlib import Path
from typing import Annotated

import typer

from breakeven.cli.completion import row_names, trained_arms
from breakeven.cli.numbers import SEED, number
from breakeven.cli.telling import refuse_outputs
from breakeven.core.errors import InputError

export_app = typer.Typer(invoke_without_command=True)
_RECORDS = Path("export")
ToFolder = Annotated[
    Path | None,
    typer.Option(
        help="Where it is written, a folder that is not there yet; in export/ by default."
    ),
]
StatedLicence = Annotated[
    str | None,
    typer.Option("--license", help="Its licence, as you state it; unknown by default."),
]


@export_app.callback()
def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Option(help="Where the records are written.")] = _RECORDS,
    organization: Annotated[str, typer.Option(help="Who ran the study.")] = "unknown",
) -> None:
    """Write the study's answers as Every Eval Ever records, a cell and decoding each.

    With a kind behind it, a folder for the Hugging Face hub, with a card, that is uploaded as it
    is: pairs, student or answers.

    Examples: breakeven export --folder export --organization "My lab";
    breakeven export student t500k reasoning
    """
    if context.invoked_subcommand is not None:
        if folder != _RECORDS:
            raise InputError(
                f"--folder: goes behind the kind: breakeven export {context.invoked_subcommand} … "
                f"--folder {folder}"
            )
        return
    from breakeven.exporting.every_eval_records import export_records
    from breakeven.params import load_params
    from breakeven.study.collect import item_rows

    refuse_outputs(folder)
    params = load_params(Path("params.yaml"))
    written = export_records(params, item_rows(params), folder, organization=organization)
    typer.echo(f"{folder}: {len(written)} records, each with its samples")


@export_app.command("pairs")
def export_pairs_(
    corpus: Annotated[
        str, typer.Argument(help="A corpus of params.yaml.", autocompletion=row_names("corpora"))
    ],
    folder: ToFolder = None,
    licence: StatedLicence = None,
) -> None:
    """Write the pairs of a corpus as a data set, with a side for training and one for tuning.

    Examples: breakeven export pairs bare;
    breakeven export pairs bare --folder hub/pairs --license cc-by-4.0
    """
    from breakeven.exporting.pairs import export_pairs
    from breakeven.params import load_params

    place = folder or _RECORDS / "pairs" / corpus
    counts = export_pairs(load_params(), corpus, place, licence=licence)
    sides = " and ".join(f"{count:,} on the side {side}" for side, count in counts.items())
    _tell_upload(place, f"pairs, {sides}", dataset=True)


@export_app.command("student")
def export_student_(
    student: Annotated[
        str, typer.Argument(help="A student of params.yaml.", autocompletion=row_names("students"))
    ],
    arm: Annotated[
        str, typer.Argument(help="An arm that is trained.", autocompletion=trained_arms())
    ],
    seed: Annotated[int | None, number(SEED, "The first one by default.")] = None,
    merged: Annotated[
        bool, typer.Option("--merged", help="Put an adapter into the weights of its base.")
    ] = False,
    folder: ToFolder = None,
) -> None:
    """Write a trained student as a model: adapter or weights, tokenizer, and a card with results.

    An adapter is of use where its base is: on the hub, or in this study. With --merged it needs
    no other model.

    Examples: breakeven export student t500k reasoning;
    breakeven export student t500k ift --seed 1 --merged --folder hub/t500k-ift
    """
    from breakeven.exporting.student import export_student
    from breakeven.params import load_params
    from breakeven.params.cells import Cell

    params = load_params()
    cell = Cell(student, arm, params.seeds[0] if seed is None else seed)
    place = folder or _RECORDS / "students" / "-".join(map(str, cell))
    made = export_student(params, cell, place, merged=merged)
    what = "adapter and card" if made.is_adapter else "weights and card"
    if made.is_adapter and made.pointer.repo is None:
        what += " (its base is not on the hub: --merged makes a whole model)"
    _tell_upload(place, what)


@export_app.command("answers")
def export_answers_(folder: ToFolder = None, licence: StatedLicence = None) -> None:
    """Write every scored answer as a data set: question, answer, grade, tokens, FLOPs.

    Examples: breakeven export answers; breakeven export answers --folder hub/answers
    """
    from breakeven.exporting.answers import export_answers
    from breakeven.params import load_params

    place = folder or _RECORDS / "answers"
    made = export_answers(load_params(), place, licence=licence)
    what = f"{made.answers:,} answers of {made.students} students"
    _tell_upload(place, what, dataset=True)


def _tell_upload(folder: Path, what: str, *, dataset: bool = False) -> None:
    kind = " --repo-type dataset" if dataset else ""
    typer.echo(f"{folder}: {what}; now: hf upload OWNER/NAME {folder}{kind}")
