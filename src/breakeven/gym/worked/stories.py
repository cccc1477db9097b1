"""Word problems: legs of animals, and templates of grade-school stories."""

import json
import re

from breakeven.gym.worked.solver import Raw, Worked, with_answer

_WHOLE = re.compile(r"(\d)\.0+(?![\d])")
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


def legs(raw: Raw) -> Worked | None:
    """Legs of each kind of animal, and of all kinds so far."""
    # The library's own table: how many legs a scorpion has is what it says.
    from reasoning_gym.arithmetic.leg_counting import ANIMALS

    total, steps = 0, []
    for animal, count in raw["metadata"]["animals"].items():
        product = f"{animal}: {count} * {ANIMALS[animal]} = {count * ANIMALS[animal]}"
        after = total + count * ANIMALS[animal]
        steps.append(f"{product}, {total} + {count * ANIMALS[animal]} = {after}")
        total = after
    return with_answer(steps, raw, len(steps)) if str(total) == raw["answer"] else None


def symbolic(raw: Raw) -> Worked | None:
    """The derivation that comes with the story; none where it does not end in the reference."""
    derivation = _WHOLE.sub(r"\1", raw["metadata"]["answer_cot"].partition("####")[0])
    lines = [line.strip().removesuffix(".") for line in derivation.splitlines() if line.strip()]
    # 6 of 500 derivations end in another number than the reference (reasoning-gym 0.1.25).
    numbers = _NUMBER.findall(" ".join(lines))
    if not numbers or numbers[-1].replace(",", "") != raw["answer"]:
        return None
    return with_answer(lines, raw, max(1, derivation.count("=")))


def template(raw: Raw) -> str:
    """The names of what varies in a story, which tell one template from another."""
    return json.dumps(sorted(raw["metadata"]["variables"]))
