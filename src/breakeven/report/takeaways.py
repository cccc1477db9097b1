"""What each table shows, in one line: it stands beside the title where the table is folded.

Every line counts or spans the rows that the table's CSV holds. None names the largest of several.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from breakeven.findings.direction import Direction, count_directions, direction_of
from breakeven.report.figures.spec import CsvRow
from breakeven.report.table import Table
from breakeven.words import (
    fixed,
    human,
    percent,
    points,
    scientific,
    span,
    times,
    whole,
)

Rows = Sequence[CsvRow]
STYLES = ("ift", "reasoning")
# A table that shows another part of what is in the CSV of the second.
_ROWS_OF = {
    "gain-by-task": "differences-by-task",
    "beyond-chance": "accuracy",
    "truncated-and-unparsed": "accuracy",
    "answers-by-mode": "modes",
}


def with_takeaways(tables: Iterable[Table]) -> list[Table]:
    """The tables with a line each; one that is absent has its reason instead."""
    every = list(tables)
    rows = {table.name: table.rows for table in every}
    return [
        table
        if table.reason
        else replace(table, takeaway=_line(table.name, rows[_ROWS_OF.get(table.name, table.name)]))
        for table in every
    ]


def _line(name: str, rows: Rows) -> str:
    say = _matched if name.startswith("equal-") else _LINES.get(name)
    return say(rows) if say and rows else ""


def _known(rows: Rows, column: str) -> list[float]:
    return [one for row in rows if isinstance(one := row.get(column), int | float)]


def _span(rows: Rows, column: str, words: Callable[[float], str]) -> str:
    """From the least to the most of a column; "unknown" where nothing of it is known."""
    values = _known(rows, column)
    return span(words(min(values)), words(max(values))) if values else "unknown"


def _counts(rows: Rows, column: str) -> str:
    """How often each word of a column stands in it: "undecided 12; IFT ahead 4"."""
    found = Counter(str(row[column]) for row in rows)
    return "; ".join(f"{word} {count}" for word, count in found.most_common())


def _by_style(rows: Rows, column: str) -> str:
    parts = []
    for style in _distinct(rows, "style"):
        own = [row for row in rows if row["style"] == style]
        if _known(own, column):
            parts.append(f"{style} {_span(own, column, percent)}")
    return "; ".join(parts)


def _beyond_zero(rows: Rows, name: str) -> str:
    """In how many rows an interval leaves out zero, on which side."""
    ends = [(row[f"{name}low"], row[f"{name}high"]) for row in rows]
    above = sum(isinstance(low, float) and low > 0 for low, _ in ends)
    below = sum(isinstance(high, float) and high < 0 for _, high in ends)
    return f"above zero by its own interval in {above} and below in {below} of {len(rows)}"


def _distinct(rows: Rows, column: str) -> list[str]:
    return list(dict.fromkeys(str(row[column]) for row in rows))


def _decided(rows: Rows) -> str:
    counts = count_directions(_direction(row) for row in rows)
    return (
        f"Of {counts.total} comparisons the arm is ahead of IFT in {counts.ahead}, behind in "
        f"{counts.behind}; {counts.undecided} are undecided."
    )


def _direction(row: CsvRow) -> Direction:
    p_value, lead = row["holm_p_value"], row["difference"]
    assert isinstance(lead, int | float)
    return direction_of(p_value if isinstance(p_value, int | float) else None, lead)


def _side_by_side(rows: Rows) -> str:
    thinking = [row for row in rows if row["style"] == "reasoning"]
    own = [row for row in thinking if _arms(row) == _arms(thinking[0])]
    kinds = {"with serial steps": True, "without": False, "where steps are not known": None}
    parts = []
    for words, serial in kinds.items():
        counts = count_directions(_direction(row) for row in own if row["serial_depth"] is serial)
        if counts.total:
            ahead = f"ahead in {counts.ahead}, behind in {counts.behind} of {counts.total}"
            parts.append(f"{words} {ahead}")
    return f"Thinking, by task and size: {'; '.join(parts)}."


def _arms(row: CsvRow) -> tuple[object, object]:
    return row["arm"], row["ift_arm"]


def _outcomes(rows: Rows) -> str:
    lost = sum(any(row[name] for name in ("looping", "cut", "unclosed")) for row in rows)
    return f"Some answers loop, are cut or end inside the trace in {lost} of {len(rows)} rows."


def _accuracy(rows: Rows) -> str:
    return f"Right, by style: {_by_style(rows, 'accuracy')}."


def _both_modes(rows: Rows) -> str:
    both = [row for row in rows if row["plain_answers"] and row["thinking_answers"]]
    return (
        f"{len(both)} arms of a size and family write both: right are "
        f"{_span(both, 'thinking_accuracy', percent)} of their answers with a trace and "
        f"{_span(both, 'plain_accuracy', percent)} of those without."
    )


def _kept(rows: Rows) -> str:
    known = [row for row in rows if isinstance(row["kept"], float)]
    share = _span(known, "kept", percent)
    return f"Controls keep {share} of the gain, where there is one ({len(known)} of {len(rows)})."


def _matched(rows: Rows) -> str:
    outside = sum(value > 1 for value in _known(rows, "extrapolation_factor"))
    return f"Of {len(rows)} comparisons: {_counts(rows, 'stands')}; {outside} are extrapolated."


def _worth(rows: Rows) -> str:
    parts = []
    for style, word in (("ift", "IFT"), ("reasoning", "reasoning")):
        own = [row for row in rows if row["without"] == style]
        if own:
            parts.append(f"without {word} {_span(own, 'times', times)} times")
    return f"By family, a right answer takes {', '.join(parts)} the FLOPs."


def _chance(rows: Rows) -> str:
    return f"Of what guessing leaves, by style: {_by_style(rows, 'chance_corrected')}."


def _truncated(rows: Rows) -> str:
    return (
        f"Cut off are {_span(rows, 'truncated_share', percent)} of a row's answers, and "
        f"{_span(rows, 'unparsed_share', percent)} are in no form that was asked for."
    )


def _crossing(rows: Rows) -> str:
    inside = sum(str(row["crossing"])[0] not in "<>" for row in rows)
    return f"Reasoning overtakes IFT at a size between those measured in {inside} of {len(rows)}."


def _routing(rows: Rows) -> str:
    on = sum(row["place"] == "on the frontier" for row in rows)
    gain = _beyond_zero(rows, "")
    return f"The gain over random mixing is {gain}; on the frontier are {on} routers."


def _tasks(rows: Rows) -> str:
    serial = sum(row["serial"] is True for row in rows)
    families = len(_distinct(rows, "family"))
    return (
        f"{len(rows)} tasks of {families} famil{'ies' if families > 1 else 'y'} with "
        f"{_span(rows, 'items', whole)} questions each; {serial} take serial steps."
    )


def _training(rows: Rows) -> str:
    return (
        f"{len(rows)} trainings of {_span(rows, 'tokens', human)} tokens, "
        f"{_span(rows, 'flops', scientific)} FLOPs and {_span(rows, 'device_seconds', fixed)} "
        "device-seconds each."
    )


def _bill(rows: Rows) -> str:
    seconds = [row for row in rows if row["item"] == "training and answering"]
    return (
        f"Training and answering took {_span(seconds, 'device_seconds', whole)} device-seconds and "
        f"{_span(seconds, 'flops', scientific)} FLOPs."
    )


def _costs(rows: Rows) -> str:
    return (
        f"A query takes {_span(rows, 'inference_flops', scientific)} FLOPs, of an arm and size; "
        f"trainings take {_span(rows, 'train_flops', scientific)}."
    )


def _served(rows: Rows) -> str:
    return (
        f"On {' and '.join(_distinct(rows, 'hardware'))} an answer takes "
        f"{_span(rows, 'seconds', scientific)} s, as modelled."
    )


def _flips(rows: Rows) -> str:
    pairs: dict[tuple[object, ...], list[float]] = {}
    for row in rows:
        sides = (row[f"{style}_{name}"] for style in STYLES for name in ("student", "arm"))
        key = (row["corpus"], row["family"], *sides)
        pairs.setdefault(key, []).extend(_known([row], "ratio"))
    turned = sum(min(ratios) < 1 < max(ratios) for ratios in pairs.values())
    return f"Which one is cheaper turns with the axis in {turned} of {len(pairs)} pairs."


def _pairs(rows: Rows) -> str:
    kept, dropped = (_span(rows, name, whole) for name in ("kept", "dropped"))
    return f"Of a corpus {kept} pairs were kept and {dropped} dropped."


def _teacher(rows: Rows) -> str:
    parts = [f"{row['style']} {_span([row], 'new_tokens_value', fixed)}" for row in rows]
    return f"Tokens of a completion, by style: {', '.join(parts)}."


def _judging(rows: Rows) -> str:
    together = [row for row in rows if row["judge"] == "together"]
    cases, unanimous = (_span(together, name, whole) for name in ("cases", "unanimous"))
    return f"Of {cases} cases the judges were unanimous in {unanimous}."


def _levelling(rows: Rows) -> str:
    line = f"Of {len(rows)} arms of a size: {_counts(rows, 'stands')}"
    rose = [row for row in rows if any(low > 0 for low in _known([row], "low"))]
    if not rose:
        return f"{line}; none rose by its own interval."
    by = _span(rose, "gain", points)
    return f"{line}; {len(rose)} rose by {by} points, by their own intervals."


def _spanning(line: str, column: str, words: Callable[[float], str]) -> Callable[[Rows], str]:
    return lambda rows: line.format(_span(rows, column, words))


def _counting(line: str, column: str) -> Callable[[Rows], str]:
    return lambda rows: line.format(len(rows), _counts(rows, column))


def _leaving_zero(line: str, name: str) -> Callable[[Rows], str]:
    return lambda rows: line.format(_beyond_zero(rows, name))


_LINES: Mapping[str, Callable[[Rows], str]] = {
    "accuracy": _accuracy,
    "accuracy-by-task": _accuracy,
    "answers-by-mode": _both_modes,
    "arms": _counting("{} arms: {}.", "style"),
    "beyond-chance": _chance,
    "bill": _bill,
    "control-verdicts": _counting("Of {} controls: {}.", "verdict"),
    "controls": _leaving_zero("A control minus reasoning is {}.", "over_reasoning_"),
    "cost-ratios": _flips,
    "costs": _costs,
    "crossing": _crossing,
    "decoding-changes": _counting("Of {} decodings of an arm: {}.", "verdict"),
    "decodings": _leaving_zero("The change of accuracy is {}.", "change_"),
    "differences": _decided,
    "differences-by-task": _decided,
    "gain-by-task": _side_by_side,
    "gain-kept": _kept,
    "growth": _spanning("FLOPs grow with size to the power of {}.", "exponent", "{:.2f}".format),
    "guards": _counting("Of {} checks: {}.", "stands"),
    "judging": _judging,
    "law": _leaving_zero("A coefficient is {}.", ""),
    "levelling": _levelling,
    "matched-budgets": _counting("Of {} comparisons: {}.", "verdict"),
    "modes": _spanning("{} are in the mode that the arm did not learn.", "leaking_share", percent),
    "outcomes": _outcomes,
    "pairs": _pairs,
    "query-spread": _spanning("An answer has {} tokens on average.", "tokens_value", fixed),
    "right-answers": _spanning(
        "A right answer takes {} FLOPs.", "flops_a_right_answer", scientific
    ),
    "routing": _routing,
    "sensitivity": _leaving_zero("The change of the gain is {}.", "change_"),
    "served": _served,
    "students": _spanning("Of {} parameters.", "parameters", human),
    "tasks": _tasks,
    "teacher": _teacher,
    "teacher-accuracy": _spanning("Reasoning minus IFT: {} points.", "difference", points),
    "training": _training,
    "truncated-and-unparsed": _truncated,
    "verdicts": _counting("Of {} claims: {}.", "verdict"),
    "votes": _spanning("Votes are right in {}.", "maj", percent),
    "votes-at-equal-flops": _counting("Of {} comparisons: {}.", "stands"),
    "votes-by-task": _spanning("The vote of all samples is right in {}.", "maj", percent),
    "worth-of-styles": _worth,
}
