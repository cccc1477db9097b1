"""The tabletop bases: `python -m breakeven.base.tabletop assets/tabletop`.

Names after the folder train only these sizes. A killed run goes on where it was.
"""

import argparse
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from breakeven.base.model_card import write_card
from breakeven.base.plain_text import TextMix
from breakeven.base.pretraining import PretrainingSettings, pretrain
from breakeven.base.tabletop_shapes import TABLETOP_SHAPES
from breakeven.base.tokenizer import build_tokenizer
from breakeven.core.errors import InputError, did_you_mean
from breakeven.core.files import atomic_folder, read_json
from breakeven.core.scratch import scratch_folder


class Recipe(NamedTuple):
    """Short texts from nothing, then texts among which long ones are, as large bases are made."""

    pretraining: PretrainingSettings
    mid_training: PretrainingSettings


# By tokens more than half are checked notes.
MID_TRAINING_MIX = TextMix(
    facts=0.1, notes=0.25, results=0.15, lists=0.1, copies=0.1, worked=0.15, checked=0.2
)


def _recipe(tokens: int, learning_rate: float, *, mid_training_tokens: int) -> Recipe:
    return Recipe(
        PretrainingSettings(tokens, learning_rate),
        PretrainingSettings(
            mid_training_tokens,
            learning_rate / 2,
            seed=1,
            mix=MID_TRAINING_MIX,
            # The longest document has 371 tokens.
            row_tokens=384,
            decay_share=0.6,
        ),
    )


# Larger models learn more from a token and take smaller steps.
RECIPES = {
    "t30k": _recipe(16_000_000, 4e-3, mid_training_tokens=6_000_000),
    "t120k": _recipe(12_000_000, 3e-3, mid_training_tokens=6_000_000),
    "t270k": _recipe(10_000_000, 2.5e-3, mid_training_tokens=8_000_000),
    "t500k": _recipe(9_000_000, 2e-3, mid_training_tokens=4_000_000),
    "t2m": _recipe(6_500_000, 1.5e-3, mid_training_tokens=2_000_000),
}


def make_base(name: str, folder: Path, threads: int = 1) -> None:
    """Train one base and write it, its card and its readme to `folder/name`."""
    command = f"python -m breakeven.base.tabletop {folder.as_posix()} {name}"
    pretrained = _trained(name, "pretraining", None, threads, command)
    mid_trained = _trained(name, "mid_training", pretrained, threads, command)
    with atomic_folder(folder / name) as whole:
        shutil.copytree(mid_trained, whole, dirs_exist_ok=True)


def _trained(name: str, phase: str, start: Path | None, threads: int, command: str) -> Path:
    """The folder that one phase leaves in scratch, with its card; made unless it is there."""
    shape, settings = TABLETOP_SHAPES[name], getattr(RECIPES[name], phase)
    # A checkpoint is gone on from only by the same settings.
    key = {"shape": shape._asdict(), "settings": settings.as_dict()}
    before = None
    if start is not None:
        before = read_json(start / "card.json")
        key["start"] = before["weights_sha256"]
    scratch = scratch_folder("bases", key)
    out = scratch / name
    if not (out / "card.json").is_file():
        trained = pretrain(
            shape,
            build_tokenizer(),
            settings,
            scratch=scratch,
            out=out,
            start=start,
            threads=threads,
            label=f"{name} {phase}",
        )
        write_card(out, shape, settings, trained, command=command, before=before)
    return out


def main(arguments: list[str] | None = None) -> int:
    """Train the bases that are named, all by default; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where each base gets a folder of its name")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(RECIPES)}; all by default")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args(arguments)
    for name in given.names:
        if name not in RECIPES:
            raise InputError(f"names: value is {name!r}; {did_you_mean(name, RECIPES)}")
    for name in given.names or RECIPES:
        make_base(name, given.folder, given.threads)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"{error}")
