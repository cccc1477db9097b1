"""`Results` from a table of someone's own: one row a cell, or one row an answer.

`docs/import.md` documents the columns.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from breakeven.core.errors import InputError, did_you_mean
from breakeven.importing.left_out import DEFAULT_CORPUS, arm_name, reasoning_share
from breakeven.importing.partly_known import parted_alike
from breakeven.importing.shared_questions import shared_questions
from breakeven.importing.table_columns import (
    accuracy_column,
    first_row,
    number_column,
    optional_text_column,
    read_table,
    refuse_repeats,
    refuse_spellings,
    refuse_unknown_columns,
    require_columns,
    text_column,
)
from breakeven.importing.task_joins import NO_TASKS, PASSAGES, join_tasks, shared_passages
from breakeven.params import RESULT_STYLES, ResultStyle
from breakeven.params.cells import Cell
from breakeven.results.aggregate import generated_tokens
from breakeven.results.cell_results import FAMILIES, CellResult, Order, Results
from breakeven.results.from_items import ArmFacts, CellCosts, StudyFacts, results_from_items

if TYPE_CHECKING:
    import pandas as pd

# The fewest tokens that a cell can have generated for a query, in the mean.
_FEWEST_TOKENS = 0.001
UNPAIRED = "no item-level answers, so differences are not paired: their errors are upper bounds"
ORDERS: tuple[Order, ...] = ("mixed", "sequential")
SIZE = ("size_b", "size_parameters")
KEYS = ["student", "arm", "corpus", "seed", "decoding", "family"]
DESCRIPTION = ["student", "style", "arm", "corpus", "family", "seed", "decoding", "order", *SIZE]
SHARES = ["reasoning_share", "chance"]
TRAINING = ["train_flops", "train_tokens", "train_device_seconds", "train_energy_joules"]
ANSWERING = [
    "inference_flops",
    "prompt_tokens",
    "cached_prompt_tokens",
    "thinking_tokens",
    "answer_tokens",
    "device_seconds",
    "energy_joules",
]
CELL_SHARES = [*SHARES, "truncated_share", "unparsed_share"]
CELL_COLUMNS = [
    *DESCRIPTION,
    *CELL_SHARES,
    *TRAINING,
    *ANSWERING,
    "accuracy",
    "accuracy_percent",
    "items",
    "task",
    "clusters",
]
ITEM_COLUMNS = [
    *DESCRIPTION,
    *SHARES,
    *TRAINING,
    *ANSWERING,
    "task",
    "item",
    "sample",
    "correct",
    "parsed",
    "truncated",
    "cluster",
    "depth",
    "vote",
]


def import_table(path: Path, families: Sequence[str] = ()) -> Results:
    """Read a CSV or Parquet table; one with a column `correct` holds answers, others hold cells.

    `families` are allowed beside the four of the study. Raises InputError naming file, row and
    column on whatever is not understood.
    """
    frame = read_table(path)
    allowed = (*FAMILIES, *families)
    if "correct" in frame.columns:
        return _from_items(frame, path, allowed)
    return _from_cells(frame, path, allowed)


def _from_cells(frame: "pd.DataFrame", path: Path, families: Sequence[str]) -> Results:
    refuse_unknown_columns(frame, path, CELL_COLUMNS)
    require_columns(frame, path, ("accuracy", "accuracy_percent"))
    table = _described(frame, path, families)
    table["accuracy"] = accuracy_column(frame, path)
    for column in CELL_SHARES:
        if column in frame.columns:
            table[column] = number_column(frame, path, column, blank=True)
    _costs(table, frame, path)
    if "items" in frame.columns:
        table["items"] = number_column(frame, path, "items", blank=True, whole=True)
    if "clusters" in frame.columns:
        require_columns(frame, path, ("task",))
        table["clusters"] = number_column(frame, path, "clusters", blank=True, whole=True)
    if "task" in frame.columns:
        table["task"] = text_column(frame, path, "task")
        refuse_spellings(table, path, ("task",))
    refuse_repeats(table, path, [*KEYS, "task"] if "task" in table.columns else KEYS, "cell")
    _generates(table, path)
    _same_within(table, path, ["student"], ["size_parameters"])
    notes = (UNPAIRED,)
    if "task" not in table.columns:
        cells = tuple(_cell(row) for row in table.to_dict("records"))
        return Results(path.stem, "imported", cells, notes=(*notes, NO_TASKS))
    return Results(
        path.stem, "imported", _of_tasks(table, path), notes=(*notes, *_passages_note(table))
    )


def _of_tasks(table: "pd.DataFrame", path: Path) -> tuple[CellResult, ...]:
    """Cells of rows of single tasks."""
    _more_clusters_than_items(table, path)
    _same_within(table, path, ["task"], ["family"])
    own = ["student", "arm", "seed"]
    _same_within(table, path, own, [*TRAINING, "reasoning_share", "order"])
    rows = table.drop(columns=[name for name in ("task", "clusters") if name in table.columns])
    clusters = table["clusters"] if "clusters" in table.columns else [math.nan] * len(table)
    return join_tasks(
        (_cell(row), str(task), None if math.isnan(number) else int(number))
        for row, task, number in zip(rows.to_dict("records"), table["task"], clusters, strict=True)
    )


def _more_clusters_than_items(table: "pd.DataFrame", path: Path) -> None:
    if "clusters" not in table.columns or "items" not in table.columns:
        return
    row = first_row(table["clusters"] > table["items"])
    if row is not None:
        value, items = (int(table[name].loc[row]) for name in ("clusters", "items"))
        raise InputError(
            f"{path}: row {row}: clusters: value is {value}, more than its {items} items; give the "
            "number of passages that the questions share"
        )


def _passages_note(table: "pd.DataFrame") -> tuple[str, ...]:
    """A note where the clusters of the study's own tasks were filled in."""
    blank = table["clusters"].isna() if "clusters" in table.columns else table["task"].notna()
    found = shared_passages(map(str, table["task"][blank]))
    return (PASSAGES.format(", ".join(found)),) if found else ()


