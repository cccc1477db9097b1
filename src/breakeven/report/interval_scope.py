"""What the intervals of a study speak of: other questions, and other training runs or not."""

from breakeven.findings.groups import IN_NO_PAIR
from breakeven.findings.run_spread import telling_runs
from breakeven.report.view import StudyView

ONE_SEED = "speak of these trained models only, not of another training run: there is one seed."


def fewest_and_most_seeds(view: StudyView) -> tuple[int, int]:
    """The fewest and the most training seeds of any trained student and arm but a control."""
    # An untrained arm has no training run that another seed could have changed, and no interval
    # of a finding is a control's.
    counts = [
        len(group.cells) for group in view.every_group if group.cells[0].style not in IN_NO_PAIR
    ]
    return (min(counts), max(counts)) if counts else (1, 1)


def scope_sentence(view: StudyView, subject: str = "They") -> str:
    """A sentence to stand beside intervals, which the words before it or `subject` name."""
    least, most = fewest_and_most_seeds(view)
    if most == 1:
        return f"{subject} {ONE_SEED}"
    if least == 1:
        return (
            f"{subject} hold other training runs where a student has several seeds; where it has "
            "one, they speak of that trained model only."
        )
    seeds = f"{most}" if least == most else f"{least} to {most}"
    text = f"{subject} hold other training runs, by {seeds} seeds each, as well as other questions"
    runs = telling_runs(view.scored)
    if runs:
        text += f"; how far seeds lie apart is told by those of all {runs} trained arms and sizes"
    return f"{text}."


def scope_clause(view: StudyView) -> str:
    """The same as a clause behind an interval in a sentence."""
    least, most = fewest_and_most_seeds(view)
    if most == 1:
        return "of these trained models only (one seed)"
    if least == 1:
        return "of other training runs where a student has several seeds"
    return f"over {least if least == most else f'{least} to {most}'} training seeds and the items"


def band_scope(view: StudyView, *, sampled: bool) -> str:
    """What a fit's band is and holds: each point by itself, and what it lacks."""
    text = "their bands are pointwise, 95% at each cost, and hold every fit of about equal error"
    if not sampled:
        return f"{text}; they lack sampling error, as no answers by item are known"
    least, most = fewest_and_most_seeds(view)
    if least > 1:
        runs = f"{least} seeds" if least == most else f"{least} to {most} seeds"
        return f"{text}, resampled items and the variance between training runs, by {runs}"
    if most > 1:
        return (
            f"{text}, resampled items and, where a student has several seeds, the variance between "
            "training runs"
        )
    return (
        f"{text} and resampled items; they lack what another training run would change, which one "
        "seed cannot tell, and so are too narrow for it"
    )
