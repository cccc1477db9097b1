"""Tables of the data: the teacher in both modes, the pairs kept, what judges were asked."""

from breakeven.core.known_numbers import known_sum
from breakeven.report.figures.spec import CsvRow
from breakeven.report.setup_tables import NO_RECORDS
from breakeven.report.table import Table, absent_table
from breakeven.study.summary import Interval, Judging, StudySummary, TeacherAccuracy, TeacherRow
from breakeven.words import human, p_word, percent, percent_interval, points_interval, whole


def teacher_table(summary: StudySummary) -> Table:
    """What the teacher wrote, by style: tokens, and how its completions ended."""
    name, title = "teacher", "What the teacher wrote in both modes"
    if not summary.teacher:
        return absent_table(name, title, NO_RECORDS)
    return Table(
        name,
        title,
        "Shares of completions: cut at the limit, with a trace, with a trace left open. A pair "
        "with one that was cut or left open is dropped. New tokens are trace and answer of a "
        "completion: the mean with its 95% interval over prompts, and what 95% stay within.",
        (
            "style",
            "completions",
            "prompt tokens",
            "thinking tokens",
            "answer tokens",
            "new tokens each",
            "95% interval",
            "95% of completions",
            "cut",
            "with a trace",
            "left open",
        ),
        tuple(
            (
                row.style,
                whole(row.completions),
                human(row.prompt_tokens),
                human(row.thinking_tokens),
                human(row.answer_tokens),
                *_length_words(row),
                percent(row.truncated_share),
                percent(row.traced_share),
                percent(row.unclosed_share),
            )
            for row in summary.teacher
        ),
        tuple(row._asdict() for row in summary.teacher),
    )


def _length_words(row: TeacherRow) -> tuple[str, str, str]:
    value, low, high = row.new_tokens_value, row.new_tokens_low, row.new_tokens_high
    if value is None:
        return "–", "–", "–"
    interval = "–" if low is None or high is None else f"{low:,.4g} to {high:,.4g}"
    return f"{value:,.4g}", interval, whole(row.new_tokens_p95)


def teacher_accuracy_table(summary: StudySummary) -> Table:
    """How often the teacher is right in each mode, on the same prompts: a confound."""
    name, title = "teacher-accuracy", "How often the teacher is right in each mode"
    accuracies = summary.teacher_accuracy
    if not accuracies:
        return absent_table(name, title, NO_RECORDS)
    reasons = "; ".join(dict.fromkeys(row.reason for row in accuracies if row.reason))
    # Rows of dashes would look like a measurement that failed; the reasons say that none was made.
    if all(row.ift is None for row in accuracies):
        return absent_table(name, title, reasons)
    return Table(
        name,
        title,
        "On prompts whose reference a rule can compare with, both modes on the same ones. Where "
        "they differ, the style and the quality of the answers learnt go together: a gain of the "
        "better mode's students may come from the answers rather than from the traces. Students "
        "learn from the pairs kept." + (f" Absent: {reasons}." if reasons else ""),
        ("corpus", "pairs", "prompts", "IFT", "reasoning", "reasoning − IFT", "p"),
        tuple(
            (
                row.corpus,
                row.pairs,
                whole(row.prompts),
                interval_words(row.ift),
                interval_words(row.reasoning),
                difference_words(row.difference),
                p_word(row.p_value),
            )
            for row in accuracies
        ),
        tuple(_accuracy_row(row) for row in accuracies),
    )


def interval_words(one: Interval | None) -> str:
    """41.3% (38.0 to 44.6), the value alone, or a dash."""
    return "–" if one is None else percent_interval(*one)


def difference_words(one: Interval | None) -> str:
    """+3.5 (+1.2 to +5.8), the value alone, or a dash."""
    return "–" if one is None else points_interval(*one)


