"""What became of the answers of every arm: each answer has one outcome."""

from breakeven.report.control_words import repeating_arms
from breakeven.report.figures.outcomes import NO_OUTCOMES, outcome_row, outcomes_by_group
from breakeven.report.table import Table, absent_table
from breakeven.report.view import StudyView
from breakeven.rows.outcomes import OUTCOMES
from breakeven.words import OUTCOME_WORDS, percent


def outcome_table(view: StudyView) -> Table:
    """Shares of the six outcomes, family by family, arm by arm, sizes upwards."""
    name, title = "outcomes", "What became of the answers"
    known = outcomes_by_group(view)
    if not known:
        return absent_table(name, title, NO_OUTCOMES)
    return Table(
        name,
        title,
        "Every answer has one outcome, so that a line adds up to 100%. Looping: the limit cut the "
        "trace or the answer in a block that is repeated without a change; cut answers without a "
        "loop stand beside. Answers that loop, are cut or end inside the trace are wrong. Means "
        f"over tasks, as of accuracy.{repeating_arms(view)}",
        ("family", "student", "arm", *(OUTCOME_WORDS[outcome] for outcome in OUTCOMES)),
        tuple(
            (
                (cell := group.cells[0]).family,
                cell.student,
                view.arm_label(cell.arm),
                *map(percent, shares),
            )
            for group, shares in known.items()
        ),
        tuple(outcome_row(group, shares) for group, shares in known.items()),
    )
