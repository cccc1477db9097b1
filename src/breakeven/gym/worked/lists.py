"""Lists that are filtered, sorted or turned round."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from breakeven.gym.worked.solver import Raw, Worked, with_answer


def filtered(raw: Raw) -> Worked | None:
    """Each number against the limit; none waits for another."""
    meta = raw["metadata"]
    # Numbers come as texts, and Decimal compares them as they are written.
    limit, operation = Decimal(meta["filter_value"]), meta["operation"]
    kept, steps = [], []
    for number in meta["original_numbers"]:
        side = _side(Decimal(number), limit)
        keep = (side == operation.split("_")[1]) == operation.startswith("keep")
        steps.append(f"{number} is {side}, {'keep' if keep else 'drop'}")
        kept += [number] if keep else []
    return with_answer(steps, raw, None) if str(kept) == raw["answer"] else None


def _side(number: Decimal, limit: Decimal) -> str:
    if number == limit:
        return "equal"
    return "larger" if number > limit else "smaller"


def sorted_numbers(raw: Raw) -> Worked | None:
    """Numbers put one after another into their places."""
    numbers = raw["metadata"]["original_numbers"]
    ordered, steps = _inserted(
        numbers, [Decimal(number) for number in numbers], raw["metadata"]["direction"]
    )
    same = [Decimal(number) for number in raw["metadata"]["sorted_numbers"]]
    return with_answer(steps, raw, None) if [Decimal(n) for n in ordered] == same else None


def sorted_words(raw: Raw) -> Worked | None:
    """Words put one after another into their places; capitals come before small letters."""
    words = raw["metadata"]["transformed_words"]  # as the question shows them
    ordered, steps = _inserted(words, words, raw["metadata"]["direction"])
    return with_answer(steps, raw, None) if ordered == raw["metadata"]["sorted_words"] else None


def _inserted(
    shown: list[str], keys: Sequence[Decimal | str], direction: str
) -> tuple[list[str], list[str]]:
    """What is shown in the order of its keys, and each stage on the way there."""
    placed: list[tuple[Any, str]] = []
    steps = []
    for key, text in zip(keys, shown, strict=True):
        placed = sorted(
            [*placed, (key, text)], key=lambda pair: pair[0], reverse=direction == "descending"
        )
        steps.append(f"With {text}: {', '.join(one for _, one in placed)}")
    return [text for _, text in placed], steps


def reversed_words(raw: Raw) -> Worked | None:
    """Words numbered, then told from the last number to the first."""
    words = raw["metadata"]["words"]
    numbered = list(enumerate(words, start=1))
    steps = [
        ", ".join(f"{number} {word}" for number, word in numbered),
        ", ".join(f"{number} {word}" for number, word in reversed(numbered)),
    ]
    return with_answer(steps, raw, None) if ", ".join(reversed(words)) == raw["answer"] else None