def _accuracy_row(row: TeacherAccuracy) -> CsvRow:
    parts = {"ift": row.ift, "reasoning": row.reasoning, "difference": row.difference}
    return {
        "corpus": row.corpus,
        "pairs": row.pairs,
        "prompts": row.prompts,
        **{
            f"{name}_{end}" if end != "value" else name: getattr(part, end, None)
            for name, part in parts.items()
            for end in ("value", "low", "high")
        },
        "p_value": row.p_value,
        "reason": row.reason,
    }


def corpus_table(summary: StudySummary) -> Table:
    """Pairs kept and dropped with reasons."""
    name, title = "pairs", "Pairs kept and dropped"
    if not summary.corpora:
        return absent_table(name, title, NO_RECORDS)
    body: list[tuple[str, ...]] = []
    rows: list[CsvRow] = []
    for row in summary.corpora:
        reasons = "; ".join(f"{reason}: {count:,}" for reason, count in row.reasons.items())
        # The order of the columns: a record holds its kinds in any.
        tokens = {kind: row.tokens.get(kind) for kind in ("prompt", "ift", "reasoning")}
        body.append(
            (
                row.name,
                *map(whole, (row.kept, row.dropped)),
                reasons or "–",
                *map(human, tokens.values()),
            )
        )
        rows.append(
            {
                "corpus": row.name,
                "kept": row.kept,
                "dropped": row.dropped,
                "reasons": reasons,
                **{f"{kind}_tokens": count for kind, count in tokens.items()},
            }
        )
    return Table(
        name,
        title,
        "A rule judges the pair: both completions of a prompt stay, or neither does.",
        (
            "corpus",
            "kept",
            "dropped",
            "reasons",
            "prompt tokens",
            "IFT tokens",
            "reasoning tokens",
        ),
        tuple(body),
        tuple(rows),
    )


def judging_table(judging: Judging) -> Table:
    """What the judges were asked, whether they agreed, and the tokens it took."""
    audit = (
        f" {judging.audited:,} cases that rules had decided were shown to the judges as well: they "
        f"agreed with the rules on {judging.audit_agreed:,}."
        if judging.audited
        else ""
    )
    return Table(
        "judging",
        "What the judges were asked",
        f"Judges see what rules leave open: {judging.rows:,} answers here, {judging.cases:,} "
        "distinct cases. Unanimous: all judges said one thing; disagreements: two of them "
        "differed; no verdict: no majority, which counts as wrong and unparsed. Malformed replies "
        f"speak for nothing.{audit}",
        (
            "judge",
            "model",
            "cases",
            "unanimous",
            "disagreements",
            "no verdict",
            "malformed",
            "tokens read",
            "tokens generated",
        ),
        tuple(_judge_words(row) for row in _judge_rows(judging)),
        _judge_rows(judging),
    )


_AGREEMENT = ("cases", "unanimous", "disagreements", "undecided")


def _judge_rows(judging: Judging) -> tuple[CsvRow, ...]:
    """A row a judge, then one of all together, which alone can agree or not."""
    alone: dict[str, str | int | float | None] = dict.fromkeys(_AGREEMENT)
    return (
        *({**row._asdict(), **alone} for row in judging.judges),
        {
            "judge": "together",
            "model": None,
            "malformed": sum(row.malformed for row in judging.judges),
            "read_tokens": _total(judging, "read_tokens"),
            "new_tokens": _total(judging, "new_tokens"),
            **{name: getattr(judging, name) for name in _AGREEMENT},
        },
    )


def _judge_words(row: CsvRow) -> tuple[str, ...]:
    counts = [row[name] for name in (*_AGREEMENT, "malformed")]
    return (
        str(row["judge"]),
        str(row["model"] or ""),
        *("–" if count is None else f"{count:,}" for count in counts),
        *(
            human(count if isinstance(count, int | float) else None)
            for count in (row["read_tokens"], row["new_tokens"])
        ),
    )


def _total(judging: Judging, field: str) -> float | None:
    return known_sum(getattr(row, field) for row in judging.judges)