def _from_items(frame: "pd.DataFrame", path: Path, families: Sequence[str]) -> Results:
    refuse_unknown_columns(frame, path, ITEM_COLUMNS)
    require_columns(frame, path, ("task",), ("item",))
    table = _described(frame, path, families)
    for column in ("task", "item"):
        table[column] = text_column(frame, path, column)
    refuse_spellings(table, path, ("task",))
    table["sample"] = (
        number_column(frame, path, "sample", whole=True).astype(int)
        if "sample" in frame.columns
        else 0
    )
    table["correct"] = number_column(frame, path, "correct", words=True)
    for column in ("parsed", "truncated"):
        if column in frame.columns:
            table[column] = number_column(frame, path, column, blank=True, words=True)
    for column in (*SHARES, "depth"):
        if column in frame.columns:
            table[column] = number_column(frame, path, column, blank=True)
    _costs(table, frame, path)
    if "cluster" in frame.columns:
        table["cluster"] = text_column(frame, path, "cluster")
    if "vote" in frame.columns:
        table["vote"] = _votes(frame["vote"])
    keys = ["student", "arm", "seed", "decoding", "task", "item", "sample"]
    refuse_repeats(table, path, keys, "answer")
    _generates(table, path)
    _same_within(table, path, ["student"], ["size_parameters"])
    # An arm, a student and a training are one thing each: what is said of them in two rows must
    # agree.
    _same_within(table, path, ["arm"], ["style", "corpus", "reasoning_share", "order"])
    _same_within(table, path, ["task"], ["family", "chance"])
    _same_within(table, path, ["student", "arm", "seed"], TRAINING)
    facts = _facts(path.stem, table)
    spare = {"style", "corpus", "order", "size_parameters", *SHARES, *TRAINING}
    items = table.drop(columns=[name for name in table.columns if name in spare])
    items, unequal = shared_questions(items.reset_index(drop=True), str(path))
    facts = replace(facts, notes=unequal)
    return results_from_items(parted_alike(items), facts, source="imported", file=str(path))


def _votes(said: "pd.Series[Any]") -> "pd.Series[float]":
    """A number for each text that samples say, equal ones alike; NaN where they say nothing."""
    import pandas as pd

    text = said.astype("object").where(said.notna(), "").astype(str).str.strip()
    numbers = pd.Series(pd.factorize(text)[0], index=said.index, dtype="float64")
    return numbers.where(text != "")


def _costs(table: "pd.DataFrame", frame: "pd.DataFrame", path: Path) -> None:
    """Add the cost columns; what an untrained base cost to train is absent, not zero."""
    untrained = table["style"] == "base"
    for column in TRAINING:
        if column in frame.columns:
            # People write 0 there, and a zero has no place on a logarithmic axis.
            nothing = untrained & frame[column].astype(str).str.strip().isin(["0", "0.0"])
            given = frame.assign(**{column: frame[column].where(~nothing)})
            table[column] = number_column(given, path, column, blank=True)
    for column in ANSWERING:
        if column in frame.columns:
            table[column] = number_column(frame, path, column, blank=True)
    _cached_within_prompt(table, path)


def _cached_within_prompt(table: "pd.DataFrame", path: Path) -> None:
    """Raise InputError where more of a prompt was cached than it has."""
    if "cached_prompt_tokens" not in table.columns:
        return
    require_columns(table, path, ("prompt_tokens",))
    cached, prompt = table["cached_prompt_tokens"], table["prompt_tokens"]
    row = first_row(cached.notna() & ~(cached <= prompt))
    if row is not None:
        read = prompt.loc[row]
        raise InputError(
            f"{path}: row {row}: cached_prompt_tokens: value is {cached.loc[row]:g}, and "
            f"prompt_tokens {'is blank' if math.isnan(read) else f'{read:g}'}; prompt_tokens count "
            "all that was read, what was cached too"
        )


