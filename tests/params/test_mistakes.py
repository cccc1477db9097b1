"""The one clear line for each mistake in params.yaml."""

from pathlib import Path
from typing import Any

import pytest
from tests.params.valid import VALID, changed, error_of

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
            {"corpus": "general", "reasoning_share": 1.0, "shots": 3},
            "params.yaml: arms.ift.shots: value is 3; examples are shown to untrained arms, a "
            "trained one is asked as it has learnt; remove it",
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
