r"""Answers in `\boxed{…}`."""

_BOXES = ("\\boxed", "\\fbox")


def last_box(text: str) -> str | None:
    r"""The content of the last closed `\boxed{…}`, None where there is none."""
    starts = sorted(start for name in _BOXES for start in _places(text, name))
    for start in reversed(starts):
        content = _braced(text, start)
        if content is not None:
            return content
    return None


def _places(text: str, name: str) -> list[int]:
    """Where the braces after each `name` begin."""
    places, at = [], text.find(name)
    while at >= 0:
        places.append(at + len(name))
        at = text.find(name, at + 1)
    return places


def _braced(text: str, start: int) -> str | None:
    """What stands between the brace at `start` (after spaces) and the one that closes it."""
    opening = start + len(text[start:]) - len(text[start:].lstrip(" "))
    if not text.startswith("{", opening):
        return None
    depth = 0
    for place in range(opening, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return text[opening + 1 : place].strip()
    return None
