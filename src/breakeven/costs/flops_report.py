"""What `breakeven flops` prints: the FLOPs of one prompt and answer on one model."""

from collections.abc import Mapping
from types import MappingProxyType, ModuleType
from typing import Any

from breakeven.core.errors import InputError, did_you_mean
from breakeven.costs import exact, paper
from breakeven.costs.model_shapes import load_architecture

FORMULAS: Mapping[str, ModuleType] = MappingProxyType({"exact": exact, "paper": paper})


def flops_report(model: str, prompt: int, new: int, formula: str = "exact") -> dict[str, Any]:
    """FLOPs of reading `prompt` tokens and of answering them with `new` tokens.

    `forward_flops` has logits at every prompt position, `prefill_flops` at the last only,
    `inference_flops` is prefill and decoding. `model` is a bundled name, a hub id of the bundled
    table, or a path to a `config.json` or its folder. `parameters` counts all that is stored.
    Raises InputError on an unknown model or formula and on counts that are too small.
    """
    if formula not in FORMULAS:
        hint = did_you_mean(formula, FORMULAS)
        raise InputError(f"formula: value is {formula!r}; {hint}")
    _at_least("prompt", prompt, 1)
    _at_least("new", new, 0)
    architecture, count = load_architecture(model), FORMULAS[formula]
    prefill = count.prefill_flops(architecture, prompt)
    inference = count.answer_flops(architecture, prompt, new)
    return {
        "model": architecture.name,
        "formula": formula,
        "prompt_tokens": prompt,
        "new_tokens": new,
        "parameters": architecture.total_parameters,
        "active_parameters": architecture.active_parameters,
        "forward_flops": count.forward_flops(architecture, prompt),
        "prefill_flops": prefill,
        # What the formula counts for decoding; the exact one makes one pass less than tokens.
        "decode_flops": inference - prefill,
        "inference_flops": inference,
    }


def _at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise InputError(f"{name}: value is {value}; use a whole number of at least {least}")
