"""params.yaml: what it accepts, and the one clear line for each mistake."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from breakeven.errors import InputError
from breakeven.params import load_params

ROOT = Path(__file__).resolve().parents[2]

VALID: dict[str, Any] = {
    "study": "s",
    "seeds": [0],
    "sources": {"chain": {"kind": "procedural", "problem": "chain", "prompts": 10}},
    "teacher": {"kind": "solver", "tokenizer": "assets/t"},
    "corpora": {"general": {"sources": ["chain"]}},
    "students": {"t30k": {"base": {"kind": "folder", "path": "assets/t30k"}}},
    "arms": {
        "base": {"method": "none", "shots": 3},
        "ift": {"corpus": "general", "reasoning_share": 0},
    },
    "tasks": {
        "chain-open": {
            "kind": "procedural",
            "problem": "chain",
            "format": "open",
            "family": "math-open",
        }
    },
    "training": {},
    "answering": {"max_new_tokens": 8, "decodings": {"greedy": {}}},
    "grading": {},
    "costs": {},
    "report": {},
}

SCRATCH = {
    "kind": "scratch",
    "tokenizer": "assets/t",
    "hidden": 96,
    "layers": 2,
    "heads": 3,
    "kv_heads": 1,
    "intermediate": 192,
    "tokens": 1000,
}


def changed(path: str, value: Any) -> dict[str, Any]:
    tree = deepcopy(VALID)
    *parents, last = path.split("/")
    table = tree
    for key in parents:
        table = table[key]
    table[last] = value
    return tree


def error_of(tree: Any, folder: Path) -> str:
    path = folder / "params.yaml"
    path.write_text(tree if isinstance(tree, str) else yaml.safe_dump(tree))
    with pytest.raises(InputError) as caught:
        load_params(path)
    return str(caught.value).replace(str(folder) + "/", "")


@pytest.mark.parametrize("path", sorted((ROOT / "profiles").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_profile_fits_the_schema(path: Path) -> None:
    assert load_params(path).study == path.stem


def test_the_default_study_is_the_tabletop_profile() -> None:
    assert load_params(ROOT / "params.yaml") == load_params(ROOT / "profiles" / "tabletop.yaml")


def test_a_valid_file_loads_and_cannot_be_changed(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(VALID))
    params = load_params(path)
    assert params.arms["ift"].style == "ift"
    assert params.arms["base"].style == "base"
    with pytest.raises(ValueError, match="frozen"):
        params.study = "other"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("bogus", 1, "params.yaml: bogus: unknown key; allowed: answering, arms"),
        (
            "arms/ift/reasoning_shar",
            1,
            "params.yaml: arms.ift.reasoning_shar: unknown key; did you mean 'reasoning_share'?",
        ),
        (
            "arms/ift/reasoning_share",
            1.2,
            "params.yaml: arms.ift.reasoning_share: 1.2: Input should be less than or equal to 1",
        ),
        (
            "arms/ift/reasoning_share",
            -0.1,
            "params.yaml: arms.ift.reasoning_share: -0.1: Input should be greater than or equal",
        ),
        (
            "arms/ift/corpus",
            "genral",
            "params.yaml: arms.ift.corpus: 'genral' is no corpus; did you mean 'general'?",
        ),
        (
            "arms/ift",
            {"corpus": "general"},
            "params.yaml: arms.ift.reasoning_share: missing; a trained arm needs it",
        ),
        (
            "arms/base",
            {"method": "none", "corpus": "general"},
            "params.yaml: arms.base.corpus: an arm with method none is not trained; remove it",
        ),
        (
            "arms/ift/budget",
            {"samples": 3, "tokens": 4},
            "params.yaml: arms.ift.budget: give exactly one of samples, tokens, train_flops",
        ),
        (
            "corpora/general/sources",
            ["chian"],
            "params.yaml: corpora.general.sources: 'chian' is no source; did you mean 'chain'?",
        ),
        ("corpora/general/sources", [], "params.yaml: corpora.general.sources: []: must not be em"),
        ("students", {}, "params.yaml: students: {}: must not be empty"),
        ("tasks", {}, "params.yaml: tasks: {}: must not be empty"),
        (
            "students/t.30k",
            VALID["students"]["t30k"],
            "params.yaml: students.t.30k: 't.30k': a name is lower-case letters, digits, - and _",
        ),
        (
            "tasks/a/b".replace("/b", "\\b"),
            VALID["tasks"]["chain-open"],
            "a name is lower-case letters",
        ),
        (
            "students/t30k/base",
            {**SCRATCH, "hidden": 100},
            "params.yaml: students.t30k.base.hidden: 100 is not a multiple of heads (3); "
            "use 96 or 102",
        ),
        (
            "students/t30k/base",
            {**SCRATCH, "kv_heads": 2},
            "params.yaml: students.t30k.base.kv_heads: 2 does not divide heads (3); use one of",
        ),
        (
            "students/t30k/base",
            {"kind": "folder", "path": "/etc"},
            "must be a path inside the project",
        ),
        (
            "students/t30k/base",
            {"kind": "folder", "path": "a/../../b"},
            "must be a path inside the project",
        ),
        (
            "tasks/chain-open/problem",
            "chian",
            "params.yaml: tasks.chain-open.problem: 'chian': Input should be 'chain', 'addition'",
        ),
        (
            "tasks/chain-open/family",
            "math-mc",
            "params.yaml: tasks.chain-open.family: 'math-mc' does not hold format 'open' tasks; "
            "use math-open",
        ),
        (
            "answering/decodings",
            {"vote": {"samples": 5}},
            "params.yaml: answering.decodings.vote.samples: 5 greedy samples are all the same",
        ),
    ],
)
def test_a_mistake_gets_one_line_with_file_key_value_and_fix(
    tmp_path: Path, path: str, value: Any, message: str
) -> None:
    assert message in error_of(changed(path, value), tmp_path)


@pytest.mark.parametrize("section", sorted(VALID))
def test_every_section_must_be_there(tmp_path: Path, section: str) -> None:
    tree = {name: value for name, value in VALID.items() if name != section}
    assert error_of(tree, tmp_path) == f"params.yaml: {section}: missing"


def test_a_name_with_a_slash_is_refused(tmp_path: Path) -> None:
    tree = deepcopy(VALID)
    tree["students"]["../up"] = tree["students"]["t30k"]
    assert "a name is lower-case letters" in error_of(tree, tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("study: [", "params.yaml: not valid YAML: while parsing"),
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


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    tree = changed("arms/ift/reasoning_share", 2)
    tree["seeds"] = []
    assert len(error_of(tree, tmp_path).splitlines()) == 2
