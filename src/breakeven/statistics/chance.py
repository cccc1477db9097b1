"""Accuracy beyond guessing: 0 is what guessing gives, 1 is all right."""

from dataclasses import replace

from breakeven.statistics.estimates import Estimate, absent


def chance_corrected(estimate: Estimate, chance: float | None) -> Estimate:
    """(accuracy - chance) / (1 - chance), interval and error with it; below 0 if worse than chance.

    `chance` is the expected accuracy of guessing, such as 0.25 for four choices; None for an
    open question, which has no such level and gives an absent result. Raises ValueError unless
    0 <= chance < 1.
    """
    method = f"chance-corrected {estimate.method}"
    if chance is None:
        reason = "no chance level: not multiple choice"
        return absent(reason, method=method, level=estimate.level, items=estimate.items)
    if not 0 <= chance < 1:
        raise ValueError(f"chance is {chance}; use a share of at least 0 and below 1")
    room = 1 - chance

    def corrected(accuracy: float | None) -> float | None:
        return None if accuracy is None else (accuracy - chance) / room

    error = estimate.standard_error
    return replace(
        estimate,
        value=corrected(estimate.value),
        low=corrected(estimate.low),
        high=corrected(estimate.high),
        standard_error=None if error is None else error / room,
        method=method,
    )
