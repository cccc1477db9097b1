"""A stage that meets another's damaged output ends in a line: file, what is wrong, how to mend."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.faults.conftest import STUDENT, one_line, study
from tests.faults.damage import DAMAGES

from breakeven.core.errors import InputError
from breakeven.core.files import read_json, write_json
from breakeven.core.layout import remade_by

Run = Callable[[], object]


def pairs() -> None:
    from breakeven.pairs.stage import run

    run(study(), "general")


def train() -> None:
    from breakeven.train.stage import run

    run(study(), STUDENT, "ift", 0)


def answer() -> None:
    from breakeven.answer.stage import run

    run(study(), STUDENT)


def score() -> None:
    from breakeven.score.stage import run

    run(study())


def report() -> None:
    from breakeven.report.stage import run

    run(study())


def track() -> None:
    from breakeven.track.shown_answers import ShownAnswers
    from breakeven.track.wanted_runs import wanted_runs

    params = study()
    wanted_runs(params, None, ShownAnswers(params, None))


CELL = f"{STUDENT}/ift/0"
# The file, the cell that makes it, and who reads it.
OUTPUTS: dict[str, tuple[str, Run]] = {
    "data/tasks/chain-open.jsonl": ("tasks@chain-open", answer),
    "data/prompts/chain.jsonl": ("prompts@chain", pairs),
    "data/distilled/chain/reasoning.jsonl": ("distill@chain-reasoning", pairs),
    "data/pairs/general.parquet": ("pairs@general", train),
    f"models/base/{STUDENT}/pointer.json": (f"base@{STUDENT}", train),
    f"models/students/{CELL}/adapter_model.safetensors": (f"train@{STUDENT}-ift-0", answer),
    f"models/students/{CELL}/adapter_config.json": (f"train@{STUDENT}-ift-0", answer),
    f"answers/{CELL}/greedy/chain-open.jsonl": (f"answer@{STUDENT}", score),
    "scores/items.parquet": ("score", report),
    f"records/train/{CELL}.json": (f"train@{STUDENT}-ift-0", report),
    f"records/answer/{STUDENT}.json": (f"answer@{STUDENT}", report),
    "records/pairs/general.json": ("pairs@general", report),
    "records/score.json": ("score", report),
}


@pytest.mark.parametrize("name", [name for name in DAMAGES if name != "removed"])
@pytest.mark.parametrize("file", OUTPUTS)
def test_an_output_that_is_not_what_was_written_is_named_with_what_makes_it_again(
    ran: Path, file: str, name: str
) -> None:
    cell, run = OUTPUTS[file]
    DAMAGES[name](Path(file))
    with pytest.raises(InputError) as refused:
        run()
    said = one_line(str(refused.value))
    if cell.startswith("base@") and name == "edited":
        # Which of the two is another one, pointer or base, nobody can tell.
        assert "has changed since base@t30k ran; run `dvc repro` again" in said
        return
    # The file, or the folder that it is a part of.
    assert any(path.as_posix() in said for path in (Path(file), *list(Path(file).parents)[:-2]))
    assert f"`dvc repro {cell}`" in said


@pytest.mark.parametrize(
    "change",
    [
        {"colour": "blue"},
        {"metrics": None},
        {"details": {}},
        {"flops": {"train": 1.0}},
        {"stage": "other"},
    ],
    ids=str,
)
@pytest.mark.parametrize("run", [report, track])
def test_a_record_with_other_keys_or_values_is_refused(
    ran: Path, change: dict[str, object], run: Run
) -> None:
    path = Path(f"records/train/{CELL}.json")
    write_json(path, read_json(path) | change)
    with pytest.raises(InputError, match=rf"{path}: .*`dvc repro train@{STUDENT}-ift-0`") as error:
        run()
    one_line(str(error.value))


@pytest.mark.parametrize("run", [answer, report, track])
def test_the_record_of_another_cell_is_believed_by_nobody(ran: Path, run: Run) -> None:
    path, other = f"records/train/{CELL}.json", f"records/train/{STUDENT}/reasoning/0.json"
    shutil.copy(other, path)
    with pytest.raises(InputError) as error:
        run()
    assert one_line(str(error.value)) == (
        f"{path}: is the record of another cell ({other}); "
        f"`dvc repro train@{STUDENT}-ift-0` makes it again"
    )


def test_a_record_of_before_there_were_digests_is_read(ran: Path) -> None:
    path = Path(f"records/train/{CELL}.json")
    row = read_json(path)
    del row["digest"]
    write_json(path, row)
    track()


@pytest.mark.parametrize(
    ("path", "cell"),
    [
        *((file, cell) for file, (cell, _) in OUTPUTS.items()),
        ("data/pairs/general.dropped.csv", "pairs@general"),
        ("records/distill/chain/ift.json", "distill@chain-ift"),
        ("models/students/a/b/0", "train@a-b-0"),
        ("answers/a", "answer@a"),
        ("report/metrics.json", "report"),
    ],
)
def test_every_output_tells_its_cell(path: str, cell: str) -> None:
    assert remade_by(Path(path)) == f"; `dvc repro {cell}` makes it again"


@pytest.mark.parametrize("path", ["params.yaml", "data/mine.jsonl", "/tmp/records/x.json"])
def test_a_file_of_the_users_own_is_made_by_nobody(path: str) -> None:
    assert remade_by(Path(path)) == ""


def test_weights_of_a_base_that_changed_after_it_was_found_train_nothing(ran: Path) -> None:
    import shutil

    (ran / "assets").unlink()
    from tests.pipeline.repository import ROOT

    shutil.copytree(ROOT / "assets/tabletop/t30k", "assets/tabletop/t30k")
    DAMAGES["flipped"](Path("assets/tabletop/t30k/model.safetensors"))
    for run in (train, answer):
        with pytest.raises(InputError, match="has changed since base@t30k ran") as error:
            run()
        one_line(str(error.value))
