"""What would compare the styles on unequal terms, or an arm with itself."""

from collections.abc import Iterator

from breakeven.checking.problems import Finding, warning
from breakeven.core.files import read_json
from breakeven.core.layout import tuning_choice_path
from breakeven.params import GymSource, JsonlSource, Params, ProceduralSource, Source
from breakeven.params.cells import cells, resolve_cell


def check_rates(params: Params) -> Iterator[Finding]:
    """Warn where one learning rate serves both styles: the best one differs by style.

    In the tabletop plain answers learn less than they can at the rate that suits traces
    (docs/decisions.md). A rate that `breakeven tune` chose for both is no accident. Students with
    the same rate share a line.
    """
    alike: dict[float, list[str]] = {}
    for student in params.students:
        # A mixed arm learns both and is no side of a comparison of rates.
        rates: dict[str, set[float]] = {"ift": set(), "reasoning": set()}
        for cell in cells(params, student=student):
            found = resolve_cell(params, cell)
            # A control is compared with nothing.
            if found.training is not None and found.style in rates and not found.control:
                rates[found.style].add(found.training.learning_rate)
        for rate in (rates["ift"] & rates["reasoning"]) - _chosen_for_both(params, student):
            alike.setdefault(rate, []).append(student)
    for rate, students in alike.items():
        yield warning(
            f"students.{students[0]}.learning_rates",
            f"one learning rate, {rate:g}, serves both styles of {', '.join(students)}; the best "
            "one differs by style: give one for ift and one for reasoning",
        )


def _chosen_for_both(params: Params, student: str) -> set[float]:
    """Rates of the study's committed choice that both styles of a student have."""
    path = tuning_choice_path(params.study)
    if not path.is_file():
        return set()
    chosen = read_json(path)["students"].get(student, {}).values()
    rates = [
        {row["learning_rate"] for row in chosen if row["style"] == style}
        for style in ("ift", "reasoning")
    ]
    return rates[0] & rates[1]


def check_controls(params: Params) -> Iterator[Finding]:
    """Warn where a control can be known to be compared with nothing, or to learn what IFT learns.

    The solver's answer behind a trace is its plain one, unless a source shows working in it.
    """
    styles = {arm.style for arm in params.arms.values() if arm.trained and not arm.control}
    for name in (name for name, arm in params.arms.items() if arm.control):
        lacking = [style for style in ("ift", "reasoning") if style not in styles]
        if lacking:
            yield warning(
                f"arms.{name}.control",
                f"no arm has the style {' or '.join(lacking)}, so that there is nothing to compare "
                f"this control with; add one (reasoning_share {'0' if 'ift' in lacking else '1'})",
            )
    if params.teacher.kind != "solver":
        return
    for name, arm in params.arms.items():
        sources = [one for corpus in arm.corpora for one in params.corpora[corpus].sources]
        if arm.traces == "answer-only" and all(
            _answers_alike(params.sources[source]) for source in sources
        ):
            yield warning(
                f"arms.{name}.traces",
                "value is 'answer-only', and the solver answers both styles of these sources "
                "alike: the arm learns what an arm with reasoning_share 0 learns, and tests "
                "nothing; remove it (with completions: {working: short} it learns bare answers)",
            )


def _answers_alike(source: Source) -> bool:
    """Whether the solver is known to answer a source's prompts in the same words in both styles."""
    if isinstance(source, ProceduralSource):
        return source.completions.working == "none"
    return isinstance(source, GymSource | JsonlSource)
