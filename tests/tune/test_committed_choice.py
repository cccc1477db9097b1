"""The choice of the tabletop's rates that is committed follows from the trials beside it."""

import csv
import json
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
CHOSEN = ROOT / "tuning/tabletop"


def test_the_committed_choice_is_what_its_curves_say() -> None:
    with (CHOSEN / "curves.csv").open(newline="") as file:
        curves = [row for row in csv.DictReader(file) if float(row["share"]) == 1]
    choice = json.loads((CHOSEN / "choice.json").read_text())["students"]
    cases = {(student, arm): one for student, arms in choice.items() for arm, one in arms.items()}
    assert {(row["student"], row["arm"]) for row in curves} == cases.keys()
    for (student, arm), one in cases.items():
        own = {
            float(row["learning_rate"]): (float(row["accuracy"]), -float(row["loss"]))
            for row in curves
            if (row["student"], row["arm"]) == (student, arm)
        }
        assert one["tried"] == sorted(own)
        assert one["best"] == max(own, key=lambda rate: own[rate])
        assert one["at_edge"] == (one["best"] in (min(own), max(own)))
        assert one["best"] in one["as_good_as_the_best"]
        assert one["learning_rate"] in one["as_good_as_the_best"]
        assert (one["accuracy"], -one["loss"]) == own[one["learning_rate"]]


def test_the_default_study_trains_at_the_rates_that_were_chosen() -> None:
    params = yaml.safe_load((ROOT / "profiles/tabletop.yaml").read_text())
    choice = json.loads((CHOSEN / "choice.json").read_text())["students"]
    for student, arms in choice.items():
        for arm, one in arms.items():
            row = params["arms"][arm]
            style = "reasoning" if row["reasoning_share"] else "ift"
            rates = params["students"][student]["learning_rates"]
            assert one["learning_rate"] == row.get("learning_rate", rates[style])
