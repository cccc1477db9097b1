"""A small tree of params that is valid, and what is said of a changed one."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from breakeven.core.errors import InputError
from breakeven.params import load_params

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
