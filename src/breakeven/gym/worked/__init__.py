"""Exact worked solutions for data sets of reasoning-gym, each from what the entry itself says."""

from collections.abc import Mapping
from types import MappingProxyType

from breakeven.gym.worked import divisors, language, lists, numerals, relations, stories, sums
from breakeven.gym.worked.solver import Solver, Worked, by_metadata

__all__ = ["SOLVED", "Solver", "Worked"]

# Plain values are graded by value (math) or by equality (exact). What has a form of its own, a list
# or a fraction in lowest terms, is graded by the scorer of its data set (gym).
SOLVED: Mapping[str, Solver] = MappingProxyType(
    {
        "chain_sum": Solver(sums.running_total, "math", by_metadata("expression")),
        "decimal_chain_sum": Solver(sums.running_total, "math", by_metadata("expression")),
        "basic_arithmetic": Solver(sums.expression, "math", by_metadata("expression")),
        "products": Solver(sums.product, "math", by_metadata("expression")),
        "simple_equations": Solver(sums.equation, "math", sums.equation_content),
        "leg_counting": Solver(stories.legs, "math", by_metadata("animals")),
        "gsm_symbolic": Solver(
            stories.symbolic, "math", by_metadata("variables", "answer_cot"), stories.template
        ),
        "gcd": Solver(divisors.greatest, "math", divisors.sorted_numbers),
        "lcm": Solver(divisors.least, "math", divisors.sorted_numbers),
        "fraction_simplification": Solver(
            divisors.lowest_terms, "gym", by_metadata("numerator", "denominator")
        ),
        "base_conversion": Solver(
            numerals.converted, "exact", by_metadata("source_base", "source_repr", "target_base")
        ),
        "number_filtering": Solver(
            lists.filtered, "exact", by_metadata("original_numbers", "filter_value", "operation")
        ),
        "number_sorting": Solver(
            lists.sorted_numbers, "gym", by_metadata("original_numbers", "direction")
        ),
        "word_sorting": Solver(
            lists.sorted_words, "gym", by_metadata("original_words", "direction")
        ),
        "word_sequence_reversal": Solver(lists.reversed_words, "exact", by_metadata("words")),
        "letter_counting": Solver(language.letters, "math", by_metadata("span", "target_letter")),
        "spell_backward": Solver(language.backward, "exact", by_metadata("word")),
        "needle_haystack": Solver(language.needle, "exact"),
        "family_relationships": Solver(relations.kinship, "exact", relations.kinship_content),
        "color_cube_rotation": Solver(
            relations.cube, "exact", by_metadata("initial_state", "rotations", "target_side")
        ),
    }
)
