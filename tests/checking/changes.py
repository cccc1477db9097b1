"""Changes of the tiny study, and what is found of them."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

from tests.pipeline.repository import TINY

from breakeven.checking.check import check_params
from breakeven.params import Params

Change = Callable[[dict[str, Any]], Any]
BASE = "assets/tabletop/t30k"
OPEN = {"family": "math-open"}
JUDGE = {"model": "m", "base_url": "http://127.0.0.1:9/v1", "key_variable": "A_KEY_NOBODY_HAS"}
STYLE = {"trace": "none", "max_new_tokens": 8}
TEACHER = {
    "kind": "openai",
    "model": "m",
    "base_urls": ["http://127.0.0.1:9/v1"],
    "key_variable": "A_KEY_NOBODY_HAS",
    "styles": {"ift": STYLE, "reasoning": STYLE},
}


def found(change: Change) -> tuple[list[str], list[str]]:
    """Errors and warnings of the tiny study with a change."""
    tree = deepcopy(TINY)
    tree["students"]["t30k"]["learning_rates"] = {"ift": 1e-3, "reasoning": 2e-3}
    change(tree)
    lines = list(check_params(Params.model_validate(tree), Path("study.yaml")))
    assert all("\n" not in one.line for one in lines)
    return (
        [one.line for one in lines if one.is_error],
        [one.line for one in lines if not one.is_error],
    )


def task(**row: Any) -> Change:
    return lambda tree: tree["tasks"].update(mine=row)


def source(**row: Any) -> Change:
    return lambda tree: tree["sources"].update(mine=row)


def student(path: str, **row: Any) -> Change:
    def change(tree: dict[str, Any]) -> None:
        rates = {"learning_rates": {"ift": 1e-3, "reasoning": 2e-3}}
        tree["students"]["mine"] = {"base": {"kind": "folder", "path": path}, **rates, **row}

    return change


def section(name: str, **values: Any) -> Change:
    return lambda tree: tree[name].update(values)


def decodings(**rows: dict[str, Any]) -> Change:
    return lambda tree: tree["answering"]["decodings"].update(rows)
