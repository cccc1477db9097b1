"""The four tabletop bases: `python -m breakeven.base.tabletop assets/tabletop`.

Names after the folder train only these sizes. A killed run goes on where it was.
"""

import argparse
import sys
from pathlib import Path

from breakeven.base.model_card import write_card
from breakeven.base.pretraining import PretrainingSettings, pretrain
from breakeven.base.tabletop_shapes import TABLETOP_SHAPES
from breakeven.base.tokenizer import build_tokenizer
from breakeven.core.errors import InputError, did_you_mean
from breakeven.core.scratch import scratch_folder

# Larger models learn more from a token and take smaller steps.
SETTINGS = {
    "t30k": PretrainingSettings(tokens=16_000_000, learning_rate=4e-3),
    "t120k": PretrainingSettings(tokens=14_000_000, learning_rate=3e-3),
    "t500k": PretrainingSettings(tokens=9_000_000, learning_rate=2e-3),
    "t2m": PretrainingSettings(tokens=6_500_000, learning_rate=1.5e-3),
}


def make_base(name: str, folder: Path, threads: int = 1) -> None:
    """Train one base and write it, its card and its readme to `folder/name`."""
    shape, settings = TABLETOP_SHAPES[name], SETTINGS[name]
    # A checkpoint is gone on from only by the same settings.
    key = {"shape": shape._asdict(), "settings": settings.as_dict()}
    trained = pretrain(
        shape,
        build_tokenizer(),
        settings,
        scratch=scratch_folder("bases", key),
        out=folder / name,
        threads=threads,
        label=name,
    )
    command = f"python -m breakeven.base.tabletop {folder.as_posix()} {name}"
    write_card(folder / name, shape, settings, trained, command=command)


def main(arguments: list[str] | None = None) -> int:
    """Train the bases that are named, all by default; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where each base gets a folder of its name")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(SETTINGS)}; all by default")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args(arguments)
    for name in given.names:
        if name not in SETTINGS:
            raise InputError(f"names: value is {name!r}; {did_you_mean(name, SETTINGS)}")
    for name in given.names or SETTINGS:
        make_base(name, given.folder, given.threads)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"{error}")
