"""Whether a claim is judged at the sizes it speaks of, and the words that say so where it is not.

The study's claims are about students of 0.5B to 14B, those of other papers about theirs. A test
that needs a named size is undecidable without it; all others are run at the sizes at hand, and what
they find there is no finding about the paper's.
"""

import math

from breakeven.findings.claims import Claim
from breakeven.findings.groups import IN_NO_PAIR, SIZE_TOLERANCE
from breakeven.results.cell_results import Results

# The study's own.
SMALLEST_B, LARGEST_B = 0.5, 14.0
# A claim with one of these is about students of exactly that size.
_NAMED = ("size_b", "reasoning_b", "ift_b")


def sizes_outside(results: Results, claim: Claim) -> str | None:
    """The sizes a claim was judged at and those it speaks of; None where they agree.

    Sizes that its test does not take, such as 14B where it is about students below 7B, do not
    count.
    """
    judged = [size for size in _trained_sizes_b(results) if _takes(claim, size)]
    if _all_within(judged, *claim.sizes_b):
        return None
    return f"judged at {_range(judged)}, the claim is about {_spoken_of(claim)}"


def other_sizes(results: Results) -> str | None:
    """The sizes of these students, where some are none of the study's."""
    sizes = _trained_sizes_b(results)
    return None if _all_within(sizes, SMALLEST_B, LARGEST_B) else _range(sizes)


def _all_within(sizes_b: list[float], smallest_b: float, largest_b: float | None) -> bool:
    least = smallest_b / SIZE_TOLERANCE
    most = math.inf if largest_b is None else largest_b * SIZE_TOLERANCE
    return all(least <= size <= most for size in sizes_b)


def _trained_sizes_b(results: Results) -> list[float]:
    return sorted(
        {
            cell.size_parameters / 1e9
            for cell in results.cells
            if cell.size_parameters and cell.style not in IN_NO_PAIR
        }
    )


def _takes(claim: Claim, size_b: float) -> bool:
    if any(name in claim.parameters for name in _NAMED):
        return False  # the test looks for those sizes, and says so where there is none
    if "least_b" in claim.parameters:
        return size_b >= float(claim.parameters["least_b"]) / SIZE_TOLERANCE
    if "below_b" in claim.parameters:
        return size_b < float(claim.parameters["below_b"]) / SIZE_TOLERANCE
    return True


def _spoken_of(claim: Claim) -> str:
    smallest, largest = claim.sizes_b
    if "below_b" in claim.parameters:
        return f"{smallest:g}B to below {claim.parameters['below_b']:g}B"
    first = claim.parameters.get("least_b", smallest)
    return f"{first:g}B and more" if largest is None else f"{first:g}B to {largest:g}B"


def _range(sizes_b: list[float]) -> str:
    ends = [_word(size) for size in dict.fromkeys((sizes_b[0], sizes_b[-1]))]
    return " to ".join(ends)


def _word(size_b: float) -> str:
    """0.5B, 0.14B, 2M, 30K: from a tenth of a billion on, billions, as the field writes them."""
    # 0.9995, so that 99.96M is written 0.1B and not 100M.
    units = ((1.0, 0.1, "B"), (1e-3, 1e-3, "M"), (1e-6, 0.0, "K"))
    unit, letter = next((u, letter) for u, least, letter in units if size_b >= 0.9995 * least)
    value = size_b / unit
    return f"{value:.2g}{letter}" if value < 99.5 else f"{value:.0f}{letter}"
