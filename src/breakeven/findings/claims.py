"""Published claims as data: what is said, in which version of which paper, and the test of it.

Those of the study come first: arXiv 2509.22193, v1 of September 2025 and v2 of June 2026. Those of
other papers follow. Texts are paraphrases. Where a claim is about a corpus, it is the general one
unless it says otherwise.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from breakeven.findings import (
    on_accuracy,
    on_budgets,
    on_compression,
    on_cost,
    on_frontier,
    on_instructions,
    on_length,
    on_loops,
    on_mixes,
)
from breakeven.findings.outcome import Outcome

Version = Literal["v1", "v2", "v1 and v2"]
STUDY = "2509.22193"


@dataclass(frozen=True)
class Claim:
    """One sentence of a paper. `parameters` go to the test by name.

    `contradicts` names claims of the same paper that cannot hold together with this one. `source`
    is the paper's number on arXiv. `sizes_b` are the smallest and the largest models that it is
    about, in billions of parameters; None where it is said of none.
    """

    id: str
    version: Version
    text: str
    test: str
    parameters: Mapping[str, float | str] = field(default_factory=dict)
    contradicts: tuple[str, ...] = ()
    source: str = STUDY
    sizes_b: tuple[float, float | None] = (0.5, 14.0)


TESTS: Mapping[str, Callable[..., Outcome]] = {
    "most_pairs_won": on_accuracy.most_pairs_won,
    "smaller_beats_larger": on_accuracy.smaller_beats_larger,
    "gain_grows_with_size": on_accuracy.gain_grows_with_size,
    "corpus_hurts": on_accuracy.corpus_hurts,
    "matches_larger_ift": on_accuracy.matches_larger_ift,
    "plateau_broken": on_accuracy.plateau_broken,
    "ift_is_pareto_optimal": on_frontier.ift_is_pareto_optimal,
    "reasoning_leads_only_on_large_open": on_frontier.reasoning_leads_only_on_large_open,
    "no_reasoning_on_frontier": on_frontier.no_reasoning_on_frontier,
    "large_reasoning_on_both_frontiers": on_frontier.large_reasoning_on_both_frontiers,
    "ift_near_frontier_mostly": on_cost.ift_near_frontier_mostly,
    "ift_leads_below": on_cost.ift_leads_below,
    "reasoning_leads_at": on_cost.reasoning_leads_at,
    "training_compute_ratio": on_cost.training_compute_ratio,
    "wrong_answers_longer": on_length.wrong_answers_longer,
    "reasoning_answers_longer": on_length.reasoning_answers_longer,
    "mixes_keep_the_gain": on_mixes.mixes_keep_the_gain,
    "mixes_sometimes_beat_both": on_mixes.mixes_sometimes_beat_both,
    "instructions_followed_less": on_instructions.instructions_followed_less,
    "loops_fall_with_size": on_loops.loops_fall_with_size,
    "votes_beat_longer_answers": on_budgets.votes_beat_longer_answers,
    "weights_beat_length": on_budgets.weights_beat_length,
    "whole_traces_beat_changed": on_compression.whole_traces_beat_changed,
    "changed_traces_keep": on_compression.changed_traces_keep,
}

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "reasoning-wins-most-pairs",
        "v1 and v2",
        "Reasoning is more accurate than IFT in most pairs of equal size, corpus and family.",
        "most_pairs_won",
    ),
    Claim(
        "reasoning-matches-larger-ift",
        "v1",
        "Reasoning often matches (within 2 points) much larger IFT students (here: twice the "
        "size).",
        "matches_larger_ift",
        {"corpus": "general", "factor": 2.0, "margin": 0.02},
    ),
    Claim(
        "reasoning-3b-beats-ift-14b",
        "v1",
        "On open-ended math, 3B reasoning is more accurate than 14B IFT.",
        "smaller_beats_larger",
        {"reasoning_b": 3.0, "ift_b": 14.0, "family": "math-open", "corpus": "general"},
    ),
    Claim(
        "gain-grows-with-size",
        "v1",
        "The gain from reasoning grows with the size of the student.",
        "gain_grows_with_size",
    ),
    Claim(
        "reasoning-breaks-ift-plateau",
        "v1",
        "IFT levels off, and reasoning at 7B and above goes past that level.",
        "plateau_broken",
        {"corpus": "general", "least_b": 7.0},
    ),
    Claim(
        "math-corpus-hurts-small-reasoning",
        "v1",
        "Training on math makes small reasoning students worse on general open-ended tasks.",
        "corpus_hurts",
        {
            "style": "reasoning",
            "harmful": "math",
            "other": "general",
            "family": "general-open",
            "below_b": 7.0,
        },
    ),
    Claim(
        "ift-pareto-optimal-inference",
        "v1",
        "IFT is Pareto-optimal in inference cost: no cheaper reasoning student beats it.",
        "ift_is_pareto_optimal",
        {"cost": "inference_flops", "margin": 0.02},
    ),
    Claim(
        "ift-pareto-optimal-training",
        "v1",
        "IFT is Pareto-optimal in training cost: no reasoning student cheaper to train beats it.",
        "ift_is_pareto_optimal",
        {"cost": "train_flops", "margin": 0.02},
    ),
    Claim(
        "ift-near-frontier-in-most",
        "v2",
        "At matched inference FLOPs IFT is on or near (2 points) the frontier in most comparisons.",
        "ift_near_frontier_mostly",
        {"cost": "inference_flops", "corpus": "general", "margin": 0.02},
    ),
    Claim(
        "ift-ahead-below-7b",
        "v2",
        "At matched inference FLOPs IFT is ahead of reasoning students below 7B.",
        "ift_leads_below",
        {"cost": "inference_flops", "corpus": "general", "below_b": 7.0},
    ),
    Claim(
        "reasoning-ahead-14b-math-open",
        "v2",
        "At matched inference FLOPs 14B reasoning is ahead of IFT on open-ended math.",
        "reasoning_leads_at",
        {
            "cost": "inference_flops",
            "corpus": "general",
            "family": "math-open",
            "size_b": 14.0,
        },
    ),
    Claim(
        "frontier-only-open-from-7b",
        "v2",
        "At matched inference FLOPs reasoning reaches the frontier (within 2 points) only on "
        "open-ended tasks, from 7B on.",
        "reasoning_leads_only_on_large_open",
        {"cost": "inference_flops", "corpus": "general", "least_b": 7.0, "margin": 0.02},
        contradicts=("no-reasoning-on-frontier",),
    ),
    Claim(
        "no-reasoning-on-frontier",
        "v2",
        "No reasoning configuration at any scale is on the inference frontier.",
        "no_reasoning_on_frontier",
        {"cost": "inference_flops", "corpus": "general"},
        contradicts=("reasoning-on-both-frontiers-from-7b", "frontier-only-open-from-7b"),
    ),
    Claim(
        "reasoning-on-both-frontiers-from-7b",
        "v2",
        "From 7B on, reasoning is reliably on the training and on the inference frontier.",
        "large_reasoning_on_both_frontiers",
        {"corpus": "general", "least_b": 7.0},
        contradicts=("no-reasoning-on-frontier",),
    ),
    Claim(
        "training-compute-5x",
        "v1",
        "7B IFT needs five times less training compute than the 3B reasoning student that equals "
        "it on general multiple choice.",
        "training_compute_ratio",
        {
            "corpus": "general",
            "family": "general-mc",
            "reasoning_b": 3.0,
            "ift_b": 7.0,
            "stated": 5.0,
            "rounding": 0.5,
            "margin": 0.02,
        },
    ),
    Claim(
        "training-compute-1.6x",
        "v1",
        "7B IFT about equals 1.5B reasoning on open-ended math with 1.6 times less training "
        "compute.",
        "training_compute_ratio",
        {
            "corpus": "general",
            "family": "math-open",
            "reasoning_b": 1.5,
            "ift_b": 7.0,
            "stated": 1.6,
            "rounding": 0.05,
            "margin": 0.02,
        },
    ),
    Claim(
        "reasoning-7-to-15-times-longer",
        "v1",
        "Reasoning answers are 7 to 15 times as long as IFT answers.",
        "reasoning_answers_longer",
        {"least": 7.0, "most": 15.0, "rounding": 0.5},
    ),
    Claim(
        "wrong-traces-longer",
        "v1",
        "Wrong reasoning answers are 1.5 to 2 times as long as right ones.",
        "wrong_answers_longer",
        {"least": 1.5, "most": 2.0, "rounding": 0.05},
    ),
    Claim(
        "mixes-sometimes-synergy",
        "v1",
        "Mixed training is unstable but now and then beats both pure styles.",
        "mixes_sometimes_beat_both",
    ),
    Claim(
        "sequential-mix-keeps-gain",
        "v2",
        "IFT first, then 25 to 50% reasoning keeps most of the gain at a lower inference cost.",
        "mixes_keep_the_gain",
        {"least_share": 0.25, "most_share": 0.5, "order": "sequential", "kept": 0.5},
    ),
    Claim(
        "thinking-lowers-instruction-following",
        "v2",
        "Thinking before the answer lowers the accuracy of following instructions (IFEval).",
        "instructions_followed_less",
        source="2505.11423",
        sizes_b=(1.0, 70.0),
    ),
    Claim(
        "loops-fall-with-size",
        "v1",
        "Larger reasoning students end less often in a loop.",
        "loops_fall_with_size",
        source="2512.12895",
        sizes_b=(1.5, 32.0),
    ),
    Claim(
        "votes-beat-longer-thinking",
        "v1",
        "At equal tokens a vote of several reasoning answers is more accurate than one longer "
        "answer.",
        "votes_beat_longer_answers",
        {"least_votes": 3},
        source="2512.19585",
        sizes_b=(8.0, 8.0),
    ),
    Claim(
        "weights-beat-length-below-4gb",
        "v1",
        "At equal memory, below 4 GB of weights, a larger student is more accurate than longer "
        "answers.",
        "weights_beat_length",
        # Weights and cache are counted at 16 bits (`score.item_rows`).
        {"below_bytes": 4e9, "bytes_a_weight": 2.0, "longer": 2.0},
        source="2510.10964",
        sizes_b=(0.6, 32.0),
    ),
    Claim(
        "raw-traces-beat-compressed",
        "v1",
        "Students of whole traces are more accurate than those of compressed traces at every size.",
        "whole_traces_beat_changed",
        {"traces": "compressed"},
        source="2606.05988",
        sizes_b=(0.8, None),
    ),
    Claim(
        "compressed-traces-keep-96",
        "v1",
        "Students of compressed traces keep up to 96% of the accuracy (here: one of them keeps it) "
        "and write 3 to 19 times fewer tokens.",
        "changed_traces_keep",
        {"traces": "compressed", "kept": 0.96, "least": 3.0, "most": 19.0, "rounding": 0.5},
        source="2606.05988",
        sizes_b=(0.8, None),
    ),
)
