"""What the tabletop bases can do before any training: `python scripts/base_skills.py`.

Each completes plain statements of test contents, greedily, in the forms of the text that it was
pre-trained on. A completion counts where it comes to the right answer.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch

from breakeven import procedural
from breakeven.base.tabletop_shapes import TABLETOP_SHAPES
from breakeven.models.loading import load_base, load_tokenizer
from breakeven.procedural.formats import choice_lines
from breakeven.procedural.problem import Problem
from breakeven.rendering import end_token_ids

ASSETS = Path("assets/tabletop")
# Longer than every document of the bases' text.
MOST_TOKENS = 400


class Form(NamedTuple):
    """How a statement is begun, and what the answer is in what comes after."""

    begun: Callable[[Problem], str]
    answer: Callable[[str], str]


def _last_named(text: str) -> str:
    """The X of the last `So X.`, without a letter."""
    return text.rpartition("So ")[2].split(" (")[0].rstrip(".\n")


FORMS = {
    "result": Form(lambda one: f"{one.statement}. Result ", lambda text: text.split(".")[0]),
    "steps": Form(lambda one: f"{one.statement}: ", _last_named),
    "checked steps": Form(lambda one: f"{one.statement}:\n{one.statement}:\n", _last_named),
    "result in a list": Form(
        lambda one: f"{one.statement}\n{choice_lines(one.choices)}\nResult ",
        lambda text: text.split(".")[0].split(" (")[0],
    ),
}


def main() -> int:
    """Print a table: a row a base and form, a column a kind of problem."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bases", nargs="*", default=list(TABLETOP_SHAPES))
    parser.add_argument("--contents", type=int, default=50, help="test contents a kind")
    given = parser.parse_args()
    print("| base |", " | ".join(procedural.KINDS), "|")
    for base in given.bases:
        for name, form in FORMS.items():
            shares = (_share_right(base, kind, form, given.contents) for kind in procedural.KINDS)
            print(f"| {base} {name} |", " | ".join(f"{share:.0%}" for share in shares), "|")
    return 0


@torch.inference_mode()
def _share_right(base: str, kind: str, form: Form, contents: int) -> float:
    tokenizer, model = load_tokenizer(ASSETS / base), load_base(ASSETS / base, torch.float32)
    problems = procedural.generate(kind, count=contents, seed=0, partition="test")
    # As in the bases' text, where every document comes after the end of another.
    begun = [f"{tokenizer.eos_token}{form.begun(one)}" for one in problems]
    prompts = tokenizer(begun, return_tensors="pt", padding=True)
    tokens = model.generate(
        **prompts,
        max_new_tokens=MOST_TOKENS,
        do_sample=False,
        eos_token_id=list(end_token_ids(tokenizer, ())),
    )
    texts = tokenizer.batch_decode(
        tokens[:, prompts["input_ids"].shape[1] :], skip_special_tokens=True
    )
    named = (procedural.choice_letter(one) for one in problems)
    right = (
        form.answer(text) in (one.answer, letter)
        for text, one, letter in zip(texts, problems, named, strict=True)
    )
    return sum(right) / contents


if __name__ == "__main__":
    raise SystemExit(main())
