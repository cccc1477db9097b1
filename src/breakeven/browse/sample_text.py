"""Questions and answers as lines of a terminal."""

from collections.abc import Iterator

from breakeven.browse.samples import Found, Question, Shown
from breakeven.rows.traces import split_trace

# A trace of thousands of lines would bury the answers that it is between.
FOLDED_CHARACTERS = 240


def sample_lines(found: Found, *, whole: bool) -> Iterator[str]:
    """All of it; traces are cut short unless they are wanted `whole`."""
    for question in found.questions:
        yield from _question_lines(question, whole=whole)
        yield ""
    shown = len(found.questions)
    if not shown:
        yield none_matches(found)
        return
    yield (
        f"{shown} of {found.matching} that match, of {found.of} questions"
        + ("; --most N shows more" if shown < found.matching else "")
        + ("" if whole else "; --whole shows traces whole")
    )


def none_matches(found: Found) -> str:
    """That none matches, and without what some do: templates/samples.js has the same words."""
    parts = (
        f"without {option} {count} {'does' if count == 1 else 'do'}"
        for option, count in found.without.items()
    )
    return f"none of {found.of} questions matches; {', '.join(parts)}"


def _question_lines(question: Question, *, whole: bool) -> Iterator[str]:
    yield f"── {question.task} {question.item}"
    for turn in question.turns:
        yield f"   {turn.words}"
    yield from _indented(question.prompt)
    yield f"   reference: {printable(question.reference)}"
    for answer in question.answers:
        yield _heading(answer)
        yield from _indented((answer.text if whole else folded(answer.text)) or "(no text)")


def _heading(answer: Shown) -> str:
    mark = "right" if answer.correct else "wrong"
    outcome = "" if answer.outcome in (None, mark) else f" ({answer.outcome})"
    sample = f" sample {answer.sample}" if answer.sample else ""
    return (
        f" {'✓' if answer.correct else '✗'} {answer.arm}{sample}: {mark}{outcome}, "
        f"{answer.prompt_tokens:,} tokens read, {answer.thinking_tokens:,} thinking, "
        f"{answer.answer_tokens:,} answer"
    )


def folded(text: str) -> str:
    """The text with its trace cut short, and how much was cut."""
    trace, rest, _ = split_trace(text)
    if len(trace) <= FOLDED_CHARACTERS:
        return text
    half = FOLDED_CHARACTERS // 2
    cut = len(trace) - 2 * half
    return f"{trace[:half]} [… {cut:,} characters …] {trace[-half:]}{rest}"


def _indented(text: str) -> Iterator[str]:
    for line in printable(text).split("\n"):
        yield f"     {line}".rstrip()


def printable(text: str) -> str:
    r"""Somebody else's text, which must not steer the terminal: `\x1b` in place of itself."""
    return "".join(
        one
        if one == "\n" or one.isprintable()
        else "    "
        if one == "\t"
        else one.encode("unicode_escape").decode("ascii")
        for one in text
    )
