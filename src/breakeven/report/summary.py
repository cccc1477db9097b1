"""What it all means, in three or four generated sentences that cite their numbers.

Each sentence answers one question and carries a finding: supported, contradicted, undecided, or
in part, by intervals and p values only. A comparison that cannot be decided is said to be so, with
the difference that the items at hand would have shown.
"""

from collections.abc import Sequence
from typing import NamedTuple

from breakeven.report.differences import Difference
from breakeven.report.figures.equivalent import Equivalent, place_words
from breakeven.report.run import TeacherAccuracy
from breakeven.report.study import Study, task_scores
from breakeven.statistics.wording import fixed, p_word, percent, points
from breakeven.verdicts.equal_cost import EqualCost, equal_costs, ift_leads, reasoning_leads
from breakeven.verdicts.groups import Group, comparable

ALPHA = 0.05
# More than these are summed up: the table of differences has them all.
MOST_LISTED = 6


class Sentence(NamedTuple):
    """One question, how it stands, and the sentence that says so."""

    question: str
    finding: str
    text: str


class Standing(NamedTuple):
    """Comparisons that are decided for reasoning, against it, or not at all."""

    ahead: tuple[str, ...]
    behind: tuple[str, ...]
    open: tuple[str, ...]

    @property
    def finding(self) -> str:
        """The three counts as one word or two."""
        if self.ahead and self.behind:
            return "depends on the task"
        if not self.ahead and not self.behind:
            return "undecided"
        word = "supported" if self.ahead else "contradicted"
        return f"{word} in part" if self.open else word


def summarise(
    study: Study,
    differences: Sequence[Difference],
    equivalents: Sequence[Equivalent],
    matched: Sequence["Matched"],
) -> tuple[Sentence, ...]:
    """Accuracy at equal size, where the gain is, and accuracy at equal FLOPs.

    A fourth sentence warns where the teacher was better in one mode.
    """
    return (
        _accuracy_sentence(study, differences),
        _serial_sentence(study) or _growth_sentence(study),
        _cost_sentence(matched, equivalents),
        *_teacher_sentence(study.run.teacher_accuracy),
    )


def _accuracy_sentence(study: Study, differences: Sequence[Difference]) -> Sentence:
    question = "Does thinking make the answers better?"
    thinking = [row for row in differences if row.style == "reasoning"]
    if not thinking:
        return Sentence(question, "undecided", "No student has both an IFT and a reasoning arm.")
    sizes = [name for name in study.results.students() if any(r.student == name for r in thinking)]
    rows = [row for row in thinking if row.student == sizes[-1]]
    standing = _standing(rows)
    words = ("more accurate than IFT on", "less accurate on", "not shown to differ on")
    listed = map(", ".join, standing) if len(rows) <= MOST_LISTED else _counted(rows)
    parts = [f"{word} {found}" for word, found in zip(words, listed, strict=True) if found]
    won = sum(row.value > 0 for row in thinking)
    return Sentence(
        question,
        standing.finding,
        f"At the largest size, {sizes[-1]}, reasoning is {'; '.join(parts)} "
        f"({_how_judged(rows)}); over all sizes it is ahead in {won} of {len(thinking)} pairs.",
    )


def _how_judged(rows: Sequence[Difference]) -> str:
    if any(row.p_value is not None for row in rows):
        return "points, 95% intervals paired by item, Holm-corrected at 5%"
    if any(row.low is not None for row in rows):
        return "points; intervals are bounds at widest, as no answers by item are known"
    return "no intervals are known"


def _counted(rows: Sequence[Difference]) -> list[str]:
    """Rows ahead, behind and open, each as a count with its range and its families."""
    found = []
    for chosen in (
        [row for row in rows if _decided(row) and row.value > 0],
        [row for row in rows if _decided(row) and row.value <= 0],
        [row for row in rows if not _decided(row)],
    ):
        gains = sorted(row.value for row in chosen)
        families = ", ".join(dict.fromkeys(row.family for row in chosen))
        found.append(
            f"{len(chosen)} of {len(rows)} comparisons, by {points(gains[0])} to "
            f"{points(gains[-1])} ({families})"
            if chosen
            else ""
        )
    return found


def _standing(rows: Sequence[Difference]) -> Standing:
    """Rows by how they are decided, named by what tells them apart."""
    corpora = len({row.corpus for row in rows}) > 1
    arms = len({(row.corpus, row.arm) for row in rows}) > len({row.corpus for row in rows})
    ahead: list[str] = []
    behind: list[str] = []
    undecided: list[str] = []
    for row in rows:
        name = f"{row.family} after {row.corpus}" if corpora else row.family
        name += f" by {row.arm}" if arms else ""
        text = f"{name} {points(row.value)}"
        if row.low is not None and row.high is not None:
            text += f" ({points(row.low)} to {points(row.high)})"
        if _decided(row):
            (ahead if row.value > 0 else behind).append(text)
        else:
            undecided.append(text + _power_words(row))
    return Standing(tuple(ahead), tuple(behind), tuple(undecided))


