"""Outputs against their records: what is not what its stage wrote, and what it was made from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from breakeven.answer.cell_weights import digest_cell
from breakeven.core.errors import InputError
from breakeven.core.layout import (
    REPORT,
    answers_folder,
    base_folder,
    distilled_path,
    items_path,
    made_by,
    pairs_path,
    prompts_path,
    record_path,
    remade_by,
    student_folder,
    task_path,
)
from breakeven.core.records import Record, read_record
from breakeven.doctor.file_digests import FileDigests
from breakeven.doctor.finding import Finding, removed, repro
from breakeven.doctor.study_cells import StudyCell
from breakeven.pipeline.status import first_few


class Told(NamedTuple):
    """What records say of a study, and what is wrong with it.

    `agree` holds the outputs that are as their records have them, `wrong` every path that a finding
    is about: who looks at them in another way has nothing to add.
    """

    records: dict[StudyCell, Record]
    not_run: tuple[StudyCell, ...]
    agree: frozenset[Path]
    wrong: frozenset[Path]
    findings: tuple[Finding, ...]


def look_at_outputs(cells: Sequence[StudyCell], digests: FileDigests) -> Told:
    """Compare every output of some cells with its record, and what each was made from with it."""
    records: dict[StudyCell, Record] = {}
    not_run: list[StudyCell] = []
    findings: list[Finding] = []
    wrong: set[Path] = set()
    for cell in cells:
        path = record_path(*cell)
        if not path.is_file():
            out = main_output(cell)
            if out.exists():
                findings.append(Finding("outputs", f"{out}: has no record ({path})", repro(*cell)))
                wrong |= {out, path}
            else:
                not_run.append(cell)
            continue
        try:
            records[cell] = read_record(*cell)
        except InputError as error:
            said = str(error).removesuffix(remade_by(path))
            findings.append(Finding("outputs", said, repro(*cell)))
            wrong.add(path)
    digests.read(Path(name) for one in records.values() for name in {**one.inputs, **one.outputs})
    agree: set[Path] = set()
    for cell, record in records.items():
        differing = {
            state: [
                Path(name)
                for name, was in record.outputs.items()
                if _state(name, was, digests) == state
            ]
            for state in ("gone", "other", "same")
        }
        agree.update(differing["same"])
        wrong.update(differing["gone"], differing["other"])
        findings += _of_outputs(cell, differing["gone"], differing["other"])
    findings += [found for cell in records for found in _of_inputs(cell, records, wrong, digests)]
    return Told(records, tuple(not_run), frozenset(agree), frozenset(wrong), tuple(findings))


def main_output(cell: StudyCell) -> Path:
    """The file or folder that a cell is run for."""
    stage, *names = cell
    if stage == "train":
        student, arm, seed = names
        return student_folder(student, arm, int(seed))
    of_stage: Mapping[str, Callable[..., Path]] = {
        "tasks": task_path,
        "prompts": prompts_path,
        "distill": distilled_path,
        "pairs": pairs_path,
        "base": base_folder,
        "answer": answers_folder,
        "score": items_path,
        "report": lambda: REPORT / "index.html",
    }
    return of_stage[stage](*names)


def _state(name: str, was: str, digests: FileDigests) -> str:
    path = Path(name)
    if not path.exists():
        return "gone"
    if _is_no_content(path):
        return "other"
    return "same" if digests.sha256(path) == was else "other"


def _of_outputs(cell: StudyCell, gone: Sequence[Path], other: Sequence[Path]) -> Iterator[Finding]:
    for paths, said in (
        (gone, "not there, and its record is"),
        (other, "not what its stage wrote"),
    ):
        names = [path.as_posix() for path in paths]
        in_the_way = [path for path in paths if path.exists() and _is_no_content(path)]
        if names:
            mend = f"{removed(in_the_way)} && {repro(*cell)}" if in_the_way else repro(*cell)
            yield Finding("outputs", f"{first_few(names)}: {said}", mend)


def _is_no_content(path: Path) -> bool:
    """Whether it is a pipe or a device, for which a reader would wait."""
    return not path.is_file() and not path.is_dir()


def _of_inputs(
    cell: StudyCell, records: Mapping[StudyCell, Record], wrong: set[Path], digests: FileDigests
) -> Iterator[Finding]:
    """What a cell was made from and is another file by now; what is damaged is told by itself."""
    inputs: Mapping[str, str | None] = records[cell].inputs
    changed = [
        name
        for name, was in inputs.items()
        # Nothing is read of an arm that is not trained; what is on the hub is no file.
        if was is not None
        and Path(name).exists()
        and not {Path(name), *Path(name).parents} & wrong
        and _as_read(Path(name), records, digests) != was
    ]
    if changed:
        yield Finding(
            "outputs",
            f"{records[cell].path}: was made from another {first_few(changed)}",
            repro(*cell),
        )


def _as_read(path: Path, records: Mapping[StudyCell, Record], digests: FileDigests) -> str | None:
    """The digest that a reader takes of a file or folder: of a trained cell, its weights alone."""
    made = made_by(path)
    if made is None or made[0] != "train" or made not in records:
        return digests.sha256(path)
    return digest_cell(path, records[made].parameters.get("method", "none"))
