"""Every answer of a study as a data set of the hub: a file a student, and a card."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.core.errors import InputError
from breakeven.core.files import digest_file
from breakeven.core.layout import answers_folder, items_path, task_path
from breakeven.core.records import require_as_recorded
from breakeven.exporting import cards
from breakeven.exporting.accuracies import arm_accuracies, scored_study
from breakeven.exporting.licences import Licence, stated_licence, unknown_licence
from breakeven.exporting.new_folder import new_folder
from breakeven.exporting.scored_answers import by_cell, scored_answers
from breakeven.findings.scored_results import ScoredResults
from breakeven.params import Params
from breakeven.study.collect import item_rows
from breakeven.words import STYLE_WORDS, four_figures, percent, scientific, whole

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

# Rows of a file's group: some tens of megabytes of long traces.
_ROWS_AT_ONCE = 4096
_TEXT = ("student", "arm", "style", "decoding", "task", "family", "item", "prompt", "reference")
_COUNTS = ("prompt_tokens", "thinking_tokens", "answer_tokens")
_COLUMNS = (
    ("`student`, `arm`, `seed`", "who answered: the trained model"),
    ("`style`", "what the arm learnt; `control` is none of the styles that are compared"),
    ("`decoding`, `sample`", "how, and which of several answers to the question"),
    ("`task`, `family`, `item`", "the question's place"),
    ("`prompt`, `reference`", "what was asked, and the right answer as the grader reads it"),
    ("`text`", "the answer as it was written, its trace included"),
    ("`correct`, `parsed`, `truncated`", "its grade"),
    ("`outcome`", "right, wrong, unparsed, looping, cut or unclosed"),
    ("`prompt_tokens`, `thinking_tokens`, `answer_tokens`", "counted by the engine's token ids"),
    ("`inference_flops`", "of this answer, null where the architecture is not known"),
)


class ExportedAnswers(NamedTuple):
    """Answers of all students, and of how many students they are."""

    answers: int
    students: int


def export_answers(params: Params, folder: Path, *, licence: str | None = None) -> ExportedAnswers:
    """Write every scored answer, with its question and grade, as Parquet files and a card.

    Raises:
        InputError: nothing was scored, scores, answers or items are missing or not as they were
            written, or `folder` exists.
    """
    rows = item_rows(params)
    students = [name for name in params.students if (rows["student"] == name).any()]
    require_as_recorded([*map(answers_folder, students), *map(task_path, params.tasks)])
    scored = scored_study(params)
    if scored is None:  # item_rows has read them
        raise InputError(f"{items_path()}: no such file; run `dvc repro score`")
    with new_folder(folder) as made:
        counts = {name: _write(params, name, rows, made) for name in students}
        terms = (
            unknown_licence("nobody stated one")
            if licence is None
            else stated_licence(licence, "whoever exported it")
        )
        _write_card(params, counts, scored, terms, made)
    return ExportedAnswers(sum(counts.values()), len(counts))


def _schema() -> "pa.Schema":
    import pyarrow as pa

    return pa.schema(
        [
            *((name, pa.string()) for name in _TEXT),
            ("text", pa.string()),
            ("outcome", pa.string()),
            *((name, pa.bool_()) for name in ("correct", "parsed", "truncated")),
            *((name, pa.int64()) for name in ("seed", "sample", *_COUNTS)),
            ("inference_flops", pa.float64()),
        ]
    )


def _write(params: Params, student: str, rows: "pd.DataFrame", made: Path) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema, waiting, written = _schema(), list[dict[str, Any]](), 0
    with pq.ParquetWriter(made / _file(student), schema, compression="zstd") as writer:
        for row in _answers(params, rows[rows["student"] == student]):
            waiting.append(row)
            written += 1
            if len(waiting) == _ROWS_AT_ONCE:
                writer.write_table(pa.Table.from_pylist(waiting, schema))
                waiting.clear()
        writer.write_table(pa.Table.from_pylist(waiting, schema))
    return written


def _file(student: str) -> str:
    return f"{student}.parquet"


def _answers(params: Params, rows: "pd.DataFrame") -> Iterator[dict[str, Any]]:
    for cell, decoding, found in by_cell(rows):
        for item, answer, score in scored_answers(cell, decoding, found):
            yield {
                **cell._asdict(),
                "style": params.arms[cell.arm].result_style,
                "decoding": decoding,
                "sample": answer.sample,
                "task": item.task,
                "family": item.family,
                "item": item.id,
                "prompt": item.prompt,
                "reference": item.reference,
                "text": answer.text,
                "correct": bool(score["correct"]),
                "parsed": bool(score["parsed"]),
                "truncated": bool(score["truncated"]),
                "outcome": score.get("outcome"),
                **{name: getattr(answer, name) for name in _COUNTS},
                "inference_flops": _known(score.get("inference_flops")),
            }


def _known(value: float | None) -> float | None:
    """A number of a table, where one that is absent is not a number."""
    return None if value is None or value != value else float(value)  # noqa: PLR0124 - NaN


def _write_card(
    params: Params, counts: dict[str, int], scored: ScoredResults, licence: Licence, made: Path
) -> None:
    from huggingface_hub import DatasetCardData

    files = [{"split": "test", "path": "*.parquet"}]
    data = DatasetCardData(
        **licence.header,
        pretty_name=f"{params.study}: answers",
        task_categories=["text-generation"],
        size_categories=cards.size_category(sum(counts.values())),
        tags=["breakeven", "reasoning", "evaluation"],
        configs=[{"config_name": "default", "data_files": files}],
    )
    digests = {_file(name): digest_file(made / _file(name)) for name in counts}
    cards.write_card(
        made,
        data,
        (
            f"# Answers of the study {params.study}",
            f"{whole(sum(counts.values()))} answers of {len(counts)} students to test questions, "
            "each with its grade and what it cost. **They hold test questions with their right "
            "answers: train on none of them.**",
            '```python\nfrom datasets import load_dataset\n\nanswers = load_dataset("FOLDER OR '
            'REPOSITORY", split="test")\n```',
            "## Columns",
            cards.table(("column", "holds"), _COLUMNS),
            "## Arms",
            cards.table(
                ("arm", "style"),
                ((f"`{name}`", STYLE_WORDS[arm.result_style]) for name, arm in params.arms.items()),
            ),
            "## Accuracy",
            "Mean over the tasks of a family and over training seeds, with 95% intervals; tokens "
            "generated and FLOPs are means of an answer. Whether a trace pays is a paired "
            "comparison, which the study's report makes: two rows here that differ are none.",
            _accuracy_table(scored),
            "## Tasks",
            cards.table(
                ("task", "kind", "is"),
                (
                    (f"`{name}`", row.kind, cards.row_words(row))
                    for name, row in params.tasks.items()
                ),
            ),
            "## Licence",
            f"{licence.words} The questions are under the terms of their benchmarks.",
            "## Digests",
            cards.digest_table({**digests, items_path().as_posix(): digest_file(items_path())}),
            cards.made_with(params.study),
        ),
    )


def _accuracy_table(scored: ScoredResults) -> str:
    header = (
        *("student", "arm", "decoding", "family", "seeds"),
        *("accuracy", "tokens", "FLOPs", "cut or unclosed"),
    )
    rows = []
    for group, accuracy in arm_accuracies(scored):
        first = group.cells[0]
        tokens, flops = group.mean("output_tokens"), group.mean("inference_flops")
        rows.append(
            (
                *(first.student, f"`{first.arm}`", first.decoding, first.family),
                len(group.cells),
                accuracy.words,
                "–" if tokens is None else four_figures(tokens),
                scientific(flops),
                percent(group.mean("truncated_share")),
            )
        )
    return cards.table(header, rows)
