"""Opening a split of a data set, with one clear line for whatever is not there."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from breakeven.core.errors import InputError, MachineError, did_you_mean
from breakeven.core.files import digest_path
from breakeven.hubdata.text_files import csv_rows, json_rows

if TYPE_CHECKING:
    from datasets import DatasetBuilder

Value = TypeVar("Value")

# Files that hold data and nothing else: no pickles, no archives, no scripts.
_PLAIN_FILES = ("parquet", "json", "csv")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class OpenedSplit:
    """A split that is there and can be read; `total` is None where only reading tells."""

    where: str
    commit: str | None
    config: str
    total: int | None
    rows: Iterator[dict[str, Any]]


def open_split(
    repo: str | Path,
    revision: str | None,
    *,
    key: str,
    config: str | None,
    split: str,
    digest: str | None,
) -> OpenedSplit:
    """Open one split; see `stream_rows` for what is raised."""
    where = f"{key}: data set {repo}"
    commit = None
    if isinstance(repo, Path):
        _check_folder(repo, digest, where)
    else:
        # Once, before anything is read: a branch may move between the files of one split.
        commit = resolve_commit(repo, revision or "main", where)
        where = f"{where} at {commit[:12]}"
    builder = _builder(repo, commit, config, where)
    files = builder.config.data_files or {}
    if split not in {str(name) for name in files}:
        raise InputError(f"{where}: no split {split!r}; {did_you_mean(split, map(str, files))}")
    where = f"{where}, split {split}"
    try:
        rows = _hub_reply(lambda: _rows(builder, split, where), where)
        total = _hub_reply(lambda: _rows_in(builder, split), where)
    except ValueError as error:  # ArrowInvalid is one
        raise InputError(f"{where}: cannot be read: {_short(error)}") from error
    return OpenedSplit(where, commit, str(builder.config.name), total, rows)


def _rows(builder: "DatasetBuilder", split: str, where: str) -> Iterator[dict[str, Any]]:
    """A split's rows; cells of JSON and CSV files are what stands in the file."""
    if _kind(builder) == "json":
        return json_rows(builder, split, where)
    if _kind(builder) == "csv":
        return csv_rows(builder, split)
    return iter(builder.as_streaming_dataset(split=split))


def resolve_commit(repo: str, revision: str, where: str) -> str:
    """The commit that a branch, a tag or a commit of a hub data set stands for now.

    Raises:
        InputError: there is no such data set or revision, or access to it is gated.
        MachineError: the hub cannot be reached.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import (
        GatedRepoError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    def ask() -> str:
        return str(HfApi().dataset_info(repo, revision=revision, timeout=60).sha)

    try:
        commit = _hub_reply(ask, where)
    except GatedRepoError as error:
        raise InputError(_gated(where)) from error
    except RepositoryNotFoundError as error:
        raise InputError(
            f"{where}: not on the hub, or private; check the name, or set HF_TOKEN"
        ) from error
    except RevisionNotFoundError as error:
        raise InputError(f"{where}: no revision {revision!r}; use a commit or main") from error
    # A tag or branch may be named like a commit, and would then be resolved as one.
    if _COMMIT.fullmatch(revision) and commit != revision:
        raise InputError(f"{where}: asked for commit {revision}, was given {commit}")
    return commit


def _check_folder(folder: Path, digest: str | None, where: str) -> None:
    if not folder.is_dir():
        raise InputError(f"{where}: no such folder")
    if digest is not None and (found := digest_path(folder)) != digest:
        raise InputError(
            f"{where}: its digest is {found}, not {digest}; take that version or correct the digest"
        )


def _builder(
    repo: str | Path, commit: str | None, config: str | None, where: str
) -> "DatasetBuilder":
    from datasets import get_dataset_config_names, load_dataset_builder, logging
    from datasets.exceptions import DataFilesNotFoundError, DatasetNotFoundError
    from huggingface_hub.errors import GatedRepoError

    # A folder called json or text would be taken for the reader of that name.
    address = str(repo.resolve()) if isinstance(repo, Path) else repo
    logging.set_verbosity(logging.CRITICAL)  # it writes a line of its own beside what it raises
    try:
        builder = _hub_reply(lambda: load_dataset_builder(address, config, revision=commit), where)
    except GatedRepoError as error:
        raise InputError(_gated(where)) from error
    except DatasetNotFoundError as error:
        gated = "gated" in str(error)
        raise InputError(_gated(where) if gated else f"{where}: {error}") from error
    except (DataFilesNotFoundError, FileNotFoundError) as error:
        raise InputError(f"{where}: no data files; use one with Parquet or JSON files") from error
    except RuntimeError as error:
        raise InputError(
            f"{where}: it is a script, which is not run; use a copy with Parquet files"
        ) from error
    except ValueError as error:
        configs = _hub_reply(lambda: get_dataset_config_names(address, revision=commit), where)
        # The library says ValueError of a config that is missing and of files that it cannot sort.
        if config in configs:
            raise InputError(f"{where}: {' '.join(str(error).split())}") from error
        wanted = f"no config {config!r}" if config else "it has several configs, name one"
        raise InputError(f"{where}: {wanted}; {did_you_mean(config or '', configs)}") from error
    kind = _kind(builder)
    if kind not in _PLAIN_FILES:
        raise InputError(f"{where}: its files are {kind}; only Parquet, JSON and CSV are read")
    return builder


def _kind(builder: "DatasetBuilder") -> str:
    """What the files are: the name of the library's reader."""
    return type(builder).__module__.rpartition(".")[2]


def _gated(where: str) -> str:
    return f"{where}: access is gated; accept its terms on the hub and set HF_TOKEN"


def _rows_in(builder: "DatasetBuilder", split: str) -> int | None:
    """How many rows the split's Parquet files say they have; None for files that do not say."""
    from datasets.utils.file_utils import xopen
    from pyarrow.parquet import read_metadata

    if _kind(builder) != "parquet":
        return None
    # From the footers, at the end of each file: no row is read for it.
    total = 0
    for url in builder.config.data_files[split]:
        with xopen(str(url), "rb") as handle:
            total += read_metadata(handle).num_rows
    return total


def _hub_reply(ask: Callable[[], Value], where: str) -> Value:
    """Call `ask`; a hub that does not answer becomes a MachineError, its refusals pass."""
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        return ask()
    except OfflineModeIsEnabled as error:
        raise MachineError(f"{where}: HF_HUB_OFFLINE is set; unset it to reach the hub") from error
    except HfHubHTTPError as error:
        if error.response.status_code in (401, 403, 404):
            raise  # gated or missing: whoever asks knows which it is
        raise MachineError(f"{where}: the hub refused: {_short(error)}") from error
    except Exception as error:
        if not went_unanswered(error):
            raise
        raise MachineError(f"{where}: the hub cannot be reached: {_short(error)}") from error


def went_unanswered(error: Exception) -> bool:
    """Whether an error says that a server could not be reached or fell silent."""
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]

    return isinstance(error, ConnectionError | TimeoutError | HTTPError)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