def _power_words(row: Difference) -> str:
    if row.detectable is None:
        return ""
    return f", where {fixed(100 * row.detectable)} would show with 80% power"


def _decided(row: Difference) -> bool:
    if row.adjusted_p_value is not None:
        return row.significant
    if row.p_value is not None or row.low is None or row.high is None:
        return False
    return row.low > 0 or row.high < 0


class SerialGain(NamedTuple):
    """Mean gain over tasks in points of a fraction, with interval, standard error and p."""

    tasks: int
    value: float
    low: float
    high: float
    standard_error: float
    p_value: float


def serial_gains(study: Study) -> tuple[str, SerialGain, SerialGain] | None:
    """The largest student's mean gain on tasks with serial steps, and on those without.

    None where either kind is missing or its error cannot be had.
    """
    depths = study.run.depths
    for student in reversed(study.results.students()):
        scored = [
            (task.task, task.correct[1] - task.correct[0], task.clusters)
            for ift, thinking in _style_pairs(study, student)
            for task in task_scores(study.sample, [ift, thinking])
        ]
        kinds = [
            _mean_gain([one[1:] for one in scored if depths.get(one[0]) is serial])
            for serial in (True, False)
        ]
        if kinds[0] is not None and kinds[1] is not None:
            return student, kinds[0], kinds[1]
    return None


def _style_pairs(study: Study, student: str) -> list[tuple[Group, Group]]:
    """IFT and reasoning of a student, one pair a family (its first)."""
    found = []
    for family in study.results.families():
        own = [g for g in study.family_groups(family) if g.cells[0].student == student]
        plain = [group for group in own if group.cells[0].style == "ift"]
        for group in own:
            match = [one for one in plain if comparable(one, group)]
            if group.cells[0].style == "reasoning" and match:
                found.append((match[0], group))
                break
    return found


def _mean_gain(tasks: "Sequence[tuple[object, ...]]") -> SerialGain | None:
    """Tasks weigh the same; what has one content in two formats is one cluster."""
    import numpy as np

    from breakeven.statistics.estimates import cluster_index
    from breakeven.statistics.strata import Stratum, mean_of_strata

    if not tasks:
        return None
    arrays = [np.asarray(differences, dtype=np.float64) for differences, _ in tasks]
    if len({len(array) for array in arrays}) > 1:
        return None
    total = sum(array.shape[1] for array in arrays)
    scaled = [array * total / (len(arrays) * array.shape[1]) for array in arrays]
    labels = [
        np.asarray(clusters if clusters is not None else [f"{index}/{i}" for i in range(n)])
        for index, (_, clusters) in enumerate(tasks)
        for n in [arrays[index].shape[1]]
    ]
    index = cluster_index(np.concatenate([one.astype(str) for one in labels]), total)
    mean = mean_of_strata([Stratum(np.concatenate(scaled, axis=1), index)])
    one = mean.estimate
    if one.value is None or one.low is None or one.high is None or mean.p_value is None:
        return None
    return SerialGain(
        len(tasks), one.value, one.low, one.high, one.standard_error or 0.0, mean.p_value
    )


def _serial_sentence(study: Study) -> Sentence | None:
    found = serial_gains(study)
    if found is None:
        return None
    student, serial, flat = found
    import math

    from breakeven.statistics.power import detectable_from_error

    gap = serial.value - flat.value
    error = math.hypot(serial.standard_error, flat.standard_error)
    low, high = gap - 1.96 * error, gap + 1.96 * error
    shown = detectable_from_error(flat.standard_error).value or 0.0
    if low > 0 and flat.low <= 0:
        finding = "supported"
    elif low > 0:
        finding = "supported in part"
    else:
        finding = "contradicted" if high < 0 else "undecided"
    return Sentence(
        "Is the gain where a task takes several steps in a row?",
        finding,
        f"On {serial.tasks} tasks with serial steps {student} gains "
        f"{points(serial.value)} points from reasoning ({points(serial.low)} to "
        f"{points(serial.high)}, p {p_word(serial.p_value)}), on {flat.tasks} tasks without "
        f"{points(flat.value)} ({points(flat.low)} to {points(flat.high)}, p "
        f"{p_word(flat.p_value)}; {fixed(100 * shown)} would show with 80% power), a difference of "
        f"{points(gap)} ({points(low)} to {points(high)}).",
    )


