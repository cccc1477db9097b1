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


def arm(name: str, style: str, **facts: str) -> CellResult:
    return replace(CELL, arm=name, style=style, **facts)


def paired(*cells: CellResult) -> set[tuple[str, str]]:
    pairs = group_pairs(Results("mine", "imported", cells))
    return {(pair.ift.cells[0].arm, pair.reasoning.cells[0].arm) for pair in pairs}


def test_of_several_budgets_each_style_is_paired_with_the_other_at_its_own():
    assert paired(
        arm("ift", "ift", budget="8 tokens"),
        arm("ift-half", "ift", budget="4 tokens"),
        arm("ift-as-much", "ift", budget_of="reasoning"),
        arm("reasoning", "reasoning", budget="8 tokens"),
        arm("reasoning-half", "reasoning", budget="4 tokens"),
        arm("reasoning-double", "reasoning", budget="16 tokens"),
    ) == {
        ("ift", "reasoning"),
        ("ift-as-much", "reasoning"),
        ("ift-half", "reasoning-half"),
        # No plain arm has as much: it is beside all there are.
        ("ift", "reasoning-double"),
        ("ift-half", "reasoning-double"),
        ("ift-as-much", "reasoning-double"),
    }


def test_budgets_of_one_style_each_are_compared_for_want_of_others():
    assert paired(
        arm("ift", "ift", budget="8 tokens"), arm("reasoning", "reasoning", budget="4 samples")
    ) == {("ift", "reasoning")}


def test_two_arms_that_match_a_third_are_alike():
    assert paired(
        arm("ift", "ift", budget_of="mixed"),
        arm("ift-whole", "ift", budget="8 tokens"),
        arm("reasoning", "reasoning", budget_of="mixed"),
    ) == {("ift", "reasoning")}
