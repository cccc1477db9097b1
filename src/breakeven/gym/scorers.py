"""What the child process of `scoring.py` does: one answer to one entry, by its data set's scorer.

reasoning-gym's scorers of `OWN` would run the answer, or the reference, as code (`eval`, sympy's
`parse_expr`); those data sets have a scorer here that reads it. It does not accept what the
question does not, as reasoning-gym's do: other numbers than those given, 24.5 for 24, sorted
numbers that are off by one. `letter_jumble` is among them for words after the right ones.
"""

import functools
import importlib
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from breakeven.gym.datasets import open_dataset
from breakeven.gym.safe_arithmetic import expression, value_and_numbers

RawEntry = Mapping[str, Any]


def scorer() -> Callable[[str, Mapping[str, Any], RawEntry, str], bool]:
    """Load reasoning-gym; the function that scores."""
    # Loaded before the limits and the guard are set: imports read files and take seconds.
    for library in ("reasoning_gym", "sympy"):
        importlib.import_module(library)
    return has_full_marks


def has_full_marks(dataset: str, config: Mapping[str, Any], entry: RawEntry, answer: str) -> bool:
    """Whether an answer, with or without a full stop at its end, has full marks.

    A scorer may raise on an answer that it cannot read; that is not full marks.
    """
    return any(
        _has_full_marks(dataset, config, entry, said) for said in {answer, answer.removesuffix(".")}
    )


def _has_full_marks(dataset: str, config: Mapping[str, Any], entry: RawEntry, answer: str) -> bool:
    try:
        if dataset in OWN:
            return OWN[dataset](answer, entry)
        scorer = _dataset(dataset, json.dumps(config, sort_keys=True))
        # Partial credit is not believed: some scorers give it to any text.
        return float(scorer.score_answer(answer, entry)) >= 1.0
    except (Exception, RecursionError, MemoryError, SystemExit):
        return False


@functools.lru_cache(maxsize=32)
def _dataset(dataset: str, config: str) -> Any:  # noqa: ANN401
    return open_dataset(f"item of {dataset}", dataset, json.loads(config), seed=0, size=1)


def _same_text(answer: str, entry: RawEntry) -> bool:
    return answer.strip() == entry["answer"].strip()


def _same_words(answer: str, entry: RawEntry) -> bool:
    return answer.casefold().split() == entry["answer"].casefold().split()


def _a_valid_board(answer: str, entry: RawEntry) -> bool:
    return answer in entry["metadata"]["valid_answers"]


def _same_integer(answer: str, entry: RawEntry) -> bool:
    return int(answer, 0) == int(entry["answer"], 0)  # 0x of any base


def _makes_the_target(answer: str, entry: RawEntry) -> bool:
    value, numbers = value_and_numbers(answer)
    metadata = entry["metadata"]
    return value == metadata["target"] and sorted(numbers) == sorted(metadata["numbers"])


def _makes_24(answer: str, entry: RawEntry) -> bool:
    value, numbers = value_and_numbers(answer)
    return value == 24 and sorted(numbers) == sorted(entry["metadata"]["numbers"])


def _sorted_numbers(answer: str, entry: RawEntry) -> bool:
    said = json.loads(answer.replace("'", '"'))  # a list as Python prints it, too
    wanted = entry["metadata"]["sorted_numbers"]
    return isinstance(said, list) and [float(one) for one in said] == [float(x) for x in wanted]


def _is_an_integral(answer: str, entry: RawEntry) -> bool:
    import sympy

    variable = sympy.Symbol(entry["metadata"]["variable"])
    symbols = {str(variable): variable}
    # C is the constant of integration; the derivative drops it.
    said = expression(answer, {**symbols, "C": sympy.Symbol("C")})
    wanted = expression(entry["metadata"]["integrand"], symbols)
    return bool(sympy.simplify(sympy.diff(said, variable) - wanted) == 0)


OWN: Mapping[str, Callable[[str, RawEntry], bool]] = MappingProxyType(
    {
        "binary_matrix": _same_text,
        "bitwise_arithmetic": _same_integer,
        "countdown": _makes_the_target,
        "intermediate_integration": _is_an_integral,
        "letter_jumble": _same_words,
        "n_queens": _a_valid_board,
        "number_sorting": _sorted_numbers,
        "puzzle24": _makes_24,
        "simple_integration": _is_an_integral,
        "spiral_matrix": _same_text,
        "string_insertion": _same_text,
    }
)
