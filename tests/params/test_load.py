"""params.yaml: what it accepts, and the one clear line for each mistake."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from breakeven.core.errors import InputError
from breakeven.params import Params, load_params

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
    path.write_text(tree if isinstance(tree, str) else json.dumps(tree))
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
    path.write_text(json.dumps(VALID))
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
            "arms/base",
            {"method": "none", "control": True},
            "params.yaml: arms.base.control: an arm with method none is in no pair of styles "
            "anyway; remove it",
        ),
        (
            "arms/base",
            {"method": "none", "traces": "shuffled"},
            "params.yaml: arms.base.traces: value is 'shuffled'; an arm with method none learns no "
            "trace; remove it",
        ),
        (
            "arms/ift",
            {"corpus": "general", "reasoning_share": 1.0, "traces": "shuffled"},
            "params.yaml: arms.ift.traces: value is 'shuffled', which makes the arm a control; add "
            "control: true",
        ),
        (
            "arms/ift",
            {"corpus": "general", "reasoning_share": 0, "traces": "filler", "control": True},
            "params.yaml: arms.ift.traces: value is 'filler', and reasoning_share 0 learns no "
            "trace; use a reasoning_share above 0, or remove it",
        ),
        (
            "arms/ift",
            {"corpus": "general", "reasoning_share": 1, "traces": "backwards", "control": True},
            "params.yaml: arms.ift.traces: 'backwards': Input should be 'as-written', 'answer",
        ),
        (
            "arms/ift",
            {"corpus": "general", "reasoning_share": 1.0, "answer_mode": "ift", "control": True},
            "params.yaml: arms.ift.answer_mode: value is 'ift', and reasoning_share 1 learns one "
            "style only; use one between 0 and 1, or remove it",
        ),
        (
            "arms/ift",
            {"corpus": "general", "reasoning_share": 0.5, "answer_mode": "reasoning"},
            "params.yaml: arms.ift.answer_mode: value is 'reasoning', which makes the arm a "
            "control; add control: true",
        ),
        (
            "arms/ift",
            {
                "corpus": "general",
                "reasoning_share": 0.5,
                "answer_mode": "ift",
                "traces": "filler",
                "control": True,
            },
            "params.yaml: arms.ift.answer_mode: value is 'ift', and traces: value is 'filler'; use "
            "an arm for each",
        ),
        (
            "arms/ift/order",
            "sequential",
            "params.yaml: arms.ift.order: value is 'sequential', which puts plain completions "
            "before those with a trace; reasoning_share is 0; use one between 0 and 1, or leave",
        ),
        (
            "arms/base/order",
            "sequential",
            "params.yaml: arms.base.order: value is 'sequential'; an arm with method none learns "
            "no styles; remove it",
        ),
        (
            "arms/ift/budget",
            {"samples": 3, "tokens": 4},
            "params.yaml: arms.ift.budget: give exactly one of samples, tokens, supervised_tokens",
        ),
        (
            "arms/ift/budget",
            {"match": "reasoning"},
            "params.yaml: arms.ift.budget.unit: missing; what of 'reasoning' is matched? Use sampl",
        ),
        (
            "arms/ift/budget",
            {"tokens": 4, "unit": "tokens"},
            "params.yaml: arms.ift.budget.unit: goes with match; remove it",
        ),
        (
            "arms/ift/budget",
            {"match": "reasonin", "unit": "tokens"},
            "params.yaml: arms.ift.budget.match: 'reasonin' is no arm; allowed: (none defined)",
        ),
        (
            "arms/ift/budget",
            {"match": "base", "unit": "tokens"},
            "params.yaml: arms.ift.budget.match: 'base' is not trained, it uses nothing",
        ),
        (
            "arms/ift/budget",
            {"match": "ift", "unit": "tokens"},
            "params.yaml: arms.ift.budget.match: ift → ift is a circle; give one of them an amount",
        ),
        (
            "arms/ift/reasoning_share",
            0.04,
            "params.yaml: arms.ift.reasoning_share: value is 0.04; the pairs that it learns of "
            "corpus general, 10 at most, would all be learnt in one style; use a share nearer to",
        ),
        (
            "arms/ift/reasoning_share",
            0.96,
            "params.yaml: arms.ift.reasoning_share: value is 0.96; the pairs that it learns of ",
        ),
        (
            "arms/ift",
            {"corpus": "general", "reasoning_share": 0.5, "budget": {"samples": 1}},
            "params.yaml: arms.ift.reasoning_share: value is 0.5; the pairs that it learns of "
            "corpus general, 1 at most, would all be learnt in one style",
        ),
        (
            "arms/ift/budget",
            {"samples": 161},
            "params.yaml: arms.ift.budget.samples: value is 161; 16 passes (training.max_passes) "
            "over the pairs of its corpora, 10 at most, are 160; use at most that, add prompts to ",
        ),
        (
            "arms/ift/budget",
            {"tokens": 81_921},
            "params.yaml: arms.ift.budget.tokens: value is 81921; 16 passes (training.max_passes) "
            "over the pairs of its corpora, 10 at most of 512 tokens (training.max_length), are "
            "81920; use at most that, add prompts to ",
        ),
        (
            "arms/ift/students",
            [],
            "params.yaml: arms.ift.students: an arm for none is no arm; name",
        ),
        (
            "arms/ift/students",
            ["x", "x"],
            "params.yaml: arms.ift.students: 'x' is given twice; give",
        ),
        ("arms/ift/students", ["x"], "params.yaml: arms.ift.students: 'x' is no student; allowed"),
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


STYLES = {
    "ift": {"trace": "none", "max_new_tokens": 8},
    "reasoning": {"trace": "think-tags", "max_new_tokens": 8},
}
OPENAI = {"kind": "openai", "model": "m", "base_urls": ["http://h/v1"], "styles": STYLES}
VLLM = {"kind": "vllm", "model": {"kind": "folder", "path": "a"}, "styles": STYLES}
GGUF = {"kind": "gguf", "package": "p", "license": "MIT"}
TASK = {"kind": "reasoning-gym", "dataset": "gcd", "family": "math-open"}


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (
            "teacher",
            {"kind": "openaii"},
            "teacher.kind: 'openaii' is none; did you mean 'openai'? allowed: openai, solver, "
            "transformers, vllm",
        ),
        ("teacher", {}, "teacher.kind: missing; allowed: openai, solver, transformers, vllm"),
        ("teacher", "solver", "teacher: 'solver': must be a table of keys"),
        ("teacher", OPENAI | {"concurency": 2}, "teacher.concurency: unknown key; did you mean"),
        (
            "teacher",
            OPENAI | {"styles": STYLES | {"think": {}}},
            "teacher.styles.think: unknown key; allowed: ift, reasoning",
        ),
        (
            "teacher",
            OPENAI | {"styles": STYLES | {"ift": {"trace": "none", "max_new_tokens": "x"}}},
            "teacher.styles.ift.max_new_tokens: 'x': must be a whole number",
        ),
        (
            "teacher",
            OPENAI | {"styles": STYLES | {"ift": STYLES["ift"] | {"template": {"openai": [1]}}}},
            "teacher.styles.ift.template.openai: [1]: must be true or false or a whole number or "
            "a number or text, in quotes",
        ),
        (
            "teacher",
            OPENAI | {"key_variable": "sk-1"},
            "teacher.key_variable: 'sk-1': must be the name of an environment variable",
        ),
        (
            "teacher",
            OPENAI | {"base_urls": ["localhost:8000"]},
            "teacher.base_urls.0: 'localhost:8000': URL scheme should be 'http' or 'https'",
        ),
        (
            "teacher",
            VLLM | {"model": {"kind": "scratch"}},
            "teacher.model.kind: 'scratch' is none; allowed: folder, gguf, hub",
        ),
        (
            "teacher",
            VLLM | {"model": GGUF | {"pakage": "x"}},
            "teacher.model.pakage: unknown key; did you mean 'package'? allowed: kind, license, "
            "package",
        ),
        (
            "teacher",
            VLLM | {"model": {"kind": "gguf", "license": "MIT"}},
            "teacher.model.package: missing",
        ),
        (
            "students/gguf",
            {"base": GGUF | {"package": "../x"}},
            "students.gguf.base.package: '../x': must be the import name of a package",
        ),
        (
            "students/t30k/base",
            {"kind": "hub", "repo": "../x", "revision": "main"},
            "students.t30k.base.repo: '../x': must be owner/name, as the hub writes it",
        ),
        (
            "students/t30k/base",
            {"kind": "hub", "repo": "a/b", "revision": "no hash!"},
            "students.t30k.base.revision: 'no hash!': must be a commit, or the name of a branch",
        ),
        (
            "students/t30k/base/kind",
            "huggingface",
            "students.t30k.base.kind: 'huggingface' is none; allowed: folder, gguf, hub, scratch",
        ),
        (
            "students/t30k/learning_rates",
            {"think": 1e-3},
            "students.t30k.learning_rates.think: 'think': Input should be 'ift', 'reasoning' or",
        ),
        (
            "sources/dataset",
            {"kind": "dataset", "folder": "f", "prompt": "q", "digest": "abc"},
            "sources.dataset.digest: 'abc': must be a SHA-256: 64 hexadecimal digits",
        ),
        ("tasks/jsonl", {"kind": "jsonl", "path": "p"}, "tasks.jsonl.family: missing"),
        ("tasks/x", TASK | {"items": "all"}, "tasks.x.items: 'all': must be a whole number"),
        ("training/adam_betas", [0.9], "training.adam_betas.1: missing"),
        ("seeds", [0, 1, 0], "seeds: 0 is given twice; remove one"),
        ("seeds", ["a"], "seeds.0: 'a': must be a whole number"),
        ("seeds", [2**63], "seeds.0: 9223372036854775808: Input should be less than or equal to"),
        ("seeds", [-1], "seeds.0: -1: Input should be greater than or equal to 0"),
        ("seeds", ["1"], "seeds.0: '1': must be a whole number"),
        ("seeds", [True], "seeds.0: True: must be a whole number"),
        ("sources/chain/prompts", "1:30", "sources.chain.prompts: '1:30': must be a whole number"),
        ("sources/chain/prompts", "30", "sources.chain.prompts: '30': must be a whole number"),
        ("sources/chain/prompts", 1.5, "sources.chain.prompts: 1.5: must be a whole number"),
        ("sources/chain/prompts", 1e300, "sources.chain.prompts: 1e+300: "),
        ("training/packing", "yes", "training.packing: 'yes': must be true or false"),
        ("training/packing", 1, "training.packing: 1: must be true or false"),
        ("training/learning_rate", "1e-3", "training.learning_rate: '1e-3': must be a number"),
        ("training/learning_rate", True, "training.learning_rate: True: must be a number"),
        ("report/bootstrap_draws", 10**9, "report.bootstrap_draws: 1000000000: Input should be le"),
        ("report/confidence", 0.9, "report.confidence: value is 0.9; every interval is at 0.95"),
        ("students/t30k/lora_rank", 10**5, "students.t30k.lora_rank: 100000: Input should be less"),
        ("sources/chain/prompts", 10**8, "sources.chain.prompts: 100000000: Input should be less"),
        ("training/batch_tokens", 10**16, "training.batch_tokens: 10000000000000000: Input should"),
        ("training/epochs", 10**6, "training.epochs: 1000000: Input should be less than or equal"),
        ("grading/math_seconds", 1e300, "grading.math_seconds: 1e+300: Input should be less than"),
        ("teacher", OPENAI | {"model": ""}, "teacher.model: '': must not be empty"),
        ("students/t30k/base/path", "", "students.t30k.base.path: '': must be a path inside"),
        ("students/t30k/base/path", "a" * 256, "students.t30k.base.path: 'aaa"),
        (
            "students/t30k/base/path",
            "a/" * 600,
            f"students.t30k.base.path: '{'a/' * 20}'…: is longer than a path can be",
        ),
        (
            "students/t30k/base/path",
            "a\0b",
            "students.t30k.base.path: 'a\\x00b': holds a character that cannot be seen",
        ),
        (
            "students/t30k/base/path",
            "a\ud800",
            "students.t30k.base.path: 'a\\ud800': holds a character that cannot be seen",
        ),
        ("study", "a" * 65, f"study: '{'a' * 65}': String should have at most 64 characters"),
        ("study", "a" * 500, f"study: '{'a' * 79}…: String should have at most 64 characters"),
        (
            "corpora/general/sources",
            ["chain", "chain"],
            "corpora.general.sources: 'chain' is given twice; remove one",
        ),
        ("arms/ift/then", "maths", "arms.ift.then: 'maths' is no corpus; allowed: general"),
        (
            "grading/judges",
            {"a": {"model": "m", "base_url": "http://user:secret@h/v1"}},
            "grading.judges.a.base_url: an address holds a user or a password; leave them out",
        ),
    ],
)
def test_a_mistake_deep_in_a_section_is_one_line_with_the_path_as_written(
    tmp_path: Path, path: str, value: Any, line: str
) -> None:
    (found,) = error_of(changed(path, value), tmp_path).splitlines()
    assert found.startswith(f"params.yaml: {line}")


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
