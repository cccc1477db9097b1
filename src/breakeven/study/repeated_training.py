"""Arms whose training is another arm's under a second name, by their weights."""

from breakeven.study.summary import StudySummary


def same_training(summary: StudySummary, student: str, arm: str) -> str | None:
    """Another arm that has the very weights of these, seed by seed, and is asked in one way.

    Two arms that are one training and answer with different tags do test something.
    """
    modes = {row.name: row.answer_mode for row in summary.arms}
    by_arm: dict[str, dict[int, str]] = {}
    for row in summary.trainings:
        if row.student == student and row.weights is not None:
            by_arm.setdefault(row.arm, {})[row.seed] = row.weights
    own = by_arm.pop(arm, None)
    return next(
        (
            name
            for name, found in by_arm.items()
            if found == own and modes.get(name) == modes.get(arm)
        ),
        None,
    )


def repeated_trainings(summary: StudySummary) -> frozenset[tuple[str, str]]:
    """Students and arms that `same_training` tells of."""
    every = dict.fromkeys((row.student, row.arm) for row in summary.trainings)
    return frozenset(one for one in every if same_training(summary, *one) is not None)
