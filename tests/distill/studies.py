"""A small study whose teacher is a model, in the current folder."""

from pathlib import Path

import yaml

from breakeven.core.files import read_rows, write_rows
from breakeven.core.layout import distilled_path, prompts_path
from breakeven.params import Params, load_params
from breakeven.rows.completion import Completion
from breakeven.rows.prompt import Prompt

SOURCE = "words"
STYLES = {
    "ift": {"trace": "none", "max_new_tokens": 8, "template": {"enable_thinking": False}},
    "reasoning": {
        "trace": "think-tags",
        "max_new_tokens": 16,
        "template": {"enable_thinking": True},
        "temperature": 0.6,
        "top_p": 0.95,
        "top_k": 20,
        "system": "Think first.",
    },
}


def prompts(count, start=0):
    return [
        Prompt(id=f"{SOURCE}-{n:06d}", source=SOURCE, prompt=f"word {n}", content=f"c{n}")
        for n in range(start, start + count)
    ]


def lay_prompts(rows):
    write_rows(prompts_path(SOURCE), rows)


def lay_params(teacher) -> Params:
    """Write params.yaml with this teacher, and read it."""
    tree = {
        "study": "small",
        "seeds": [0],
        "sources": {SOURCE: {"kind": "jsonl", "path": "words.jsonl"}},
        "teacher": {"styles": STYLES, **teacher},
        "corpora": {"general": {"sources": [SOURCE]}},
        "students": {"one": {"base": {"kind": "folder", "path": "assets/one"}}},
        "arms": {"ift": {"corpus": "general", "reasoning_share": 0.0}},
        "tasks": {
            "chain": {
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
    Path("params.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
    return load_params()


def completions(style):
    return read_rows(distilled_path(SOURCE, style), Completion)
