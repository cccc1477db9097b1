"""`breakeven decide --register`: the chosen student in a real registry of MLflow."""

import json
from dataclasses import replace

import pytest
from mlflow import MlflowClient
from tests.decide import simulated
from typer.testing import CliRunner

from breakeven.cli import app
from breakeven.core.errors import InputError
from breakeven.core.records import read_record
from breakeven.decide.register import register_choice
from breakeven.params import load_params
from breakeven.track.stage import track
from breakeven.tracking.store import current_store

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")


def decided(*options: str) -> dict:
    command = ["decide", "--family", "math-open", "--queries", "1e6", "--json", *options]
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_the_choice_is_registered_where_it_was_tracked_once(project):
    simulated.write_project(project, "costs: {price_per_device_hour: 3.6, currency: EUR}\n")
    choice = decided()["choice"]
    with pytest.raises(InputError, match=r"MLflow has no run of cell:.*run `dvc repro track`"):
        register_choice(decided(), "math-student")

    track(load_params())
    with pytest.raises(InputError, match="trained nothing; only a trained student"):
        register_choice(decided(), "math-student")  # records without weights

    record = read_record("train", choice["student"], choice["arm"], 0)
    replace(record, outputs={"models/students/it": "5" * 64}).write()
    track(load_params())
    entry = decided("--register", "math-student")["registered"]
    assert entry == {"name": "math-student", "version": 1}
    client = MlflowClient(current_store().uri)
    version = client.get_model_version_by_alias("math-student", "chosen")
    assert (version.tags["path"], version.tags["digest"]) == ("models/students/it", "5" * 64)
    assert version.tags["arm"] == choice["arm"]
    assert "chosen by: highest accuracy" in version.description
    assert choice["name"] in version.description

    again = decided("--register", "math-student", "--price-per-device-hour", "5")["registered"]
    assert again == entry


def test_results_of_others_and_no_choice_are_refused(project):
    command = [
        "decide",
        "--family",
        "f",
        "--queries",
        "1",
        "--register",
        "it",
        "--results",
        "r.csv",
    ]
    refused = CliRunner().invoke(app, command)
    assert isinstance(refused.exception, InputError)
    with pytest.raises(InputError, match="nothing was chosen"):
        register_choice({"choice": None}, "it")


@pytest.mark.parametrize("name", ["team/student", "student:1", " "])
def test_a_name_that_mlflow_does_not_take_is_refused_before_its_store_is_opened(name):
    with pytest.raises(InputError, match=r"--register: value is .*no name that is empty or has"):
        register_choice({"choice": {"student": "it", "arm": "ift"}}, name)
