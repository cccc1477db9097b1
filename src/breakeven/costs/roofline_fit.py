"""What a device reaches, fitted to answers that were timed on it.

fit = fit_achieved(timed, hardware, FORMATS["float32"])
fit.achieved, fit.errors, held_out_errors(timed, others, hardware, FORMATS["float32"])
"""

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from breakeven.costs.architecture import Architecture
from breakeven.costs.hardware import Hardware
from breakeven.costs.roofline import Achieved, Serving, answer_times
from breakeven.costs.serving_work import NumberFormat

# Where the search begins, and how far it goes: shares up to 1, fixed times up to a second.
_START = Achieved(0.5, 0.5, 1e-4, 1e-4, 10.0, 1e-3)
_LEAST = Achieved(1e-4, 1e-4, 1e-9, 1e-9, 1e-3, 1e-9)
_MOST = Achieved(1.0, 1.0, 1.0, 1.0, 1e4, 1.0)


class TimedAnswers(NamedTuple):
    """`batch` answers, side by side and equally long, and how many seconds they took."""

    shape: Architecture
    batch: int
    prompt_tokens: int
    new_tokens: int
    seconds: float


class Fit(NamedTuple):
    """What was fitted, and predicted / measured − 1 of every batch."""

    achieved: Achieved
    errors: tuple[float, ...]


def fit_achieved(timed: Sequence[TimedAnswers], hardware: Hardware, numbers: NumberFormat) -> Fit:
    """All of `Achieved` with the least sum of squared log ratios of predicted and measured.

    Raises ValueError on fewer than six batches, which six numbers could fit whatever they are, and
    on one whose seconds are none that a clock tells.
    """
    from scipy.optimize import least_squares

    if len(timed) < len(_START):
        raise ValueError(f"{len(timed)} timed batches; use at least {len(_START)}")
    for one in timed:
        if not 0.0 < one.seconds < inf:
            raise ValueError(
                f"{one.batch} answers of {one.new_tokens} tokens took {one.seconds} s; time them "
                "again, more of them where the clock is too coarse"
            )
    measured = np.log([one.seconds for one in timed])

    def excess(logarithms: NDArray[np.float64]) -> NDArray[np.float64]:
        achieved = _within(np.exp(logarithms))
        return np.log(_predicted(timed, hardware, numbers, achieved)) - measured

    # In logarithms: all are positive and lie orders of magnitude apart.
    bounds = (np.log(_LEAST), np.log(_MOST) + 1e-12)
    found = least_squares(excess, np.log(_START), bounds=bounds)
    achieved = _within(np.exp(found.x))
    return Fit(achieved, errors_of(timed, hardware, numbers, achieved))


def held_out_errors(
    seen: Sequence[TimedAnswers],
    judged: Sequence[TimedAnswers],
    hardware: Hardware,
    numbers: NumberFormat,
) -> tuple[float, ...]:
    """The errors of the judged batches where the fit has seen no batch of the same model."""
    fits = {
        shape: fit_achieved([one for one in seen if one.shape != shape], hardware, numbers).achieved
        for shape in {one.shape for one in judged}
    }
    return tuple(errors_of([one], hardware, numbers, fits[one.shape])[0] for one in judged)


def errors_of(
    timed: Sequence[TimedAnswers], hardware: Hardware, numbers: NumberFormat, achieved: Achieved
) -> tuple[float, ...]:
    """Predicted / measured − 1 of every batch."""
    predicted = _predicted(timed, hardware, numbers, achieved)
    return tuple(
        float(seconds) / one.seconds - 1 for seconds, one in zip(predicted, timed, strict=True)
    )


def _within(numbers: NDArray[np.float64]) -> Achieved:
    """Past a bound by rounding only, where the search is at it."""
    return Achieved(*(min(float(one), most) for one, most in zip(numbers, _MOST, strict=True)))


def _predicted(
    timed: Sequence[TimedAnswers], hardware: Hardware, numbers: NumberFormat, achieved: Achieved
) -> NDArray[np.float64]:
    return np.array(
        [
            answer_times(
                Serving(one.shape, hardware, numbers, achieved=achieved),
                batch=one.batch,
                prompt_tokens=one.prompt_tokens,
                new_tokens=one.new_tokens,
            ).seconds
            for one in timed
        ]
    )
