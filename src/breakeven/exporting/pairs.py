"""A corpus as a data set of the hub: its pairs by side, and a card."""

from collections.abc import Mapping
from pathlib import Path

from breakeven.core.files import digest_file
from breakeven.core.layout import pairs_path
from breakeven.core.records import Record, read_record, require_as_recorded
from breakeven.core.sides import Side, side_of
from breakeven.exporting import cards
from breakeven.exporting.licences import Licence, stated_licence, unknown_licence
from breakeven.exporting.new_folder import new_folder
from breakeven.exporting.teacher_bill import teacher_bill
from breakeven.params import Corpus, Params
from breakeven.params.references import pick_row
from breakeven.rows.pair import Pair, iter_pairs, write_pairs
from breakeven.study.collect_data import teacher_accuracies
from breakeven.words import percent_interval, points_interval, whole

_COLUMNS = (
    ("`prompt`", "what the student is asked"),
    ("`ift`", "the plain completion"),
    ("`reasoning`", "the completion with its trace: `<think>`, trace, `</think>`, answer"),
    ("`id`, `source`", "the prompt's name, and the source that it is from"),
    ("`content`", "what is asked apart from its format; it decides the side"),
    (
        "`prompt_tokens`, `ift_tokens`, `reasoning_tokens`",
        "in the teacher's count, null where it gave none",
    ),
)


def export_pairs(
    params: Params, corpus: str, folder: Path, *, licence: str | None = None
) -> dict[Side, int]:
    """Write the pairs of a corpus as Parquet files and a card; returns how many are on each side.

    `licence` is what whoever exports them states, None where they state nothing.

    Raises:
        InputError: there is no such corpus, its pairs are missing or not as they were written, or
            `folder` exists.
    """
    row = pick_row(params.corpora, "corpora", corpus)
    record = read_record("pairs", corpus)
    require_as_recorded([pairs_path(corpus)])
    with new_folder(folder) as made:
        counts = _write_sides(row, corpus, made)
        terms = _licence(params, row, licence)
        _write_card(params, corpus, made, record=record, counts=counts, licence=terms)
    return counts


def _write_sides(row: Corpus, corpus: str, made: Path) -> dict[Side, int]:
    # A pass over the file for each side: a corpus may be larger than memory.
    wanted: tuple[Side, ...] = ("train", "tune") if row.tuning else ("train",)
    counts = {
        side: write_pairs(
            made / f"{side}.parquet",
            (pair for pair in iter_pairs(pairs_path(corpus)) if _side(row, pair) == side),
        )
        for side in wanted
    }
    for side in wanted:
        if not counts[side]:
            (made / f"{side}.parquet").unlink()
            del counts[side]
    return counts


def _side(row: Corpus, pair: Pair) -> Side:
    """What the study has a pair for."""
    return "tune" if row.tuning and side_of(pair.content) == "tune" else "train"


def _licence(params: Params, row: Corpus, stated: str | None) -> Licence:
    if stated is not None:
        return stated_licence(stated, "whoever exported it")
    repos = cards.hub_datasets(params, row.sources)
    where = (
        f" It holds prompts of {', '.join(repos)}, under the terms given there." if repos else ""
    )
    found = unknown_licence("nobody stated one")
    return found._replace(words=found.words + where)


def _write_card(
    params: Params,
    corpus: str,
    made: Path,
    *,
    record: Record,
    counts: Mapping[Side, int],
    licence: Licence,
) -> None:
    from huggingface_hub import DatasetCardData

    row = params.corpora[corpus]
    files = [{"split": side, "path": f"{side}.parquet"} for side in counts]
    repos = cards.hub_datasets(params, row.sources)
    data = DatasetCardData(
        **licence.header,
        pretty_name=f"{params.study}: pairs {corpus}",
        task_categories=["text-generation"],
        size_categories=cards.size_category(sum(counts.values())),
        source_datasets=[f"extended|{repo}" for repo in repos] or ["original"],
        tags=["breakeven", "reasoning", "distillation"],
        configs=[{"config_name": "default", "data_files": files}],
    )
    digests = {f"{side}.parquet": digest_file(made / f"{side}.parquet") for side in counts}
    cards.write_card(
        made,
        data,
        (
            f"# {corpus}: one prompt, two completions",
            "The same teacher answered every prompt twice, plainly (`ift`) and with a trace of "
            "reasoning (`reasoning`). Both completions of a prompt are here or neither, so that "
            "students of the two styles learn from the same prompts.",
            "## Sides",
            cards.table(
                ("side", "pairs", "is for"),
                [
                    *((one, whole(counts[one]), _IS_FOR[one]) for one in counts),
                    ("test", "0", _no_tests(params, record)),
                ],
            ),
            '```python\nfrom datasets import load_dataset\n\npairs = load_dataset("FOLDER OR '
            'REPOSITORY", split="train")\n```',
            "## Columns",
            cards.table(("column", "holds"), _COLUMNS),
            "## Where the pairs are from",
            cards.source_table(params, row.sources),
            cards.teacher_words(params, row.sources),
            *_teacher_accuracy(params, corpus),
            *teacher_bill(params, corpus),
            "## What was kept",
            _kept(record),
            "## Licence",
            licence.words,
            "## Digests",
            cards.digest_table({**digests, **record.outputs, **record.inputs}),
            cards.versions_line(record.versions),
            cards.made_with(params.study),
        ),
    )


_IS_FOR: dict[Side, str] = {
    "train": "what arms learn from",
    "tune": "choosing learning rates; no arm learns it",
}


def _no_tests(params: Params, record: Record) -> str:
    compared = record.details.get("decontamination", {}).get("test_prompts")
    of = "" if compared is None else f"{whole(compared)} "
    return (
        f"no pair: prompts were held against {of}test questions of {', '.join(params.tasks)}, and "
        "what overlaps was dropped"
    )


def _teacher_accuracy(params: Params, corpus: str) -> list[str]:
    """How often the teacher is right in each style, on the pairs that were kept."""
    for one in teacher_accuracies(params):
        if one.corpus != corpus or (one.pairs != "kept" and one.reason is None):
            continue
        if one.ift is None or one.reasoning is None or one.difference is None:
            return [f"How often it is right: {one.reason}."]
        return [
            f"Right on {whole(one.prompts)} prompts with a reference: plainly "
            f"{percent_interval(*one.ift)}, with a trace {percent_interval(*one.reasoning)}, "
            f"difference {points_interval(*one.difference)} points (95% intervals)."
        ]
    return []


def _kept(record: Record) -> str:
    kept, dropped = record.metrics.get("kept"), record.metrics.get("dropped")
    reasons = record.details.get("dropped_by_reason", {})
    tokens = {name: count for name, count in record.tokens.items() if count is not None}
    missing = record.absent.get("tokens.prompt")
    return cards.table(
        ("what", "count"),
        [
            ("pairs kept", whole(kept)),
            ("pairs dropped", whole(dropped)),
            *((f"dropped: {reason}", whole(count)) for reason, count in reasons.items()),
            *((f"tokens, {name}", whole(count)) for name, count in tokens.items()),
            *([("tokens", f"not known: {missing}")] if missing else []),
        ],
    )
