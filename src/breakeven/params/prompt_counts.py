"""What the numbers of prompts in params.yaml already show of what arms can learn.

A corpus has no more pairs than its sources have prompts; how many fewer, only making them tells.
"""

from collections.abc import Mapping

from breakeven.params.sources import Corpus, Source
from breakeven.params.training import Arm, Training


def check_prompt_counts(
    name: str,
    arm: Arm,
    corpora: Mapping[str, Corpus],
    sources: Mapping[str, Source],
    training: Training,
) -> None:
    """Refuse an arm that its corpora cannot teach, however many of their pairs are kept.

    Raises:
        ValueError: a mix would be of one style, or a budget in samples or tokens take more passes
            than allowed, of all the prompts that there can be at their greatest length.
    """
    most = {one: _most_pairs(corpora[one], sources) for one in arm.corpora}
    samples = None if arm.budget is None else arm.budget.samples
    share = arm.reasoning_share
    for corpus, pairs in most.items():
        if pairs is None or share in (None, 0.0, 1.0):
            continue
        learnt = pairs if samples is None else min(pairs, samples)
        # Of fewer pairs, too, the share comes to none or to all of them.
        if round(share * learnt) in (0, learnt):
            raise ValueError(
                f"arms.{name}.reasoning_share: value is {share:g}; the pairs that it learns of "
                f"corpus {corpus}, {learnt} at most, would all be learnt in one style; use a share "
                "nearer to 0.5, or more pairs"
            )
    known = [pairs for pairs in most.values() if pairs is not None]
    if arm.budget is None or len(known) < len(most):
        return
    longest = training.max_length
    allowed = training.max_passes * sum(known)
    for unit, each in (("samples", 1), ("tokens", longest), ("supervised_tokens", longest)):
        given = getattr(arm.budget, unit)
        if given is not None and given > allowed * each:
            length = "" if unit == "samples" else f" of {longest} tokens (training.max_length)"
            raise ValueError(
                f"arms.{name}.budget.{unit}: value is {given}; {training.max_passes} passes "
                f"(training.max_passes) over the pairs of its corpora, {sum(known)} at most"
                f"{length}, are {allowed * each}; use at most that, add prompts to its sources, or "
                "allow more passes"
            )


def _most_pairs(corpus: Corpus, sources: Mapping[str, Source]) -> int | None:
    """The prompts of all of a corpus's sources; None where one takes all that a file has."""
    counts = [sources[name].prompts for name in corpus.sources]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
