"""Shares in both orders, one corpus after another and matched budgets: from tasks to the page."""

import csv
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.repository import ROOT, TINY, run_stages

from breakeven.core.errors import InputError
from breakeven.core.files import read_json
from breakeven.params import Params
from breakeven.report.stage import run as report
from breakeven.score.stage import run as score
from breakeven.train.plan import plan_cell

GENERAL = {"corpus": "general"}
STUDY: dict[str, Any] = {
    **TINY,
    "sources": {
        "chain": {**TINY["sources"]["chain"], "prompts": 150},
        "lookup": {**TINY["sources"]["lookup"], "prompts": 150, "formats": ["choice"]},
    },
    # Enough that something is learnt: an accuracy of nothing would compare nothing.
    "training": {"method": "full", "batch_tokens": 512, "epochs": 2, "learning_rate": 4e-3},
    "corpora": {"general": {"sources": ["lookup"]}, "math": {"sources": ["chain"]}},
    "arms": {
        "ift": {**GENERAL, "reasoning_share": 0.0},
        **{
            f"{order}-{round(100 * share)}": {**GENERAL, "reasoning_share": share, "order": order}
            for order in ("mixed", "sequential")
            for share in (0.25, 0.5, 0.75)
        },
        "reasoning": {**GENERAL, "reasoning_share": 1.0},
        "matched-flops": {
            **GENERAL,
            "reasoning_share": 0.0,
            "budget": {"match": "reasoning", "unit": "train_flops"},
        },
        "matched-supervised": {
            **GENERAL,
            "reasoning_share": 0.0,
            "budget": {"match": "reasoning", "unit": "supervised_tokens"},
        },
        "general-then-math": {
            **GENERAL,
            "then": "math",
            "reasoning_share": 0.5,
            "order": "sequential",
            "budget": {"match": "reasoning", "unit": "tokens"},
        },
    },
}
SHARES = ["ift", *(name for name in STUDY["arms"] if "-" in name and name[-1] in "05"), "reasoning"]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Params]:
    """Where the study has run, and its params."""
    folder = tmp_path_factory.mktemp("shares")
    (folder / "assets").symlink_to(ROOT / "assets")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        params = Params.model_validate(deepcopy(STUDY))
        run_stages(params)
        score(params)
        report(params)
    return folder, params


def record(folder: Path, arm: str) -> dict[str, Any]:
    return read_json(folder / f"records/train/t30k/{arm}/0.json")


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"report/tables/{table}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_matched_arms_are_within_two_percent_by_their_records(
    study: tuple[Path, Params],
) -> None:
    folder, _ = study
    reasoning = record(folder, "reasoning")
    pairs = {
        "matched-flops": ("flops", "train"),
        "matched-supervised": ("tokens", "supervised"),
        "general-then-math": ("tokens", "trained"),
    }
    for arm, (section, name) in pairs.items():
        used = record(folder, arm)[section][name] / reasoning[section][name]
        assert 0.98 <= used <= 1, arm


def test_each_match_has_a_row_with_its_amounts_interval_and_verdict(
    study: tuple[Path, Params],
) -> None:
    folder, _ = study
    found = rows(folder, "matched-budgets")
    assert {(row["matched_arm"], row["unit"]) for row in found} == {
        ("matched-flops", "train_flops"),
        ("matched-supervised", "supervised_tokens"),
        ("general-then-math", "tokens"),
    }
    for row in found:
        assert 0.98 <= float(row["used_ratio"]) <= 1
        assert float(row["low"]) <= float(row["difference"]) <= float(row["high"])
        assert row["verdict"] in ("more accurate", "less accurate", "undecided")
        # The arm with more traces stands first, whichever matched the other.
        assert row["arm"] == "reasoning"
        assert row["other"] == row["matched_arm"]
    page = (folder / "report/index.html").read_text()
    assert "Does thinking pay at equal training budgets?" in page


def test_a_match_of_two_styles_is_the_test_that_the_table_of_differences_shows(
    study: tuple[Path, Params],
) -> None:
    """One test, counted once, with one verdict."""
    folder, _ = study
    differences = {
        (row["arm"], row["ift_arm"], row["family"]): row for row in rows(folder, "differences")
    }
    for row in rows(folder, "matched-budgets"):
        shown = differences.get((row["arm"], row["other"], row["family"]))
        if row["matched_arm"] == "general-then-math":
            assert shown is None  # another corpus: no pair of styles, compared as it was asked for
        else:
            assert shown is not None
            assert shown["holm_p_value"] == row["holm_p_value"]
            assert shown["difference"] == row["difference"]


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
@pytest.mark.parametrize("order", ["mixed", "sequential"])
def test_a_share_of_the_pairs_is_learnt_with_a_trace(
    study: tuple[Path, Params], share: float, order: str
) -> None:
    folder, params = study
    told = record(folder, f"{order}-{round(100 * share)}")
    assert told["parameters"]["order"] == order
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        plan = plan_cell(params, "t30k", f"{order}-{round(100 * share)}", 0)
    assert plan is not None
    styles = [sample.style for sample in plan.selection.samples]
    assert len(styles) == 2 * 150  # two passes, each with the same pairs
    assert styles.count("reasoning") == 2 * round(share * 150)
    assert told["tokens"]["trained_reasoning"] == sum(
        plan.examples.tokens_of(one) for one in plan.selection.samples if one.style == "reasoning"
    )
    if order == "sequential":
        assert styles == sorted(styles)  # plain ones first


def test_the_figure_of_shares_has_every_share_in_both_orders_with_intervals(
    study: tuple[Path, Params],
) -> None:
    folder, _ = study
    found = rows(folder, "figure-share")
    assert {row["arm"] for row in found} == set(SHARES)
    assert {(row["reasoning_share"], row["order"]) for row in found} == {
        ("0", ""),
        ("1", ""),
        *(
            (f"{share:g}", order)
            for share in (0.25, 0.5, 0.75)
            for order in ("mixed", "sequential")
        ),
    }
    for row in found:
        low, value, high = (float(row[f"accuracy{end}"]) for end in ("_low", "", "_high"))
        # Ends are sums: one of 0% comes out as 1e-17.
        assert low <= value + 1e-12
        assert value <= high + 1e-12
    assert 'id="figure-share"' in (folder / "report/index.html").read_text()


def test_general_then_math_is_a_corpus_of_its_own(study: tuple[Path, Params]) -> None:
    folder, _ = study
    told = {row["name"]: row["corpus"] for row in rows(folder, "arms")}
    assert told["general-then-math"] == "general then math"
    first, second = record(folder, "general-then-math")["details"]["corpora"]
    assert (first["corpus"], second["corpus"]) == ("general", "math")
    assert first["passes"] == pytest.approx(second["passes"], abs=0.05)


def test_a_share_that_comes_to_no_trace_is_refused(study: tuple[Path, Params]) -> None:
    folder, params = study
    tree = params.model_dump(mode="json")
    tree["arms"]["hardly"] = {**GENERAL, "reasoning_share": 0.001}
    # Of so many prompts it would come to one: what there is of pairs decides.
    tree["sources"]["lookup"]["prompts"] = 600
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with pytest.raises(
            InputError, match=r"arms.hardly.reasoning_share: value is 0.001; of the"
        ):
            plan_cell(Params.model_validate(tree), "t30k", "hardly", 0)
