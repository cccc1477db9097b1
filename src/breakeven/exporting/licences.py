"""Under which terms an export is: as somebody states them, and unknown where nobody does."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from breakeven.core.files import folder_files, read_json
from breakeven.core.layout import base_folder
from breakeven.core.records import Record
from breakeven.models.pointer import BasePointer
from breakeven.params import Base, GgufBase

# The folder of an export that the terms of its base are copied to.
TERMS_FOLDER = "base-licence"
# What the hub calls the licences that models and data are usually under
# (huggingface.co/docs/hub/repositories-licenses); others go by a name of their own.
_HUB_NAMES = frozenset(
    (
        *(
            "apache-2.0",
            "mit",
            "bsd-2-clause",
            "bsd-3-clause",
            "mpl-2.0",
            "unlicense",
            "openmdw-1.0",
        ),
        *("gpl-2.0", "gpl-3.0", "lgpl-3.0", "agpl-3.0", "odc-by", "odbl", "pddl", "cc0-1.0"),
        *("cc-by-4.0", "cc-by-sa-4.0", "cc-by-nd-4.0"),
        *("cc-by-nc-4.0", "cc-by-nc-sa-4.0", "cc-by-nc-nd-4.0"),
        *("gemma", "llama2", "llama3", "llama3.1", "llama3.2", "llama3.3", "llama4"),
        *("openrail", "bigscience-openrail-m", "bigscience-bloom-rail-1.0", "bigcode-openrail-m"),
    )
)
_TERMS_FILES = re.compile(r"(licen[cs]e|notice)\b.*", re.IGNORECASE)
_IN_HEADER = ("license", "license_name", "license_link")


class Licence(NamedTuple):
    """Terms: keys of a card's header, a sentence for its text, and files that have to go along."""

    header: Mapping[str, Any]
    words: str
    files: tuple[Path, ...] = ()


def stated_licence(name: str, by: str, files: Iterable[Path] = ()) -> Licence:
    """A licence by the name that `by` calls it."""
    found = tuple(files)
    link = {"license_link": f"{TERMS_FOLDER}/{found[0].name}"} if found else {}
    slug = "-".join(name.lower().split())
    # The one licence whose usual names are no spelling of the hub's: "Gemma terms of use".
    known = "gemma" if slug.startswith("gemma") else slug
    header = (
        {"license": known}
        if known in _HUB_NAMES
        else {"license": "other", "license_name": re.sub(r"[^a-z0-9.]+", "-", slug), **link}
    )
    return Licence(header, f"{name}, as {by} states it.{_beside(found)}", found)


def unknown_licence(why: str) -> Licence:
    """That no licence is known."""
    return Licence({"license": "unknown"}, f"Not known: {why}.")


def base_licence(base: Base, student: str, pointer: BasePointer, record: Record) -> Licence:
    """The terms of a student's base: from its own card, or what came with its package."""
    if isinstance(base, GgufBase):
        origin = f"`params.yaml`, for the package `{base.package}`,"
        in_file = record.details.get("license_in_file")
        found = stated_licence(base.license, origin, folder_files(base_folder(student) / "licence"))
        return found._replace(
            words=f"{found.words} The GGUF file itself says: {in_file or 'nothing'}."
        )
    if base.kind == "scratch":
        return unknown_licence("the base was trained from nothing in this study; who did chooses")
    return _from_files(pointer)


def _from_files(pointer: BasePointer) -> Licence:
    """What the files of a base say: the header of its card, its terms, or nothing."""
    folder, where = Path(pointer.path), f"the card of `{pointer.name}`"
    found = (file for file in sorted(folder.iterdir()) if _TERMS_FILES.fullmatch(file.name))
    files = tuple(found)
    header = _card_header(folder / "README.md")
    if "license" in header:
        name = header.get("license_name", header["license"])
        return Licence(header, f"{name}, as {where} states it.{_beside(files)}", files)
    # The card of a base that this project has pre-trained.
    card = folder / "card.json"
    own = read_json(card) if card.is_file() else None
    if isinstance(own, dict) and isinstance(own.get("license"), str):
        return stated_licence(own["license"], where, files)
    if files:
        link = f"{TERMS_FOLDER}/{files[0].name}"
        other = {"license": "other", "license_name": TERMS_FOLDER, "license_link": link}
        words = f"The base came with terms, and its files give them no name.{_beside(files)}"
        return Licence(other, words, files)
    place = f"; its page is https://huggingface.co/{pointer.repo}" if pointer.repo else ""
    return unknown_licence(f"the files of the base name none{place}")


def _card_header(card: Path) -> dict[str, Any]:
    """What the header of a model's card says of its licence; nothing where it has no header."""
    text = card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""
    if not text.startswith("---"):
        return {}
    import yaml
    from huggingface_hub import ModelCard

    try:
        found = vars(ModelCard(text, ignore_metadata_errors=True).data)
    except (ValueError, TypeError, yaml.YAMLError):
        return {}  # of somebody else's file: what cannot be read says nothing
    return {key: found[key] for key in _IN_HEADER if isinstance(found.get(key), str)}


def _beside(files: tuple[Path, ...]) -> str:
    return f" The terms are in `{TERMS_FOLDER}/`." if files else ""
