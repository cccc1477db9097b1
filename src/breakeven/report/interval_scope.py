"""What the intervals of a study speak of: other questions, and other training runs or not."""

from typing import Literal

from breakeven.findings.groups import IN_NO_PAIR
from breakeven.findings.run_spread import telling_runs
from breakeven.report.view import StudyView

# Whose seeds tell how far other trainings lie apart: of every run (means and differences of
# accuracies, `findings.run_spread`), of an arm's sizes (what is resampled, `statistics.bootstrap`),
# or the result's own (lengths, routers, the law).
ToldBy = Literal["every run", "the arm", "itself"]

ONE_SEED = "speak of these trained models only, not of another training run: there is one seed."


def fewest_and_most_seeds(view: StudyView) -> tuple[int, int]:
    """The fewest and the most training seeds of any trained student and arm but a control."""
    # An untrained arm has no training run that another seed could have changed, and no interval
    # of a finding is a control's.
    counts = [
        len(group.cells) for group in view.every_group if group.cells[0].style not in IN_NO_PAIR
    ]
    return (min(counts), max(counts)) if counts else (1, 1)


def scope_sentence(view: StudyView, subject: str = "They", *, told_by: ToldBy = "every run") -> str:
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
    return f"{text}{_who_tells(view, told_by)}."


def _who_tells(view: StudyView, told_by: ToldBy) -> str:
    """Whose seeds the spread is taken from, as a clause; nothing where all are the result's own."""
    runs = telling_runs(view.scored)
    if told_by == "every run":
        whose = f"those of all {runs} trained arms and sizes" if runs else ""
    elif told_by == "the arm":
        whose = "those of all sizes of an arm"
    else:
        # Only where other intervals of the page are told by more runs.
        whose = "each one's own alone" if runs else ""
    return f"; how far seeds lie apart is told by {whose}" if whose else ""


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
