"""Pairs from a teacher and the same pairs as published give byte-identical training batches."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.hubdata.folders import PUBLISHED, write_split
from torch import Tensor

from breakeven.base.tabletop_shapes import Qwen2Shape, qwen2_config
from breakeven.base.tokenizer import build_tokenizer
from breakeven.core.files import digest_path, write_rows
from breakeven.core.layout import pairs_path, prompts_path
from breakeven.distill.stage import run as distill
from breakeven.models.pointer import BasePointer, write_pointer
from breakeven.pairs.stage import run as build_pairs
from breakeven.params import Params
from breakeven.prompts.source_prompts import load_prompts
from breakeven.rows.pair import read_pairs
from breakeven.train.batches import PassSizes
from breakeven.train.losses import collate, collate_packed
from breakeven.train.plan import CellPlan, ExampleSteps, plan_cell

BASE = Path("assets/tiny")
# White space at every edge, as a model may write it.
ODD = [
    {"prompt": "  add 1 and 2 \n", "solution": "1 and 2\nmake 3", "reference": "3"},
    {"prompt": "add 2 and 2", "solution": "\n2 and 2\n\nmake 4\n", "reference": " 4 "},
    {"prompt": "add 2 and 3", "solution": "  2 and 3 make 5  ", "reference": "\n5\n"},
]
ARMS: dict[str, dict[str, Any]] = {
    "ift": {"reasoning_share": 0.0},
    "reasoning": {"reasoning_share": 1.0},
    "mixed": {"reasoning_share": 0.5},
    "sequential": {"reasoning_share": 0.25, "order": "sequential"},
    "budget": {"reasoning_share": 0.5, "budget": {"tokens": 2500}},
}


def study() -> Params:
    arms = {
        f"{name}-{corpus}": {"corpus": corpus, **arm}
        for name, arm in ARMS.items()
        for corpus in ("generated", "published")
    }
    return Params.model_validate(
        {
            "study": "same",
            "sources": {
                "chain": {"kind": "procedural", "problem": "chain", "prompts": 40},
                "odd": {"kind": "jsonl", "path": "odd.jsonl"},
                "copy": {"kind": "published-pairs", "folder": "copy"},
            },
            "teacher": {"kind": "solver", "tokenizer": BASE.as_posix()},
            "corpora": {
                "generated": {"sources": ["chain", "odd"]},
                "published": {"sources": ["copy"]},
            },
            "students": {"tiny": {"base": {"kind": "folder", "path": BASE.as_posix()}}},
            "arms": arms,
            "tasks": {"none": {"kind": "jsonl", "path": "none.jsonl", "family": "math-open"}},
            "training": {"batch_tokens": 256, "epochs": 2},
            "answering": {"max_new_tokens": 4, "decodings": {"greedy": {}}},
        }
    )


def make_corpus(params: Params, corpus: str) -> None:
    """What the stages from prompts to pairs do."""
    for source in params.corpora[corpus].sources:
        write_rows(prompts_path(source), load_prompts(source, params.sources[source]))
        for style in ("ift", "reasoning"):
            distill(params, source, style)
    build_pairs(params, corpus)


@pytest.fixture
def params(project: Path) -> Params:
    """A study whose second corpus is the first one's pairs in the published schema."""
    (project / "odd.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ODD))
    tokenizer = build_tokenizer()
    shape = Qwen2Shape(hidden=32, layers=2, heads=2, kv_heads=1, intermediate=64)
    qwen2_config(shape, tokenizer).save_pretrained(BASE)
    tokenizer.save_pretrained(BASE)
    write_pointer("tiny", BasePointer("folder", BASE.as_posix(), digest_path(BASE)))
    (project / "data/tasks").mkdir(parents=True)
    (project / "data/tasks/none.jsonl").touch()
    found = study()
    make_corpus(found, "generated")
    rows = [
        {"prompt": pair.prompt, "reasoning": pair.reasoning, "ift": pair.ift}
        for pair in read_pairs(pairs_path("generated"))
    ]
    write_split(project / "copy", "reasoning_ift_pairs", rows, shards=3, schema=PUBLISHED)
    make_corpus(found, "published")
    return found


def batches(plan: CellPlan) -> list[bytes]:
    """Every tensor of every micro-batch of every step in order, padded and packed."""
    tensors: list[Tensor] = []
    for step in ExampleSteps(plan, PassSizes(limit=256, pass_tokens=100)):
        for examples in step:
            padded, packed = collate(examples), collate_packed(examples)
            tensors += [*padded[:3], *packed[:3], packed.more["position_ids"]]
    return [tensor.numpy().tobytes() for tensor in tensors]


def test_generated_and_published_pairs_give_the_same_batches(params: Params) -> None:
    generated, published = (read_pairs(pairs_path(name)) for name in ("generated", "published"))
    assert len(generated) == len(published) == 43
    # Ids and sources differ: what is learnt, and when, must not hang on them.
    assert not {pair.id for pair in generated} & {pair.id for pair in published}
    assert [(one.prompt, one.reasoning, one.ift) for one in generated] == [
        (one.prompt, one.reasoning, one.ift) for one in published
    ]
    for name in ARMS:
        for seed in (0, 1):
            first, second = (
                plan_cell(params, "tiny", f"{name}-{corpus}", seed)
                for corpus in ("generated", "published")
            )
            assert first is not None
            assert second is not None
            assert first.selection == second.selection
            assert len(first.steps) > 3
            assert batches(first) == batches(second)


def test_another_seed_gives_other_batches(params: Params) -> None:
    first, second = (plan_cell(params, "tiny", "mixed-generated", seed) for seed in (0, 1))
    assert first is not None
    assert second is not None
    assert batches(first) != batches(second)
