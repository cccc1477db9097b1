r"""Answers in `\boxed{…}`."""

import re

_MARK = re.compile(r"\\(?:boxed|fbox) *\{|\\[{}]|[{}]")
# What a model without an end goes on with is no part of its answer.
_NEXT = re.compile(r"\n[ \t]{0,8}(?:Question|Q)\b ?\d* ?[:.]", re.IGNORECASE)
# Tags that a prompt asks to put around an answer.
_TAGS = re.compile(
    r"</?(?:final_?answer|answer|ans|result|solution|output|response|strong|em)>", re.IGNORECASE
)
_EMPTY = re.compile(r"\\(?:boxed|fbox) *\{\s*\}")
_TEXT = re.compile(r"\\(?:text|textbf|textit|mathrm|mathbf|mbox)\s*\{([^{}]*)\}")


def last_box(text: str) -> str | None:
    r"""The content of the last closed `\boxed{…}` that holds anything, None where there is none.

    Of boxes inside one another it is the inner one. An escaped brace is no brace. One pass, so that
    a long text of open braces takes no longer than another.
    """
    last: tuple[int, str] | None = None
    opened: list[int | None] = []
    for mark in _MARK.finditer(text):
        if mark[0].endswith("{") and mark[0] != "\\{":
            opened.append(mark.end() if len(mark[0]) > 1 else None)
        elif mark[0] == "}" and opened:
            start = opened.pop()  # None where it closes a brace that is no box's
            inside = text[start : mark.start()].strip() if start is not None else ""
            if start is not None and inside and (last is None or start > last[0]):
                last = start, inside
    return last[1] if last else None


def without_next_question(answer: str) -> str:
    """An answer without tags, up to the next question that a model without an end goes on with."""
    # Where nothing comes before that question, all of it is the answer.
    return _NEXT.split(_TAGS.sub("", answer), maxsplit=1)[0].strip() or answer


def plain_text(text: str) -> str:
    r"""A text without the commands of LaTeX that only set its type, such as `\text{…}`."""
    return _TEXT.sub(r"\1", text)


def final_text(answer: str) -> str:
    """What an answer comes to in words: what its last box holds, else all but empty boxes."""
    answer = _TAGS.sub("", answer)
    box = last_box(answer)
    return plain_text(_EMPTY.sub("", answer) if box is None else box).strip()
