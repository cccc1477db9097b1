"""Models of the Hugging Face hub at a commit: safetensors only, checked before any download.

The first look resolves a branch or tag to its commit and keeps that in `.work/hub/`, so that
every later stage of the study loads the same weights and needs no hub to know which.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.core.errors import InputError, MachineError
from breakeven.core.files import digest_file, digest_json, read_json
from breakeven.core.scratch import scratch_folder
from breakeven.core.sealed import read_sealed, write_sealed
from breakeven.models.disk_space import require_free_bytes
from breakeven.models.hub_files import HubFile, model_files
from breakeven.params import HubBase

if TYPE_CHECKING:
    from breakeven.costs.architecture import Architecture

_COMMIT = re.compile(r"[0-9a-f]{40}")


class HubModel(NamedTuple):
    """A model at a commit, and its files; nothing of it need be on this machine."""

    repo: str
    commit: str
    files: tuple[HubFile, ...]

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(file.bytes for file in self.files)


class HubSnapshot(NamedTuple):
    """A downloaded model: its folder on this machine, and the SHA-256 of each file."""

    folder: Path
    sha256: Mapping[str, str]

    @property
    def digest(self) -> str:
        """One digest of all files and their names."""
        return digest_json(sorted(self.sha256.items()))


def find_hub_model(base: HubBase, key: str) -> HubModel:
    """Which commit and files a base is; the hub is asked once. `key` is named in errors.

    Raises:
        InputError: no such repository or revision, no right to read it, or no safetensors in it.
        MachineError: the hub cannot be reached, and nothing of the model was found before.
    """
    scratch = scratch_folder("hub", {"repo": base.repo, "revision": base.revision})
    listing_file = scratch / "model.json"
    # Kept although a branch may move on: a study whose stages loaded two commits would be none.
    listing = read_sealed(listing_file)
    if listing is None:
        commit, files = _listing(base, key)
        listing = {"commit": commit, "files": [list(file) for file in files]}
        write_sealed(listing_file, listing)
    files = [HubFile(*file) for file in listing["files"]]
    return HubModel(base.repo, listing["commit"], model_files(files, f"{key}.repo"))


def hub_architecture(model: HubModel, key: str) -> "Architecture | str":
    """The shape of a model: from the bundled table, or its config.json, which is then fetched.

    Why it is not known, where it is not.

    Raises:
        InputError: the configuration is missing or impossible.
        MachineError: the hub cannot be reached.
    """
    from breakeven.costs.model_shapes import bundled_architectures, known_architecture

    bundled = bundled_architectures().get(model.repo.lower())
    if bundled is not None:
        return bundled
    return known_architecture(_fetched(model, ("config.json",), key) / "config.json")


def download(
    model: HubModel, key: str, check: Callable[[Path], None] = lambda folder: None
) -> HubSnapshot:
    """The model on this machine: from the hub's local cache, downloaded where it is not there.

    Configurations and tokenizer come first: a model with code of its own, or one that `check`
    refuses, is refused before its weights are fetched.

    Raises:
        InputError: the model brings code of its own, or `check` refuses it.
        MachineError: the disk is too full, the hub cannot be reached, or a file arrived damaged.
    """
    from breakeven.models.loading import check_configurations

    names = tuple(file.name for file in model.files)
    folder = _cached_folder(model.repo, model.commit, names)
    if folder is None:
        configs = tuple(name for name in names if not name.endswith(".safetensors"))
        folder = _fetched(model, configs, key)
        check_configurations(folder)
        check(folder)
        require_free_bytes(_cache(), _missing_bytes(model), f"{model.repo}")
        folder = _fetched(model, names, key)
    check_configurations(folder)
    check(folder)
    sha256 = {name: digest_file(folder / name) for name in names}
    _check_arrived(model, folder, sha256, key)
    return HubSnapshot(folder, sha256)


def snapshot_folder(repo: str, commit: str, sha256: Mapping[str, str], key: str) -> Path:
    """The folder on this machine of a model that was downloaded before, here or elsewhere.

    Files that are in the local cache are taken as they are; a fresh download must have the
    digests that the first one had.

    Raises:
        MachineError: the model is not in the cache and cannot be downloaded as it was.
    """
    # The hub need not be asked what is in the commit: the pointer knows names and digests.
    model = HubModel(repo, commit, tuple(HubFile(name, 0, sha) for name, sha in sha256.items()))
    names = tuple(sha256)
    folder = _cached_folder(model.repo, model.commit, names)
    if folder is None:
        folder = _fetched(model, names, key)
        _check_arrived(model, folder, {n: digest_file(folder / n) for n in names}, key)
    return folder


def cached_tokenizer(base: HubBase) -> Path | None:
    """Where the hub's local cache has the tokenizer of a model, if it does."""
    return _cached_folder(base.repo, base.revision, ("tokenizer_config.json", "tokenizer.json"))


