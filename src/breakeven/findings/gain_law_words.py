"""The law of the gain in words: its range, how far it departs, and why it may say nothing."""

from breakeven.findings.law import Law
from breakeven.words import fixed, size_word, span, times


def range_words(law: Law) -> str:
    """The range in which the law was fitted."""
    low, high = law.lowest, law.highest
    return (
        f"{span(size_word(low.size), size_word(high.size))} parameters, serial depth "
        f"{span(f'{low.depth:g}', f'{high.depth:g}')}, "
        f"{span(times(low.token_ratio), times(high.token_ratio))} times IFT's tokens"
    )


def failing_words(law: Law) -> str | None:
    """That the law does not describe the study, and why; None where it does."""
    if not law.failings:
        return None
    return (
        f"The law does not describe this study: {'; '.join(law.failings)}. No direction is taken "
        "from it"
    )


def misfit_words(law: Law) -> str:
    """How far cells and sizes depart from the law, and how its intervals do at its own cells."""
    cells, sizes = (fixed(one.value**0.5, 2) for one in (law.fitted.of_cells, law.fitted.of_sizes))
    own = law.own_cells
    return (
        f"Cells depart from it by {cells} log-odds beyond their answers' luck "
        f"({law.fitted.of_cells.degrees_of_freedom:g} degrees of freedom), whole sizes by {sizes} "
        f"({law.fitted.of_sizes.degrees_of_freedom:g}); with these, a prediction's 95% interval "
        f"holds the gain in {own.held} of its own {own.cells} cells and decides {own.decided}"
    )
