"""The rules that a pair must fulfil: each judges both completions, so that styles hold the same
prompts.
"""

from typing import NamedTuple

from breakeven.params import PairRules
from breakeven.rows.completion import Completion
from breakeven.rows.prompt import Prompt
from breakeven.rows.traces import why_misplaced


class CompletedPrompt(NamedTuple):
    """A prompt with its plain completion and the one with a trace.

    `correct` says of each, in that order, whether it agrees with the prompt's reference; None
    where there is no reference or no rule that reads it.
    """

    prompt: Prompt
    plain: Completion
    traced: Completion
    correct: tuple[bool, bool] | None = None


def why_dropped(one: CompletedPrompt, rules: PairRules) -> str | None:
    """The first rule that a pair breaks, None where it may stay."""
    return _why_unfinished(one) or _why_too_long(one, rules) or _why_disagreeing(one, rules)


def whole_length(completion: Completion) -> int | None:
    """Tokens of prompt and completion, None where the teacher gave no counts."""
    if completion.new_tokens is None or completion.prompt_tokens is None:
        return None
    return completion.prompt_tokens + completion.new_tokens


def _why_unfinished(one: CompletedPrompt) -> str | None:
    plain, traced = one.plain, one.traced
    for stop in (plain.stop, traced.stop):
        if stop != "stop":
            cut = stop == "length"
            return "a completion was cut at the limit" if cut else f"a completion ended by {stop}"
    if not traced.closed or not traced.thinking.strip():
        return "the trace is missing or unclosed"
    if not plain.closed or plain.thinking.strip():
        return "the plain completion has a trace"
    if not plain.answer.strip() or not traced.answer.strip():
        return "an answer is empty"
    return why_misplaced(traced.thinking, "the trace") or why_misplaced(
        plain.answer + " " + traced.answer, "an answer"
    )


def _why_too_long(one: CompletedPrompt, rules: PairRules) -> str | None:
    """A length that nobody counted passes; the record tells of such pairs.

    (`details.max_tokens_not_checked`.) Dropping them would drop every published pair, and
    `training.max_length` still holds for them, in the student's tokens.
    """
    lengths = [whole_length(completion) or 0 for completion in (one.plain, one.traced)]
    if rules.max_tokens is not None and max(lengths) > rules.max_tokens:
        return f"longer than {rules.max_tokens} tokens in one style"
    return None


def _why_disagreeing(one: CompletedPrompt, rules: PairRules) -> str | None:
    if not rules.agreement:
        return None
    if one.prompt.reference is None:
        return "no reference to agree with"
    if one.correct is None:
        return "no rule compares an answer with the reference"
    if all(one.correct):
        return None
    return "an answer disagrees with the reference"
