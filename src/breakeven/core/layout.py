"""Where each stage's outputs are, relative to the repository root."""

import re
from pathlib import Path


# dvc.yaml spells these paths out: what changes here has to change there.
def task_path(task: str) -> Path:
    """Pinned items of a task."""
    return Path("data/tasks") / f"{task}.jsonl"


def prompts_path(source: str) -> Path:
    """Training prompts of a source."""
    return Path("data/prompts") / f"{source}.jsonl"


def distilled_path(source: str, style: str) -> Path:
    """The teacher's completions of a source in one style."""
    return Path("data/distilled") / source / f"{style}.jsonl"


def pairs_path(corpus: str) -> Path:
    """Pairs of a corpus, in the published schema plus ids and token counts."""
    return Path("data/pairs") / f"{corpus}.parquet"


def dropped_path(corpus: str) -> Path:
    """Pairs that were left out of a corpus, with the reason."""
    return Path("data/pairs") / f"{corpus}.dropped.csv"


def tuning_choice_path(study: str) -> Path:
    """The rates that `breakeven tune` chose for a study, to be committed."""
    return Path("tuning") / study / "choice.json"


def tuning_curves_path(study: str) -> Path:
    """Every trial of `breakeven tune`, to be committed; there only if it has run."""
    return tuning_choice_path(study).parent / "curves.csv"


def base_folder(student: str) -> Path:
    """A student's base: `pointer.json`, and the weights where they were built here."""
    return Path("models/base") / student


def student_folder(student: str, arm: str, seed: int) -> Path:
    """Adapter or weights of one cell."""
    return Path("models/students") / student / arm / str(seed)


def answers_folder(student: str) -> Path:
    """All answers of a student."""
    return Path("answers") / student


def answers_path(student: str, arm: str, seed: int, decoding: str, task: str) -> Path:
    """Every sample of one cell on one task."""
    return answers_folder(student) / arm / str(seed) / decoding / f"{task}.jsonl"


def items_path() -> Path:
    """One row a (student, arm, seed, decoding, task, item, sample)."""
    return Path("scores/items.parquet")


def record_path(stage: str, *cell: str | int) -> Path:
    """The record of one cell of a stage; a stage without cells has one record."""
    if not cell:
        return Path("records") / f"{stage}.json"
    return (Path("records") / stage / "/".join(str(part) for part in cell)).with_suffix(".json")


REPORT = Path("report")
# Every answer, in pieces that the page loads.
REPORT_SAMPLES = REPORT / "samples"


# What a stage writes, and which parts of its path name the cell.
_OUTPUTS = (
    r"data/(?P<stage>tasks|prompts|pairs)/([^./]+).*",
    r"data/(?P<distill>distilled)/([^/]+)/([^./]+).*",
    r"models/(?P<base>base)/([^/]+)(?:/.*)?",
    r"models/(?P<train>students)/([^/]+)/([^/]+)/([^/]+)(?:/.*)?",
    r"(?P<answer>answers)/([^/]+)(?:/.*)?",
    r"records/(?P<stage>\w+)(?:/([^/]+?))?(?:/([^/]+?))?(?:/([^/]+?))?\.json",
    r"(?P<score>scores)/.*",
    r"(?P<report>report)/.*",
    r"(?P<inputs>inputs)/.*",
)


def made_by(path: Path) -> tuple[str, ...] | None:
    """The stage that writes a file or folder, and its cell; None for what no stage writes."""
    for pattern in _OUTPUTS:
        found = re.fullmatch(pattern, path.as_posix())
        if found:
            ((name, word),) = found.groupdict().items()
            _, *cell = (part for part in found.groups() if part is not None)
            return (word if name == "stage" else name, *cell)
    return None


def remade_by(path: Path) -> str:
    """How a stage's output is made again, as the end of an error's line; empty for other files."""
    made = made_by(path)
    if made is None:
        return ""
    stage, *cell = made
    name = f"{stage}@{'-'.join(cell)}" if cell else stage
    return f"; `dvc repro {name}` makes it again"
