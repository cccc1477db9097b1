"""What it all means: three or four generated sentences that cite their numbers.

Each sentence answers one question and carries a finding: supported, contradicted, undecided, or
in part. What is decided is read from `view.findings`; nothing is decided here. A comparison that
cannot be decided is said to be so, with the difference that the items at hand would have shown.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from breakeven.findings.baselines import BaselineCheck
from breakeven.findings.differences import Difference
from breakeven.findings.direction import Direction, DirectionCounts, count_directions
from breakeven.findings.matched import MatchedComparison
from breakeven.findings.serial_gains import MeanGain, SerialGains, format_of
from breakeven.report.baseline_tables import checks_by_arm
from breakeven.report.interval_scope import scope_clause
from breakeven.report.leads import MOST_PLAIN, leads_over, plain_arm
from breakeven.report.standings import STANDINGS, Standing, standing_so
from breakeven.report.view import StudyView
from breakeven.study.summary import TeacherAccuracy
from breakeven.words import p_word, percent, points, points_interval, span, unsigned_points

# More than these are counted, and each stands below the sentence, folded.
MOST_LISTED = 6
MOST_SERIAL = 3
_STANDING_WORDS: dict[Standing, str] = {
    "ahead": "more accurate than IFT on",
    "behind": "less accurate on",
    "ahead alone": "more accurate by its own interval, undecided among all tests, on",
    "behind alone": "less accurate by its own interval, undecided among all tests, on",
    "undecided": "not shown to differ on",
}


class Sentence(NamedTuple):
    """One question, how it stands, and the sentence that says so; `each` is what it sums up."""

    question: str
    finding: str
    text: str
    each: tuple[str, ...] = ()


def finding(counts: DirectionCounts) -> str:
    """The three counts as one word or a few."""
    if counts.ahead and counts.behind:
        return "depends on the task"
    if not counts.ahead and not counts.behind:
        return "undecided"
    word = "supported" if counts.ahead else "contradicted"
    return f"{word} in part" if counts.undecided else word


def headline(view: StudyView) -> tuple[Sentence, ...]:
    """Accuracy at equal size, where the gain is, and accuracy at equal FLOPs.

    Another is on arms that were given one training budget, where there are such; a last one warns
    where the teacher was better in one mode.
    """
    return (
        _accuracy_sentence(view),
        *_budget_sentence(view),
        _serial_sentence(view) or _growth_sentence(view),
        _cost_sentence(view),
        *_teacher_sentence(view.summary.teacher_accuracy),
    )


def thinking_pairs(view: StudyView) -> list[Difference]:
    """Reasoning against IFT at equal size, at every size."""
    return [row for row in view.findings.families if row.style == "reasoning"]


def largest_pairs(view: StudyView) -> list[Difference]:
    """Reasoning against IFT at the largest size that has both, family by family.

    That size is fixed beforehand; the size of the widest gap would be a pick.
    """
    thinking = thinking_pairs(view)
    sizes = [name for name in view.results.students() if any(r.student == name for r in thinking)]
    return [row for row in thinking if row.student == sizes[-1]] if sizes else []


def _accuracy_sentence(view: StudyView) -> Sentence:
    question = "Does thinking make the answers better?"
    rows = largest_pairs(view)
    if not rows:
        return Sentence(question, "undecided", "No student has both an IFT and a reasoning arm.")
    thinking = thinking_pairs(view)
    counts = count_directions(row.direction for row in rows)
    parts = [
        f"{_STANDING_WORDS[stands]} {_listed(rows, stands)}"
        for stands in STANDINGS
        if standing_so(rows, stands)
    ]
    every = count_directions(row.direction for row in thinking)
    # A count, and no test: sizes of one family answer the same questions.
    won = sum(row.value > 0 for row in thinking)
    several = len({row.student for row in thinking}) > 1
    where = "At the largest size" if several else "At the only size"
    return Sentence(
        question,
        finding(counts),
        f"{where}, {view.with_size(rows[0].student)}, reasoning is {'; '.join(parts)}. "
        f"Over all sizes its accuracy is higher in {won} of {every.total} pairs; decided are "
        f"{every.ahead} for reasoning and {every.behind} for IFT. "
        f"{_over_guesses(view, rows)}"
        f"{_how_judged(view, rows)}.",
        tuple(_by_families(rows)) if len(rows) > MOST_LISTED else (),
    )


def _by_families(rows: Sequence[Difference]) -> Iterable[str]:
    """A line a pair of arms: its families, each with its gain, by how they stand."""
    for arm, plain in dict.fromkeys((row.arm, row.ift_arm) for row in rows):
        own = [row for row in rows if (row.arm, row.ift_arm) == (arm, plain)]
        parts = [
            f"{_STANDING_WORDS[stands]} "
            f"{', '.join(f'{row.family} {_points_of(row)}' for row in chosen)}"
            for stands in STANDINGS
            if (chosen := standing_so(own, stands))
        ]
        yield f"{arm} over {plain}: {'; '.join(parts)}"


def _points_of(row: Difference) -> str:
    return points_interval(row.value, row.low, row.high)


def _budget_sentence(view: StudyView) -> tuple[Sentence, ...]:
    """Reasoning against plain answers that had the same training budget."""
    rows = [one.difference for one in view.findings.budgets if one.difference.style == "reasoning"]
    if not rows:
        return ()
    counts = count_directions(row.direction for row in rows)
    decided = [row for row in rows if row.direction != "undecided"]
    text = (
        f"Of {counts.total} comparisons with an arm that had the same training budget, reasoning "
        f"is more accurate in {counts.ahead}, less in {counts.behind}, and {counts.undecided} are "
        "undecided"
    )
    if decided and len(decided) <= MOST_LISTED:
        listed = "; ".join(
            f"{view.with_size(row.student)} on {row.family} against {row.ift_arm} "
            f"{points_interval(row.value, row.low, row.high)}"
            for row in decided
        )
        text += f": {listed}"
    question = "Does thinking pay at equal training budgets?"
    text = f"{text}. {_over_guesses(view, rows)}{_how_judged(view, rows)}."
    return (Sentence(question, finding(counts), text),)


def _over_guesses(view: StudyView, rows: Sequence[Difference]) -> str:
    """A sentence on gains over a plain arm that may only guess; empty where there are none."""
    gains = {(row.student, row.ift_arm, row.family) for row in rows if row.direction == "ahead"}
    guessed = [
        one
        for one in _guesses(view)
        if (one.group.cells[0].student, one.group.cells[0].arm, one.group.cells[0].family) in gains
    ]
    if not guessed:
        return ""
    arms = "; ".join(checks_by_arm(view, guessed))
    return f"Among these are gains over an arm that is not clearly above guessing: {arms}. "


def _guesses(view: StudyView) -> Iterable[BaselineCheck]:
    return (one for one in view.findings.guards if one.against == "chance" and one.doubtful)


def _how_judged(view: StudyView, rows: Sequence[Difference]) -> str:
    reach = scope_clause(view)
    decided = f"decided at 5% {view.findings.together}"
    if any(row.paired is not None for row in rows):
        return f"In points, with 95% intervals paired by item, {reach}; {decided}"
    if any(row.low is not None for row in rows):
        return (
            "In points; intervals are bounds at widest, as no answers by item are known, "
            f"{reach}; {decided}"
        )
    return "In points; no intervals are known"


def _listed(rows: Sequence[Difference], stands: Standing) -> str:
    """Rows that stand so, one by one where they are few, else a count, their range and families."""
    chosen = standing_so(rows, stands)
    if len(rows) <= MOST_LISTED:
        return ", ".join(_row_words(rows, row) for row in chosen)
    gains = sorted(row.value for row in chosen)
    plain = dict.fromkeys(row.ift_arm for row in rows)
    over = plain if 1 < len(plain) <= MOST_PLAIN else [None]
    families = "; ".join(
        f"{', '.join(found)} over {arm}" if arm else ", ".join(found)
        for arm in over
        if (found := dict.fromkeys(row.family for row in chosen if arm in (None, row.ift_arm)))
    )
    return (
        f"{len(chosen)} of {len(rows)} comparisons, by "
        f"{span(points(gains[0]), points(gains[-1]))} ({families})"
    )


def _row_words(rows: Sequence[Difference], row: Difference) -> str:
    """A row, named by what tells it apart."""
    corpora = {one.corpus for one in rows}
    name = f"{row.family} after {row.corpus}" if len(corpora) > 1 else row.family
    if len({(one.corpus, one.arm, one.ift_arm) for one in rows}) > len(corpora):
        name += f" by {row.arm} over {row.ift_arm}"
    text = f"{name} {_points_of(row)}"
    if row.direction == "undecided" and row.detectable is not None:
        text += f", where {unsigned_points(row.detectable)} would show with 80% power"
    return text


def largest_serial(view: StudyView) -> list[SerialGains]:
    """The gains of the largest student, in open tasks where it has such: none is a pick."""
    every = view.findings.serial
    own = [one for one in every if one.of.student == every[-1].of.student]
    # Open tasks come first.
    return [one for one in own if one.of.format == own[0].of.format]


def _serial_sentence(view: StudyView) -> Sentence | None:
    own = largest_serial(view)
    if not own:
        return None
    largest = own[0].of.student
    what = "" if own[0].of.format == "any" else f"{own[0].of.format} "
    each = [_serial_words(view, one, named=len(own) > 1) for one in own]
    few = len(own) <= MOST_SERIAL
    return Sentence(
        "Is the gain where a task takes several steps in a row?",
        _serial_finding(own),
        f"{largest}, on {own[0].serial_tasks} {what}tasks with serial steps and "
        f"{own[0].flat_tasks} without: {'; '.join(each) if few else _serial_counts(own)}; "
        f"intervals {scope_clause(view)}.",
        () if few else tuple(each),
    )


def _serial_counts(own: Sequence[SerialGains]) -> str:
    """How the gains of many pairs of arms with serial steps differ from those without."""
    words: dict[Direction, str] = {
        "ahead": "larger with serial steps",
        "behind": "smaller with them",
        "undecided": "not shown to differ",
    }
    parts = []
    for stands, word in words.items():
        gaps = sorted(one.gap.value for one in own if one.gap.direction == stands)
        if gaps:
            parts.append(f"{word} in {len(gaps)}, by {span(points(gaps[0]), points(gaps[-1]))}")
    return f"of {len(own)} pairs of arms the gain is {'; '.join(parts)} points"


def _serial_finding(own: Sequence[SerialGains]) -> str:
    # The question is about the difference of the two gains: each may be above zero without it.
    word = finding(count_directions(one.gap.direction for one in own))
    both = any(one.gap.direction == one.flat.direction == "ahead" for one in own)
    return "supported in part" if word == "supported" and both else word


def _serial_words(view: StudyView, one: SerialGains, *, named: bool) -> str:
    over = f"{one.of.reasoning} over {one.of.plain}" if named else "reasoning"
    return (
        f"{over} gains {_gain_words(one.serial)} points with serial steps"
        f"{_serial_guesses(view, one)} and "
        f"{_gain_words(one.flat)} without, a difference of {_gain_words(one.gap)}"
    )


def _serial_guesses(view: StudyView, one: SerialGains) -> str:
    """Where with serial steps the plain arm may only guess, so that the gain is one over that."""
    asked = [
        check.asked
        for check in _guesses(view)
        if check.serial
        and (cell := check.group.cells[0]).student == one.of.student
        and cell.arm == one.of.plain
        and format_of(cell.family) == one.of.format
    ]
    if not asked:
        return ""
    return f" (where {one.of.plain} is not clearly above guessing: {', '.join(asked)})"


def _gain_words(gain: MeanGain) -> str:
    """+61.5 (+59.2 to +63.2, p <0.001), with what would show where nothing is decided."""
    ends = f"{points(gain.low)} to {points(gain.high)}, p {p_word(gain.adjusted_p_value)}"
    power = ""
    if gain.direction == "undecided" and gain.detectable is not None:
        power = f"; {unsigned_points(gain.detectable)} would show with 80% power"
    return f"{points(gain.value)} ({ends}{power})"


def _growth_sentence(view: StudyView) -> Sentence:
    """Whether the gain grows with size, where tasks with and without depth are not both there."""
    verdict = view.findings.claim("gain-grows-with-size")
    text = verdict.evidence[0].upper() + verdict.evidence[1:]
    if verdict.adjusted_p_value is not None:
        text += f" (p {p_word(verdict.adjusted_p_value)})"
    # Where nothing was tested there is no interval to speak of.
    if verdict.p_value is not None:
        text += f", {scope_clause(view)}"
    if verdict.verdict == "undecidable here" and verdict.detectable is not None:
        text += f"; {unsigned_points(verdict.detectable)} points would show with 80% power"
    return Sentence(
        "Does the gain grow with the size of the student?",
        verdict.verdict.replace("undecidable here", "undecided"),
        f"{text}; whether it lies where a task takes serial steps is not asked: that needs tasks "
        "known to take some and tasks known to take none.",
    )


def _cost_sentence(view: StudyView) -> Sentence:
    question = "Does thinking pay at equal inference FLOPs?"
    matched = view.findings.matched["inference_flops"]
    if not matched:
        text = "No reasoning student has inference FLOPs and an IFT curve to be compared with."
        return Sentence(question, "undecided", text)
    counts = view.findings.direction_counts("inference_flops")
    ahead = [one for one in matched if one.direction == "ahead"]
    outside = sum(one.at.extrapolated for one in matched)
    leads = leads_over([plain_arm(one) for one in ahead], map(plain_arm, matched))
    text = (
        f"Of {counts.total} comparisons with IFT at equal inference FLOPs, reasoning is more "
        f"accurate in {counts.ahead}, less in {counts.behind}, and {counts.undecided} are "
        f"undecided; {outside} are at FLOPs that no IFT student here spends, so with an "
        f"extrapolation; the tests are {scope_clause(view)}"
    )
    if leads:
        text += f"; {leads}"
    if ahead and len(ahead) <= MOST_LISTED:
        text += f"; ahead are {'; '.join(map(_match_words, ahead))}"
    return Sentence(question, finding(counts), f"{text}.")


def _match_words(one: MatchedComparison) -> str:
    at, cell = one.at, one.at.reasoning.cells[0]
    return (
        f"{cell.student} {cell.arm} on {cell.family}, {percent(at.reasoning.accuracy)} against "
        f"{span(percent(at.lowest), percent(at.highest))} for IFT"
    )


def _teacher_sentence(accuracies: Sequence[TeacherAccuracy]) -> tuple[Sentence, ...]:
    """A warning where the teacher's modes differ beyond sampling error, on what was learnt."""
    kept = {row.corpus: row for row in accuracies if row.ift is not None}
    # Students learn from the pairs kept, so those decide where both are known.
    kept |= {row.corpus: row for row in accuracies if row.pairs == "kept" and row.ift is not None}
    unequal = [row for row in kept.values() if row.differs]
    if not unequal:
        return ()
    parts = [
        f"on {row.prompts:,} prompts of {row.corpus} it is right in {percent(row.ift.value)} "
        f"without and {percent(row.reasoning.value)} with a trace, {points(row.difference.value)} "
        f"points ({points(row.difference.low)} to {points(row.difference.high)})"
        for row in unequal
        if row.ift and row.reasoning and row.difference
    ]
    text = "; ".join(parts)
    return (
        Sentence(
            "Is the teacher equally good in both modes?",
            "no",
            f"{text[0].upper()}{text[1:]}. So students of the two styles also learnt from answers "
            "of unequal quality, and a part of what sets them apart may come from that.",
        ),
    )
