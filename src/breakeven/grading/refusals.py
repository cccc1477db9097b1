"""Answers that say that there is none to give: no wrong answers, but none at all."""

import re

# "pass" and "unknown" are common words: they refuse only where they are all that is said.
_REFUSES = re.compile(
    r"\b(?:do not|don['’]?t|can ?not|can['’]?t|could not|couldn['’]?t|unable to|impossible to)"
    r" (?:really |possibly )?(?:know|tell|say|determine|answer|decide"
    r"|be (?:determined|known|told|said))\b"
    r"|\bnot (?:sure|known|certain|clear|enough (?:information|data))\b"
    r"|\b(?:insufficient|no) (?:information|data|idea|clue|comment|answer|one knows|opinion)\b"
    r"|\bi (?:give up|pass)\b|\bit depends\b"
    r"|^\W*(?:unknown|unclear|undetermined|n/?a|idk|tbd|sorry|pass|skip|not given)\W*$",
    re.IGNORECASE,
)


def refuses(text: str) -> bool:
    """Whether a text says that its writer knows no answer, or that there is none to be known."""
    return bool(_REFUSES.search(text))