def _listing(base: HubBase, key: str) -> tuple[str, list[HubFile]]:
    from huggingface_hub import HfApi

    try:
        with _hub_errors(base.repo, base.revision, key):
            info = HfApi().model_info(base.repo, revision=base.revision, files_metadata=True)
    except MachineError:
        cached = _cached_listing(base)
        if cached is None:
            raise
        return base.revision, cached
    files = [
        HubFile(one.rfilename, int(one.size or 0), one.lfs.sha256 if one.lfs else None)
        for one in info.siblings or ()
    ]
    return str(info.sha), files


def _cached_listing(base: HubBase) -> list[HubFile] | None:
    """What the hub's local cache has of a pinned commit, for machines without a network."""
    folder = _cached_folder(base.repo, base.revision, ("config.json",))
    if folder is None or not _COMMIT.fullmatch(base.revision):
        return None
    files = [
        HubFile(file.name, file.stat().st_size)
        for file in sorted(folder.iterdir())
        if file.is_file()
    ]
    # A cache that was filled in part would pass for a smaller model.
    names = {file.name for file in files}
    shards = [
        shard
        for index in folder.glob("*.safetensors.index.json")
        for shard in read_json(index)["weight_map"].values()
    ]
    return files if names.issuperset(shards) else None


def _cached_folder(repo: str, revision: str, names: Sequence[str]) -> Path | None:
    """The folder of a model in the local cache, if every one of these files is there."""
    from huggingface_hub import try_to_load_from_cache

    found = [
        try_to_load_from_cache(repo, name, cache_dir=_cache(), revision=revision) for name in names
    ]
    # Beside a path or None it gives a mark for a file that the repository is known not to have.
    if not all(isinstance(path, str) for path in found):
        return None
    return Path(str(found[0])).parent


def _missing_bytes(model: HubModel) -> int:
    return sum(
        file.bytes
        for file in model.files
        if _cached_folder(model.repo, model.commit, (file.name,)) is None
    )


def _fetched(model: HubModel, names: tuple[str, ...], key: str) -> Path:
    from huggingface_hub import snapshot_download

    with _hub_errors(model.repo, model.commit, key):
        folder = snapshot_download(
            model.repo, revision=model.commit, allow_patterns=list(names), cache_dir=_cache()
        )
    return Path(folder)


def _check_arrived(model: HubModel, folder: Path, sha256: Mapping[str, str], key: str) -> None:
    """Compare with the digests that are known; a damaged file is removed from the cache."""
    for file in model.files:
        if file.sha256 is not None and sha256[file.name] != file.sha256:
            # Its blob: what lies in the folder is a link, and would be found again by its digest.
            (folder / file.name).resolve().unlink()
            raise MachineError(
                f"{key}: {file.name} of {model.repo} has sha256 {sha256[file.name][:12]}…, "
                f"the hub says {file.sha256[:12]}…; it was removed, run again to fetch it anew"
            )


def _cache() -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


@contextmanager
def _hub_errors(repo: str, revision: str, key: str) -> Iterator[None]:
    """What the hub answers, as one line that says whose it is to mend."""
    from huggingface_hub import errors
    from huggingface_hub.utils import logging

    # It tells of each attempt before the one that counts.
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        yield
    except errors.GatedRepoError as error:
        raise InputError(
            f"{key}.repo: value is {repo!r}; its owner asks for consent: accept the terms on the "
            "model's page and set HF_TOKEN to a token of that account"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise InputError(
            f"{key}.repo: value is {repo!r}; the hub shows no such model; check the name, or set "
            "HF_TOKEN if it is private"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise InputError(
            f"{key}.revision: value is {revision!r}; {repo} has no such commit, branch or tag; "
            "use one from its history"
        ) from error
    except errors.HfHubHTTPError as error:
        raise _refused(error, repo, key) from error
    except (errors.LocalEntryNotFoundError, ConnectionError, TimeoutError) as error:
        raise _unreachable(repo, key) from error
    except Exception as error:
        if _is_network_error(error):
            raise _unreachable(repo, key) from error
        raise


def _refused(error: Any, repo: str, key: str) -> InputError | MachineError:  # noqa: ANN401
    status = error.response.status_code
    if status in (401, 403):
        return InputError(
            f"{key}.repo: value is {repo!r}; the hub refuses this token (HTTP {status}); set "
            "HF_TOKEN to one that may read the model"
        )
    return MachineError(f"{key}.repo: the hub answers HTTP {status} for {repo}; try again later")


def _unreachable(repo: str, key: str) -> MachineError:
    from huggingface_hub import constants

    offline = " (HF_HUB_OFFLINE is set)" if constants.HF_HUB_OFFLINE else ""
    return MachineError(
        f"{key}.repo: {repo} is not in the local cache and {constants.ENDPOINT} cannot be "
        f"reached{offline}; connect, or fill the cache with `hf download {repo}`"
    )


def _is_network_error(error: Exception) -> bool:
    # The hub's client moved from one library to another; both name their base class the same.
    return any(one.__name__ == "TransportError" for one in type(error).__mro__)