def _generates(table: "pd.DataFrame", path: Path) -> None:
    """Raise InputError where a cell generated no token in all."""
    if "answer_tokens" not in table.columns:
        return
    known = [table[key].astype(str) for key in KEYS]
    row = first_row(generated_tokens(table).groupby(known).transform("max") < _FEWEST_TOKENS)
    if row is not None:
        raise InputError(
            f"{path}: row {row}: answer_tokens: nothing was generated in this cell; a zero has no "
            "place on a logarithmic axis; leave the column out where it was not counted"
        )


def _described(frame: "pd.DataFrame", path: Path, families: Sequence[str]) -> "pd.DataFrame":
    """The columns that say which cell a row belongs to, as a new table."""
    import pandas as pd

    require_columns(frame, path, ("student",), SIZE, ("family",))
    size = next(name for name in SIZE if name in frame.columns)
    scale = 1e9 if size == "size_b" else 1.0
    table = pd.DataFrame(index=frame.index)
    table["student"] = text_column(frame, path, "student")
    table["size_parameters"] = number_column(frame, path, size) * scale
    table["style"] = _styles(frame, path)
    corpus = optional_text_column(frame, path, "corpus", DEFAULT_CORPUS)
    table["corpus"] = corpus.astype("object").where(table["style"] != "base", None)
    if "arm" in frame.columns:
        table["arm"] = text_column(frame, path, "arm")
    else:
        table["arm"] = list(map(arm_name, table["style"], table["corpus"]))
    table["family"] = text_column(frame, path, "family", families)
    table["seed"] = (
        number_column(frame, path, "seed", whole=True).astype(int) if "seed" in frame.columns else 0
    )
    table["decoding"] = optional_text_column(frame, path, "decoding", "greedy")
    if "order" in frame.columns:
        table["order"] = text_column(frame, path, "order", ORDERS)
    refuse_spellings(table, path, ("student", "corpus", "arm", "decoding"))
    return table


def _styles(frame: "pd.DataFrame", path: Path) -> "pd.Series[str]":
    """The column `style`, or the style that an arm's name starts with."""
    if "style" in frame.columns:
        return text_column(frame, path, "style", RESULT_STYLES)
    require_columns(frame, path, ("style", "arm"))
    arms = text_column(frame, path, "arm")
    styles = arms.str.split("-").str[0]
    row = first_row(~styles.isin(RESULT_STYLES))
    if row is not None:
        raise InputError(
            f"{path}: row {row}: arm: {arms.loc[row]!r} does not start with a style; add a column "
            f"style, or {did_you_mean(str(styles.loc[row]), RESULT_STYLES)}"
        )
    return styles


def _same_within(
    table: "pd.DataFrame", path: Path, keys: Sequence[str], columns: Sequence[str]
) -> None:
    """Raise InputError where rows with the same keys disagree on one of the columns."""
    for column in columns:
        if column not in table.columns:
            continue
        text = table[column].astype("object").where(table[column].notna(), "blank").astype(str)
        first = text.groupby([table[key] for key in keys]).transform("first")
        row = first_row(text != first)
        if row is not None:
            who = ", ".join(f"{key} {table[key].loc[row]}" for key in keys)
            raise InputError(
                f"{path}: row {row}: {column}: value is {text.loc[row]}, but {first.loc[row]} in "
                f"an earlier row of {who}; use one value"
            )


def _cell(row: dict[Any, Any]) -> CellResult:
    known = {key: _value(value) for key, value in row.items()}
    style: ResultStyle = row["style"]
    known["reasoning_share"] = reasoning_share(style, known.get("reasoning_share"))
    if known.get("items") is not None:
        known["items"] = int(known["items"])
    return CellResult(**{**known, "style": style, "seed": int(row["seed"])})


def _value(value: Any) -> Any:  # noqa: ANN401 - a cell of a table
    """None for a blank cell."""
    return None if isinstance(value, float) and math.isnan(value) else value


def _facts(study: str, table: "pd.DataFrame") -> StudyFacts:
    arms = {
        str(row["arm"]): ArmFacts(
            row["style"],
            row["corpus"],
            reasoning_share(row["style"], _value(row.get("reasoning_share"))),
            row.get("order"),
        )
        for row in table.drop_duplicates("arm").to_dict("records")
    }
    costs = {
        Cell(str(row["student"]), str(row["arm"]), int(row["seed"])): CellCosts(
            **{name: _value(row.get(name)) for name in TRAINING}
        )
        for row in table.drop_duplicates(["student", "arm", "seed"]).to_dict("records")
    }
    tasks = table.drop_duplicates("task").to_dict("records")
    sizes = table.drop_duplicates("student").set_index("student")["size_parameters"]
    return StudyFacts(
        study=study,
        sizes={str(student): float(size) for student, size in sizes.items()},
        arms=arms,
        costs=costs,
        chance={str(row["task"]): _value(row.get("chance")) for row in tasks},
    )
