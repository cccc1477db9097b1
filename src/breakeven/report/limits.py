"""What the page says of its own limits: where numbers come from, what they cannot tell."""

from breakeven.findings.groups import IN_NO_PAIR, partners
from breakeven.report.interval_scope import fewest_and_most_seeds, scope_sentence
from breakeven.report.view import StudyView
from breakeven.results.cell_results import Results

# What a reader must know to read the verdict.
TERMS = (
    "IFT students were fine-tuned on plain answers, reasoning students on a trace and then the "
    "answer. A gain is reasoning minus IFT, in percentage points of accuracy on the same questions."
)


def source_words(results: Results) -> str:
    """Where the numbers come from, in one sentence."""
    return {
        "measured": "Measured by this pipeline: every answer is stored, so every number has its "
        "interval.",
        "published": "The published numbers, replayed: no model was run, no answers by item are "
        "known, so accuracies have no intervals.",
        "imported": "Imported results: what the file did not hold is absent here.",
    }[results.source]


def limit_lines(view: StudyView) -> list[str]:
    """Limits of these results, then everything absent with its reason."""
    results, settings = view.results, view.summary.settings
    lines = []
    lines.append(scope_sentence(view, "Intervals of accuracies and of their differences"))
    # Four parameters go through any four points, however the truth runs between and beyond.
    sizes = len([s for s in results.students() if _has_style(view, s, "ift")])
    lines.append(
        f"{sizes} IFT sizes: the saturating curve has four parameters, so what it says beyond the "
        "measured costs is an extrapolation and is marked as one."
    )
    if results.items is not None:
        drawn = "items and training runs" if fewest_and_most_seeds(view)[1] > 1 else "items"
        lines.append(
            f"Bootstrap: {settings.draws:,} draws of {drawn}, "
            f"seed {settings.seed}; bands of fits use the first 100 of them."
        )
    decodings = sorted({cell.decoding for cell in results.cells})
    # Several decodings are answers of the same students: shown together they would count twice.
    if len(decodings) > 1:
        others = ", ".join(name for name in decodings if name != view.decoding)
        lines.append(
            f"Figures and tables show the decoding {view.decoding}; {others} only where decodings "
            "are compared."
        )
    if alone := _unpaired(view):
        lines.append(
            f"No IFT arm of the same corpus and method, so in no pair: {', '.join(alone)}."
        )
    if controls := [arm.name for arm in view.arms if arm.style == "control"]:
        lines.append(f"Controls, in no pair of styles and no claim: {', '.join(controls)}.")
    if not results.teacher_accuracy:
        lines.append(
            "Teacher accuracy by family: absent; the ceiling of every fit is taken as 100%."
        )
    return [*lines, *results.notes, *view.summary.absent]


def _unpaired(view: StudyView) -> list[str]:
    """Trained arms that no other one differs from in style only."""
    plain = [group for group in view.every_group if group.cells[0].style == "ift"]
    others = [group for group in view.every_group if group.cells[0].style in ("mixed", "reasoning")]
    pairs = [(other, ift) for other in others for ift in partners(other, plain)]
    paired = {one.cells[0].arm for pair in pairs for one in pair}
    return [arm.name for arm in view.arms if arm.style not in IN_NO_PAIR and arm.name not in paired]


def _has_style(view: StudyView, student: str, style: str) -> bool:
    return any(c.style == style for c in view.results.select(student=student))
