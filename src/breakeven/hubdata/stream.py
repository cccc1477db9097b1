"""Rows of one split of a data set, streamed and sub-sampled."""

import errno
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from breakeven.core.errors import BreakevenError, InputError, MachineError
from breakeven.hubdata.fields import field_of
from breakeven.hubdata.repository import open_split, went_unanswered
from breakeven.hubdata.row_samples import sample

Row = dict[str, Any]


@dataclass(frozen=True)
class Rows:
    """An opened split. `numbered` gives `(position in the split, row)` once, in that order.

    `commit` is what the revision stood for when it was opened, None for a folder; `total` is how
    many rows the split has, None where its files do not say; `where` begins every message.
    """

    where: str
    commit: str | None
    config: str
    split: str
    total: int | None
    numbered: Iterator[tuple[int, Row]]


def stream_rows(
    repo: str | Path,
    revision: str | None = None,
    *,
    key: str,
    config: str | None = None,
    split: str = "train",
    fields: Sequence[str] = (),
    count: int | None = None,
    seed: int = 0,
    digest: str | None = None,
) -> Rows:
    """Open a split of a hub data set (`owner/name` and a revision) or of a folder (a Path).

    Rows come in the order of the split's files. `fields` are dotted paths that the first row must
    have. `count` draws that many rows by `seed`. `key` is the place in params.yaml or in the
    catalogue that messages begin with. `digest` is what `digest_path` must give for a folder.

    Raises:
        InputError: there is no such data set, revision, config, split or field (the message names
            those that exist), access is gated, the files are neither Parquet, JSON nor CSV, or the
            digest differs.
        MachineError: the hub cannot be reached, here or while rows are read.
    """
    # Fields are checked at the first row: columns do not tell what is nested in them.
    opened = open_split(repo, revision, key=key, config=config, split=split, digest=digest)
    numbered = _checked(_guarded(opened.rows, opened.where), tuple(fields), opened.where)
    return Rows(
        where=opened.where,
        commit=opened.commit,
        config=opened.config,
        split=split,
        total=opened.total,
        numbered=sample(numbered, count, seed, total=opened.total),
    )


def _checked(
    rows: Iterator[tuple[int, Row]], fields: tuple[str, ...], where: str
) -> Iterator[tuple[int, Row]]:
    for number, row in rows:
        if number == 0:
            for field in fields:
                field_of(row, field, where)
        yield number, row


def _guarded(rows: Iterator[Row], where: str) -> Iterator[tuple[int, Row]]:
    """Number the rows; what goes wrong on the way becomes one line."""
    number = 0
    try:
        for row in rows:
            yield number, row
            number += 1
    except BreakevenError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise  # the disk here, not the hub
        if isinstance(error, OSError) or went_unanswered(error):
            raise MachineError(f"{where}: reading broke off at row {number}: {error}") from error
        raise InputError(
            f"{where}: row {number} or one soon after it cannot be read: "
            f"{' '.join(str(error).split())[:300]}"
        ) from error
