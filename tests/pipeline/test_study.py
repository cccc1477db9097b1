"""One tiny study end to end through `dvc repro`, then what a person changes in it.

The tests share one repository and build on one another, in the order in which they stand here.
"""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.repository import SCRATCH_SIZE, TINY, Study, make_study

pytestmark = pytest.mark.study


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    folder = tmp_path_factory.mktemp("tiny") / "study"
    yield make_study(folder, deepcopy(TINY))
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def study(made: Study, preloaded: Path) -> Study:
    """The study once it has run, from where on processes need not import the libraries."""
    made.python = preloaded
    return made


def runs(study: Study) -> dict[str, dict[str, float]]:
    """Metrics of each active run in the MLflow store, by run name."""
    with sqlite3.connect(study.folder / "mlruns/mlflow.db") as store:
        rows = store.execute(
            "select r.name, m.key, m.value from runs r join latest_metrics m "
            "on r.run_uuid = m.run_uuid where r.lifecycle_stage = 'active'"
        ).fetchall()
    found: dict[str, dict[str, float]] = {}
    for name, key, value in rows:
        found.setdefault(name, {})[key] = value
    return found


def count_runs(study: Study) -> int:
    with sqlite3.connect(study.folder / "mlruns/mlflow.db") as store:
        return int(store.execute("select count(*) from runs").fetchone()[0])


def test_a_study_runs_from_nothing(made: Study) -> None:
    ran = made.repro()
    assert {
        "tasks@chain-open",
        "prompts@chain",
        "distill@chain-reasoning",
        "pairs@general",
        "base@t30k",
        "train@t30k-reasoning-0",
        "answer@t30k",
        "score",
        "report",
        "track",
    } <= ran
    page = (made.folder / "report/index.html").read_text()
    assert "t30k" in page
    assert "chain-open" in page
    for stage in ("distill/chain/ift", "pairs/general", "train/t30k/ift/0", "answer/t30k"):
        assert (made.folder / "records" / f"{stage}.json").is_file()


def test_again_runs_nothing_but_track(study: Study) -> None:
    before = count_runs(study)
    assert study.repro() == {"track"}
    assert count_runs(study) == before


def test_a_plan_knows_the_flops_of_training_and_what_is_done(study: Study) -> None:
    plan = json.loads(study.run("breakeven", "plan", "--device", "L4", "--json").stdout)
    assert plan["total"]["done"] == plan["total"]["cells"]
    assert plan["total"]["device_hours_to_pay"] == 0
    for cell in plan["cells"]:
        if cell["stage"] == "train":
            assert cell["flops"] == pytest.approx(cell["spent_flops"], rel=0.01)


@pytest.mark.browser
def test_the_page_opens_in_chromium_without_an_error(study: Study) -> None:
    chromium = Path("/usr/bin/chromium")
    if not chromium.is_file():
        pytest.skip("chromium is not installed at /usr/bin/chromium")
    from playwright.sync_api import sync_playwright

    troubles: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(chromium), args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page()
        page.on("console", lambda one: troubles.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto((study.folder / "report/index.html").as_uri())
        assert "does it pay to let the model think" in page.inner_text("h1")
        assert page.locator("svg").count() > 4
        browser.close()
    assert troubles == []


def test_metrics_and_plots_are_there_for_dvc(study: Study) -> None:
    shown = json.loads(study.run("dvc", "metrics", "show", "--json").stdout)
    lines = next(iter(shown.values()))["data"]
    assert lines["report/summary/reasoning.over.ift/math-open/t30k.json"]["data"]
    assert len(lines) < 40
    study.run("dvc", "metrics", "diff", "--json")
    study.run("dvc", "plots", "show")
    assert "<script" not in (study.folder / "dvc_plots/index.html").read_text()


def test_a_new_size_runs_only_its_own_cells(study: Study) -> None:
    params = study.params()
    params["students"]["t5k"] = SCRATCH_SIZE
    study.write_params(params)
    assert study.repro() == {
        "base@t5k",
        "texts",
        "train@t5k-ift-0",
        "train@t5k-reasoning-0",
        "answer@t5k",
        "score",
        "report",
        "track",
    }
    assert "t5k" in (study.folder / "report/index.html").read_text()


def test_a_new_task_trains_nothing_and_answers_only_itself(study: Study) -> None:
    params = study.params()
    params["tasks"]["lookup-open"] = {
        **params["tasks"]["lookup-mc"],
        "format": "open",
        "family": "general-open",
    }
    study.write_params(params)
    answered = set((study.folder / ".work/answers").rglob("*.jsonl"))
    changed = {path: path.stat().st_mtime_ns for path in answered}
    ran = study.repro()
    assert not [cell for cell in ran if cell.startswith(("base", "train"))]
    assert {"tasks@lookup-open", "answer@t30k", "answer@t5k"} <= ran
    for path, moment in changed.items():
        assert path.stat().st_mtime_ns == moment, f"{path} was answered again"


def test_a_removed_size_leaves_no_trace(study: Study) -> None:
    params = study.params()
    del params["students"]["t5k"]
    study.write_params(params)
    ran = study.repro()
    assert not [cell for cell in ran if cell.startswith(("base", "train", "answer"))]
    report = study.folder / "report"
    for file in (path for path in report.rglob("*") if path.suffix in {".html", ".csv", ".json"}):
        assert "t5k" not in file.read_text(), f"{file} still names the removed size"
    assert not [name for name in runs(study) if "t5k" in name]


def test_track_rebuilds_every_run_without_training(study: Study) -> None:
    before = runs(study)
    shutil.rmtree(study.folder / "mlruns")
    assert study.repro("track") == {"track"}
    assert runs(study) == before
    rebuilt = count_runs(study)
    study.repro("track")
    assert count_runs(study) == rebuilt


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("training", "bogus"), 1, "params.yaml: training.bogus: unknown key"),
        (("arms", "ift", "reasoning_share"), 1.5, "params.yaml: arms.ift.reasoning_share: 1.5"),
    ],
)
def test_bad_params_stop_the_run_with_one_line_and_lose_nothing(
    study: Study, path: tuple[str, ...], value: Any, message: str
) -> None:
    good = study.params()
    weights = study.folder / "models/students/t30k"
    before = sorted(file.relative_to(weights) for file in weights.rglob("*.safetensors"))
    bad = deepcopy(good)
    table = bad
    for key in path[:-1]:
        table = table[key]
    table[path[-1]] = value
    study.write_params(bad)
    failed = study.run("dvc", "repro", check=False)
    assert failed.returncode != 0
    assert message in failed.stdout + failed.stderr
    assert "Traceback" not in failed.stdout + failed.stderr
    study.write_params(good)
    assert study.repro() <= {"track"}
    assert sorted(file.relative_to(weights) for file in weights.rglob("*.safetensors")) == before
