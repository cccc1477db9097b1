"""What an earlier study left behind is used by a plan only where it is this study's."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.repository import TINY, run_stages

from breakeven.params import Params
from breakeven.planning.expected_study import ExpectedStudy
from breakeven.planning.expected_work import planned_cells
from breakeven.planning.planned_devices import planned_device
from breakeven.planning.rates import AssumedUtilisation
from breakeven.planning.study_bill import bill_lines, total

ROOT = Path(__file__).resolve().parents[2]
Change = Callable[[dict[str, Any]], Any]


def tiny(change: Change = lambda tree: None) -> Params:
    tree = deepcopy(TINY)
    change(tree)
    return Params.model_validate(tree)


def plan(params: Params) -> list[dict[str, Any]]:
    """The lines of a plan for a device that is not this one."""
    study = ExpectedStudy(params)
    lines = bill_lines(
        study.earlier_run,
        planned_cells(study),
        planned_device("H100"),
        AssumedUtilisation(0.4, 0.1),
        {},
    )
    assert total(lines, None).cells == len(lines)
    return [line.as_dict() for line in lines]


def done(params: Params) -> set[tuple[str, ...]]:
    return {(one["stage"], *map(str, one["cell"])) for one in plan(params) if one["done"]}


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("studied")
    (folder / "assets").symlink_to(ROOT / "assets")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run_stages(tiny())
    return folder


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    (tmp_path / "assets").symlink_to(ROOT / "assets")
    return tmp_path


STYLES = ("ift", "reasoning")
DISTILLED = {("distill", source, style) for source in TINY["sources"] for style in STYLES}
TRAINED = {("train", "t30k", arm, "0") for arm in TINY["arms"]}
ANSWERED = {
    ("answer", "t30k", arm, "0", "greedy", task) for arm in TINY["arms"] for task in TINY["tasks"]
}


def test_a_study_that_has_run_is_paid(studied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(studied)
    assert done(tiny()) == DISTILLED | TRAINED | ANSWERED
    trained = [one for one in plan(tiny()) if one["stage"] == "train"]
    assert {one["basis"] for one in trained} == {"the pairs of this study"}
    # What was spent is what the plan, by the real pairs, says that it takes.
    assert all(one["flops"] == pytest.approx(one["spent_flops"], rel=0.02) for one in trained)


TEACHER = {
    "kind": "openai",
    "model": "any",
    "base_urls": ["http://127.0.0.1:9/v1"],
    "architecture": "Qwen3-235B-A22B",
    "styles": {
        "ift": {"trace": "none", "max_new_tokens": 900},
        "reasoning": {"trace": "think-tags", "max_new_tokens": 9000},
    },
}
BASE = {"kind": "hub", "repo": "Qwen/Qwen2.5-0.5B", "revision": "main"}
LOOKUP = {("distill", "lookup", style) for style in STYLES}
REASONING = {one for one in TRAINED | ANSWERED if one[2] == "reasoning"}


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (lambda tree: tree["sources"]["chain"].update(prompts=4800), LOOKUP),
        (lambda tree: tree["sources"]["chain"].update(seed=1), LOOKUP),
        (lambda tree: tree.update(teacher=TEACHER), set()),
        (lambda tree: tree["corpora"]["general"].update(rules={"max_tokens": 20}), DISTILLED),
        (lambda tree: tree["corpora"]["general"].update(sources=["lookup"]), DISTILLED),
        (lambda tree: tree["tasks"]["lookup-mc"].update(items=23), DISTILLED),
        (lambda tree: tree["students"]["t30k"].update(base=BASE), DISTILLED),
        (lambda tree: tree["training"].update(epochs=2), DISTILLED),
        (
            lambda tree: tree["arms"]["ift"].update(learning_rate=1e-4),
            DISTILLED | REASONING,
        ),
        (lambda tree: tree["answering"].update(max_new_tokens=25), DISTILLED | TRAINED),
        (lambda tree: tree["answering"].update(batch_size=7), DISTILLED | TRAINED),
        (lambda tree: tree["answering"].update(dtype="bfloat16"), DISTILLED | TRAINED),
        (lambda tree: tree["seeds"].append(1), DISTILLED | TRAINED | ANSWERED),
    ],
)
def test_what_a_changed_row_decides_is_planned_as_if_nothing_had_run(
    studied: Path, empty: Path, monkeypatch: pytest.MonkeyPatch, change: Change, left: set[Any]
) -> None:
    params = tiny(change)
    monkeypatch.chdir(studied)
    after = {(one["stage"], *one["cell"]): one for one in plan(params)}
    assert done(params) == left
    monkeypatch.chdir(empty)
    for one in plan(params):
        now = after[one["stage"], *one["cell"]]
        if now["basis"] not in ("the pairs of this study", "its items"):
            assert now["flops"] == one["flops"]


def test_the_bill_of_another_study_is_the_same_before_and_after_this_one(
    studied: Path, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from breakeven.params import load_params

    params = load_params(ROOT / "profiles" / "paper.yaml")
    assert set(params.corpora) & set(TINY["corpora"])
    monkeypatch.chdir(empty)
    before = plan(params)
    monkeypatch.chdir(studied)
    assert plan(params) == before


def test_pairs_that_were_edited_are_not_those_of_the_record(
    studied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(studied)
    pairs = Path("data/pairs/general.parquet")
    kept = pairs.read_bytes()
    pairs.write_bytes(b"other")
    try:
        trained = [one for one in plan(tiny()) if one["stage"] == "train"]
    finally:
        pairs.write_bytes(kept)
    assert {one["basis"] for one in trained} == {"worked solutions of training prompts"}
