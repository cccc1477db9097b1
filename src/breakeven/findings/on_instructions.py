"""Tests of claims about following instructions, on the tasks that ask for nothing else."""

from breakeven.findings.contrasts import Term, contrast, mean_terms
from breakeven.findings.groups import group_pairs
from breakeven.findings.outcome import Outcome, not_testable, resolution_of, with_interval
from breakeven.findings.scored_results import ScoredResults

WANTED = "both styles on a task such as IFEval, with its accuracy by itself"


def instructions_followed_less(scored: ScoredResults) -> Outcome:
    """Reasoning is less accurate than IFT on such tasks, in the mean over all pairs."""
    names = scored.results.instruction_tasks
    if not names:
        return not_testable("not tested: no instruction-following task", WANTED)
    alone = scored.of_tasks(names)
    pairs = group_pairs(alone.results)
    if not pairs:
        reason = f"not tested: no pair with accuracies on {', '.join(names)} by itself"
        return not_testable(reason, WANTED)
    mean = contrast(
        alone, mean_terms([[Term(1.0, one.reasoning), Term(-1.0, one.ift)] for one in pairs])
    )
    lower = sum(one.reasoning.accuracy < one.ift.accuracy for one in pairs)
    return Outcome(
        p_supported=mean.p_below,
        p_contradicted=mean.p_above,
        evidence=f"on {', '.join(names)} the gain from reasoning is {with_interval(mean)}, the "
        f"mean of {len(pairs)} pairs; reasoning is less accurate in {lower}",
        would_decide="answers by item, or more questions and seeds",
        resolution=resolution_of([mean]),
        numbers={"gain": mean.value, "pairs": len(pairs), "reasoning_less_accurate": lower},
    )
