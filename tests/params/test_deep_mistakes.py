"""A mistake deep in a section of params.yaml is told with the path as it was written."""

from pathlib import Path
from typing import Any

import pytest
from tests.params.valid import changed, error_of

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
