"""Studies killed at random moments: each goes on, and ends with what an undisturbed run makes.

    BREAKEVEN_KILLS=300 BREAKEVEN_KILLS_SEED=1 pytest -m faults -s tests/faults/test_kills.py

Each study has a seed, of which its kills are drawn, in the order in which they come; `lost` names
it. A moment is in seconds of the processor, so that a busy machine draws much the same ones.
"""

import itertools
import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.faults.conftest import smallest
from tests.faults.kills import (
    MOST_KILLS_OF_A_STUDY,
    Kill,
    LostError,
    Tally,
    draw_kills,
    kill_on_its_way,
    results,
)
from tests.pipeline.repository import ROOT, Study, make_study

KILLS = int(os.environ.get("BREAKEVEN_KILLS", "300"))
SEED = int(os.environ.get("BREAKEVEN_KILLS_SEED", "20261127"))


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    """The study of profiles/smoke.yaml, of which nothing has run."""
    folder = tmp_path_factory.mktemp("smoke") / "study"
    study = make_study(folder, yaml.safe_load((ROOT / "profiles/smoke.yaml").read_text()))
    shutil.copytree(ROOT / "assets/tabletop/t120k", folder / "assets/tabletop/t120k")
    yield study
    shutil.rmtree(folder)


def copied(study: Study, folder: Path) -> Study:
    return Study(Path(shutil.copytree(study.folder, folder)))


def what_is_wrong(study: Study) -> list[str]:
    """What the doctor finds; temporary files of kills are no fault, and go when a study is old."""
    found = json.loads(study.run("breakeven", "doctor", "--json", check=False).stdout)
    return [one["line"] for one in found["findings"] if one["area"] != "temporary"]


@pytest.mark.faults
def test_a_killed_study_ends_as_an_undisturbed_one(
    smoke: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    undisturbed = copied(smoke, tmp_path / "undisturbed")
    undisturbed.repro()
    expected, tally = results(undisturbed), Tally()
    while tally.tried < KILLS:
        seed = SEED + tally.studies
        study = copied(smoke, tmp_path / str(seed))
        most = min(MOST_KILLS_OF_A_STUDY, KILLS - tally.tried)
        tally.studies += 1
        try:
            kill_on_its_way(study, itertools.islice(draw_kills(seed), most), tally)
            found = results(study)
            keys = found.keys() | expected.keys()
            if other := sorted(key for key in keys if found.get(key) != expected.get(key)):
                raise LostError(f"other than undisturbed: {other}")
            if wrong := what_is_wrong(study):
                raise LostError(f"the doctor finds: {wrong}")
            shutil.rmtree(study.folder)
        except LostError as lost:
            tally.lost.append(f"seed {seed}: {lost}")
        with capsys.disabled():
            print(f"\nafter seed {seed}: {tally}", *tally.lost, sep="\n  lost: ", flush=True)
    never_met = {one.stem for one in (ROOT / "stages").glob("*.py")} - tally.stages.keys()
    with capsys.disabled():
        print(f"stages that no kill has met: {', '.join(sorted(never_met)) or 'none'}")
    assert tally.lost == []


@pytest.mark.study
def test_kills_of_a_cell_of_dvc_and_of_its_lock_lose_nothing(done: Path, tmp_path: Path) -> None:
    study, tally = make_study(tmp_path / "study", smallest()), Tally()
    kills = [
        Kill("dvc repro", "cell", signal.SIGTERM, 0.5, 0.0),
        Kill("dvc repro", "runner", signal.SIGKILL, 2.0, 0.0),
        Kill("dvc repro", "lock", signal.SIGKILL, 0.5, 0.002),
    ]
    kill_on_its_way(study, kills, tally, ["distill@chain-reasoning"])
    assert tally.tried == len(kills)
    assert not study.repro("distill@chain-reasoning")
    for name in ("data/prompts/chain.jsonl", "data/distilled/chain/reasoning.jsonl"):
        assert (study.folder / name).read_bytes() == (done / name).read_bytes()
