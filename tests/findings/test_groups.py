from dataclasses import replace

from breakeven.findings.groups import group_pairs
from breakeven.results.cell_results import CellResult, Results

CELL = CellResult(
    "small", 1e9, "ift", "ift", None, "general", 0, "greedy", "math-open", 0.5, method="lora"
)


def test_a_pair_shares_student_corpus_method_family_seed_and_decoding():
    match = replace(CELL, arm="reasoning", style="reasoning", accuracy=0.75)
    others = [
        replace(match, arm=f"other-{key}", **{key: value})
        for key, value in {
            "student": "large",
            "corpus": "math",
            "method": "full",
            "family": "general-mc",
            "seed": 1,
            "decoding": "vote",
            "style": "mixed",
        }.items()
    ]
    base = replace(match, arm="base", style="base", corpus=None)
    (pair,) = group_pairs(Results("mine", "imported", (CELL, *others, base, match)))
    assert (pair.ift.cells, pair.reasoning.cells) == ((CELL,), (match,))
