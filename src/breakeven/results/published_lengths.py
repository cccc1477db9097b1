"""How long answers were whose FLOPs are published, and their lengths are not."""

from breakeven.costs.architecture import Architecture
from breakeven.costs.paper import answer_flops

# Assumed of a prompt: what the tasks of the study come to with a chat template, about.
PROMPT_TOKENS = 250


def new_tokens_of(shape: Architecture, flops: float) -> float | None:
    """New tokens of an answer of so many FLOPs, by the study's own formula.

    After a prompt of `PROMPT_TOKENS`; None where that with one token, the least that is an answer,
    costs more: a length would be made up.
    """
    from scipy.optimize import brentq

    def excess(new: float) -> float:
        return float(answer_flops(shape, PROMPT_TOKENS, new)) - flops

    # Every new token adds FLOPs, so that there is one root.
    return float(brentq(excess, 1.0, 1e6)) if excess(1.0) <= 0 else None
