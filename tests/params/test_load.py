"""params.yaml: what it accepts, and what it refuses as a whole."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROOT
from tests.params.valid import VALID, changed, error_of

from breakeven.core.errors import InputError
from breakeven.params import Params, load_params


@pytest.mark.parametrize("path", sorted((ROOT / "profiles").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_profile_fits_the_schema(path: Path) -> None:
    assert load_params(path).study == path.stem


def test_the_default_study_is_the_tabletop_profile() -> None:
    assert load_params(ROOT / "params.yaml") == load_params(ROOT / "profiles" / "tabletop.yaml")


def test_a_valid_file_loads_and_cannot_be_changed(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(json.dumps(VALID))
    params = load_params(path)
    assert params.arms["ift"].style == "ift"
    assert params.arms["base"].style == "base"
    with pytest.raises(ValueError, match="frozen"):
        params.study = "other"


@pytest.mark.parametrize("section", sorted(VALID))
def test_every_section_must_be_there(tmp_path: Path, section: str) -> None:
    tree = {name: value for name, value in VALID.items() if name != section}
    assert error_of(tree, tmp_path) == f"params.yaml: {section}: missing"


@pytest.mark.parametrize(
    ("path", "value", "read"),
    [
        ("seeds", [0, 2**32 - 1], lambda params: params.seeds == (0, 2**32 - 1)),
        ("sources/chain/prompts", 1e6, lambda params: params.sources["chain"].prompts == 1000000),
        ("training/learning_rate", 1, lambda params: params.training.learning_rate == 1.0),
        ("report/confidence", 0.95, lambda params: params.report.confidence == 0.95),
        ("study", "a" * 64, lambda params: len(params.study) == 64),
    ],
)
def test_what_is_within_bounds_is_read(tmp_path: Path, path: str, value: Any, read: Any) -> None:
    file = tmp_path / "params.yaml"
    file.write_text(json.dumps(changed(path, value)))
    assert read(load_params(file))


def test_a_source_may_be_named_like_a_kind(tmp_path: Path) -> None:
    tree = changed("sources/jsonl", {"kind": "dataset", "folder": "f", "prompt": "q", "pth": "x"})
    assert "sources.jsonl.pth: unknown key; allowed: config, digest" in error_of(tree, tmp_path)


def test_a_name_with_a_slash_is_refused(tmp_path: Path) -> None:
    tree = deepcopy(VALID)
    tree["students"]["../up"] = tree["students"]["t30k"]
    assert "a name is lower-case letters" in error_of(tree, tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("study: [", "params.yaml: not valid YAML: line 1: expected the node content"),
        ("study: a\nstudy: b\n", "key 'study' is given twice"),
        ("- a\n", "params.yaml: must be a table of sections, found list"),
        ("", "params.yaml: must be a table of sections, found NoneType"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert message in error_of(text, tmp_path)


def test_a_missing_file_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="run this from the project's root"):
        load_params(tmp_path / "params.yaml")


def test_a_folder_is_no_params_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: Is a directory; give a params file"):
        load_params(tmp_path)


@pytest.mark.parametrize(
    ("given", "written", "line"),
    [
        ('"seeds": [0, 1, 2]', "seeds: !!set {0, 1}", "seeds: is a set; write a list, in brackets"),
        ('"t"', "2026-01-02", "study: 2026-01-02 is a date; put it in quotes"),
        ('"t"', "[{a: 2026-01-02}]", "study.0.a: 2026-01-02 is a date; put it in quotes"),
    ],
)
def test_what_dvc_cannot_read_is_refused_wherever_it_stands(
    tmp_path: Path, given: str, written: str, line: str
) -> None:
    text = json.dumps({**VALID, "study": "t", "seeds": [0, 1, 2]})
    assert text.count(given) == 1
    assert error_of(text.replace(given, written), tmp_path) == f"params.yaml: {line}"


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    tree = changed("arms/ift/reasoning_share", 2)
    tree["seeds"] = []
    assert len(error_of(tree, tmp_path).splitlines()) == 2


TEACHER = {
    "kind": "openai",
    "model": "m",
    "base_urls": ["http://127.0.0.1:1/v1"],
    "styles": {
        "ift": {"trace": "none", "max_new_tokens": 8},
        "reasoning": {"trace": "think-tags", "max_new_tokens": 8},
    },
}
PUBLISHED = {"kind": "published-pairs", "folder": "pairs"}


@pytest.mark.parametrize(
    ("traces", "path", "value", "line"),
    [
        ("compressed", "teacher", TEACHER, "the teacher has traces that a model wrote"),
        ("compressed", "sources/chain", PUBLISHED, "source 'chain' has traces that a model wrote"),
        ("wrong-trace", "sources/chain/prompts", 1, "sources.chain.prompts is 1; use more"),
    ],
)
def test_a_control_that_the_data_cannot_give_is_refused(
    tmp_path: Path, traces: str, path: str, value: Any, line: str
) -> None:
    tree = changed(path, value)
    arm = {"corpus": "general", "reasoning_share": 1.0, "traces": traces, "control": True}
    tree["arms"]["other"] = arm
    file = tmp_path / "params.yaml"
    file.write_text(json.dumps(tree))
    with pytest.raises(InputError) as error:
        load_params(file)
    assert str(error.value).startswith(f"{file}: arms.other.traces: value is {traces!r}, which ")
    assert line in str(error.value)


def two_students(**arms: Any) -> dict[str, Any]:
    tree = deepcopy(VALID)
    tree["students"]["t2"] = tree["students"]["t30k"]
    tree["arms"] |= arms
    return tree


def test_a_student_that_no_arm_is_for_is_refused(tmp_path: Path) -> None:
    tree = two_students()
    for arm in tree["arms"].values():
        arm["students"] = ["t30k"]
    assert error_of(tree, tmp_path).startswith("params.yaml: students.t2: no arm is for it; add it")


def test_an_arm_cannot_match_one_that_is_not_for_its_student(tmp_path: Path) -> None:
    learnt = {"corpus": "general", "reasoning_share": 1}
    tree = two_students(
        reasoning={**learnt, "students": ["t30k"]},
        matched={**learnt, "budget": {"match": "reasoning", "unit": "tokens"}},
    )
    assert error_of(tree, tmp_path) == (
        "params.yaml: arms.matched.budget.match: 'reasoning' is not for t2, which 'matched' is "
        "for; add it to arms.reasoning.students, or take it out of arms.matched.students"
    )


def test_what_the_numbers_of_prompts_allow_is_left_to_the_pairs(tmp_path: Path) -> None:
    for arm in (
        {"reasoning_share": 0.06},
        {"reasoning_share": 0.94},
        {"reasoning_share": 0.0, "budget": {"samples": 160}},
        {"reasoning_share": 0.5, "budget": {"samples": 2}},
    ):
        Params.model_validate(changed("arms/ift", {"corpus": "general", **arm}))
    # Of a file nobody has counted the rows.
    tree = changed("arms/ift", {"corpus": "general", "reasoning_share": 0.01})
    tree["sources"]["chain"] = {"kind": "jsonl", "path": "chain.jsonl"}
    Params.model_validate(tree)
