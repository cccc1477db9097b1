"""Variances between few training runs, moderated by those of the other runs of a study.

Smyth 2004 (Statist. Appl. Genet. Mol. Biol. 3, 3) takes a variance s² on d degrees of freedom
together with a prior variance s0² that counts for d0 more: (d0·s0² + d·s²) / (d0 + d) on d0 + d
degrees of freedom. Here s0² is the mean over other runs, and d0 the least that it can be worth: in
the best linear combination (Bühlmann's credibility, 1967) a mean of variances has the weight
d0 = 2·E[σ⁴] / Var(σ²), which is 2 or more however much the true variance σ² differs between runs.

Smyth's own fit takes d0 and s0² from the logarithms of the variances. Arms and sizes differ in
their spread and few of them are independent: that fit was too sure of itself in simulated reports,
and this is not (docs/decisions.md).
"""

from collections.abc import Sequence
from typing import NamedTuple

PRIOR_FREEDOM = 2.0
# Of fewer runs one that lies apart is not told from the rest.
LEAST_RUNS = 6


class Variance(NamedTuple):
    """A variance between training runs and its degrees of freedom."""

    value: float
    degrees_of_freedom: float


def pooled(variances: Sequence[float]) -> float | None:
    """The mean of the runs' variances, s0²; None of fewer than `LEAST_RUNS` arms and sizes."""
    if len(variances) < LEAST_RUNS:
        return None
    return sum(variances) / len(variances)


def moderated(own: Variance, prior: float | None) -> Variance:
    """`own` together with the `prior` variance, or as it is where there is none."""
    if prior is None:
        return own
    freedom = own.degrees_of_freedom + PRIOR_FREEDOM
    total = own.value * own.degrees_of_freedom + prior * PRIOR_FREEDOM
    return Variance(total / freedom, freedom)