def _growth_sentence(study: Study) -> Sentence:
    """Where no task tells its depth: whether the gain grows with size, as the verdicts judge it."""
    from breakeven.verdicts.claims import CLAIMS
    from breakeven.verdicts.judge import judge

    claim = next(claim for claim in CLAIMS if claim.id == "gain-grows-with-size")
    verdict = judge(study.results, [claim])[0]
    text = verdict.evidence[0].upper() + verdict.evidence[1:]
    if verdict.p_value is not None:
        text += f" (p {p_word(verdict.p_value)})"
    if verdict.verdict == "undecidable here" and verdict.detectable is not None:
        text += f"; {fixed(100 * verdict.detectable)} points would show with 80% power"
    return Sentence(
        "Does the gain grow with the size of the student?",
        verdict.verdict.replace("undecidable here", "undecided"),
        f"{text}; no task of these results tells how many serial steps it takes.",
    )


class Matched(NamedTuple):
    """One comparison at equal inference FLOPs: `stands` is ahead, behind or open."""

    at: EqualCost
    lead: float
    low: float | None
    high: float | None
    p_value: float | None
    adjusted_p_value: float | None
    stands: str


def matched_comparisons(study: Study, cost: str = "inference_flops") -> list[Matched]:
    """Every reasoning group against IFT at its own cost, Holm-corrected over all of them."""
    from breakeven.statistics.multiple import holm

    every = [
        at
        for at in equal_costs(study.results, cost)
        if at.reasoning.cells[0].decoding == study.decoding
    ]
    leads = [reasoning_leads(study.sample, at) for at in every]
    behind = [ift_leads(study.sample, at) for at in every]
    p_values: dict[str, float | None] = {}
    for index, (lead, lag) in enumerate(zip(leads, behind, strict=True)):
        tried = [p for p in (lead.p_above, lag.p_above) if p is not None]
        p_values[str(index)] = min(1.0, 2 * min(tried)) if tried else None
    adjusted = holm(p_values) if any(p is not None for p in p_values.values()) else {}
    found = []
    for index, at in enumerate(every):
        corrected = adjusted[str(index)].adjusted_p_value if adjusted else None
        lead, lag = leads[index], behind[index]
        stands = "open"
        if corrected is not None and corrected <= ALPHA:
            stands = "ahead" if (lead.p_above or 1.0) < (lag.p_above or 1.0) else "behind"
        found.append(
            Matched(at, lead.value, lead.low, lead.high, p_values[str(index)], corrected, stands)
        )
    return found


def _cost_sentence(found: Sequence[Matched], equivalents: Sequence[Equivalent]) -> Sentence:
    question = "Does thinking pay at equal inference FLOPs?"
    if not found:
        text = "No reasoning student has inference FLOPs and an IFT curve to be compared with."
        return Sentence(question, "undecided", text)
    names = {
        stands: tuple(_match_name(one) for one in found if one.stands == stands)
        for stands in ("ahead", "behind", "open")
    }
    standing = Standing(names["ahead"], names["behind"], names["open"])
    outside = sum(one.at.extrapolated for one in found)
    best = max(found, key=lambda one: one.lead)
    text = (
        f"Of {len(found)} reasoning students, {len(standing.ahead)} are more accurate than IFT "
        f"at equal inference FLOPs, {len(standing.behind)} are less, and {len(standing.open)} "
        f"are undecided; {outside} spend FLOPs that no IFT student here spends, so that they are "
        f"compared with an extrapolation; the widest lead is {_match_name(best)}, "
        f"{percent(best.at.reasoning.accuracy)} against {percent(best.at.lowest)} to "
        f"{percent(best.at.highest)} for IFT"
    )
    return Sentence(question, standing.finding, text + _worth(equivalents) + ".")


def _worth(equivalents: Sequence[Equivalent]) -> str:
    """The most that a reasoning student saves in size."""
    known = [one for one in equivalents if one.factor is not None]
    if not known:
        return ""
    best = max(known, key=lambda one: one.factor or 0.0)
    low, high = best.found.low, best.found.high
    interval = f" ({place_words(low)} to {place_words(high)})" if low and high else ""
    return (
        f"; in size, {best.student} with reasoning is worth an IFT student of "
        f"{place_words(best.found.position)}{interval} on {best.key.title}"
    )


def _match_name(one: Matched) -> str:
    cell = one.at.reasoning.cells[0]
    return f"{cell.student} {cell.arm} on {cell.family}"


def _teacher_sentence(found: Sequence[TeacherAccuracy]) -> tuple[Sentence, ...]:
    """A warning where the teacher's modes differ beyond sampling error, on what was learnt."""
    kept = {row.corpus: row for row in found if row.ift is not None}
    kept |= {row.corpus: row for row in found if row.pairs == "kept" and row.ift is not None}
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
