"""Controls in words: what was taken from the traces, or asked for by a tag."""

from breakeven.report.view import StudyView
from breakeven.study.repeated_training import same_training

TITLE = "What makes the difference: content, length or the teacher's answer?"
NO_CONTROL = (
    "needs an arm with `control: true` beside an IFT and a reasoning arm of its corpus and method"
)
_TAKEN: dict[str, str] = {
    "answer-only": "the teacher's answer without its trace",
    "shuffled": "the steps out of order",
    "filler": "as many tokens without content",
    "truncated-50": "the first half of the trace",
    "wrong-trace": "the trace of another prompt",
    "compressed": "the steps without words",
}


def control_words_of(view: StudyView, student: str, arm: str) -> str | None:
    """`control_words` of a student's control, which may be the training of another arm."""
    words, same = control_words(view, arm), same_training(view.summary, student, arm)
    if same is None:
        return words
    told = f"the same training as {view.arm_label(same)} by construction: it tests nothing"
    return told if words is None else f"{words} ({told})"


def control_words(view: StudyView, arm: str) -> str | None:
    """What stands in place of the trace, or is asked for; None where that is not known."""
    rows = {row.name: row for row in view.summary.arms}
    row = rows.get(arm)
    if row is not None and row.traces is not None:
        return _TAKEN.get(row.traces, row.traces)
    if row is not None and row.answer_mode is not None:
        asked = "traces" if row.answer_mode == "reasoning" else "plain answers"
        return f"a mix that a tag asks for {asked}"
    return None


def sides_sentence(view: StudyView) -> str:
    """Which arms are the styles beside the controls: a study may have several plain ones."""
    pairs = [one.pair for one in view.control_comparisons]
    plain, traced = (
        " or ".join(dict.fromkeys(view.arm_label(group.cells[0].arm) for group in side))
        for side in ([pair.ift for pair in pairs], [pair.reasoning for pair in pairs])
    )
    return f"IFT is the arm {plain} here, reasoning {traced}."


def repeating_arms(view: StudyView) -> str:
    """What a count of loops must say of arms that are taught to repeat themselves; else nothing."""
    shown = {arm.name for arm in view.arms}
    names = [row.name for row in view.summary.arms if row.traces == "filler" and row.name in shown]
    if not names:
        return ""
    return (
        f" {', '.join(names)} learnt one mark, over and over, in place of a trace: what the limit "
        "cuts there counts as looping and is what was taught."
    )
