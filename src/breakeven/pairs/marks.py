"""Where think marks may be: once around the trace, and nowhere in an answer."""

from breakeven.pairs.pair import THINK_CLOSE, THINK_OPEN


def why_misplaced(text: str, what: str) -> str | None:
    """Why `text`, an answer or a trace, must not be learnt as one: it holds a think mark."""
    if THINK_OPEN in text or THINK_CLOSE in text:
        return f"a think mark is inside {what}"
    return None


def why_not_traced(reasoning: str) -> str | None:
    """Why a text is not one closed trace with an answer after it, in whatever spacing."""
    before, opened, rest = reasoning.partition(THINK_OPEN)
    if not opened or before.strip():
        return "reasoning does not begin with a trace"
    trace, closed, answer = rest.partition(THINK_CLOSE)
    if not closed:
        return "the trace in reasoning is not closed"
    if not trace.strip():
        return "the trace in reasoning is empty"
    if not answer.strip():
        return "no answer follows the trace in reasoning"
    return why_misplaced(trace, "the trace") or why_misplaced(answer, "the answer after the trace")
