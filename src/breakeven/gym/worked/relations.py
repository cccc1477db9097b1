"""Relations followed one after another: kin in a family, faces of a turned cube."""

import json
import re
from collections import deque
from typing import NamedTuple

from breakeven.gym.worked.solver import Raw, Worked, with_answer

_COUPLE = re.compile(
    r"(\w+) is married to (\w+)\.(?: They have (?:a child|children) called ([^.]+))?"
)
_ASKED = re.compile(r"(?:What is|How is|What relation is) (\w+)(?: related)? to (\w+)\?")

# Kin by the way from the second person to the first: up to a parent, down to a child, across to
# the spouse. In-laws are left out: reasoning-gym names the second person there, not the first.
_KIN = {
    "up": ("mother", "father"),
    "down": ("daughter", "son"),
    "across": ("wife", "husband"),
    "up down": ("sister", "brother"),
    "up up": ("grandmother", "grandfather"),
    "up up down": ("aunt", "uncle"),
    "up down down": ("niece", "nephew"),
}
_LINKS = {"up": "child", "down": "parent", "across": "spouse"}


class _Link(NamedTuple):
    way: str
    person: str


def kinship(raw: Raw) -> Worked | None:
    """The shortest way from one person to the other, a link a step."""
    asked = _ASKED.search(raw["question"])
    if asked is None:
        return None
    path = _way(_links(raw["question"]), start=asked[2], end=asked[1])
    names = _KIN.get(" ".join(link.way for link in path))
    if names is None or raw["answer"] not in names:
        return None
    people = [asked[2], *(link.person for link in path)]
    steps = [
        f"{person} is the {_LINKS[link.way]} of {link.person}"
        for person, link in zip(people, path, strict=False)
    ]
    return with_answer([*steps, f"{asked[1]} is the {raw['answer']} of {asked[2]}"], raw, len(path))


def kinship_content(raw: Raw) -> str:
    """Who is whose kin, whatever the order in which it is told, and who is asked about."""
    asked = _ASKED.search(raw["question"])
    couples = sorted(match.group() for match in _COUPLE.finditer(raw["question"]))
    return json.dumps([couples, asked.groups() if asked else raw["question"]])


def _links(question: str) -> dict[str, list[_Link]]:
    links: dict[str, list[_Link]] = {}
    for one, other, named in _COUPLE.findall(question):
        links.setdefault(one, []).append(_Link("across", other))
        links.setdefault(other, []).append(_Link("across", one))
        # "Ann, Ben and Cleo"
        for child in re.findall(r"\w+", re.sub(r"\band\b", "", named)):
            for parent in (one, other):
                links.setdefault(child, []).append(_Link("up", parent))
                links.setdefault(parent, []).append(_Link("down", child))
    return links


def _way(links: dict[str, list[_Link]], start: str, end: str) -> list[_Link]:
    """The shortest way; empty where there is none."""
    ways: dict[str, list[_Link]] = {start: []}
    waiting = deque([start])
    # Breadth first: by way of a spouse there is often a longer path as well.
    while waiting:
        person = waiting.popleft()
        for link in links.get(person, []):
            if link.person not in ways:
                ways[link.person] = [*ways[person], link]
                waiting.append(link.person)
    return ways.get(end, [])


# Which face comes to each place when the named face is turned to the top; the others stay.
_TURNS = {
    "front": {"top": "front", "front": "bottom", "bottom": "back", "back": "top"},
    "right": {"top": "right", "right": "bottom", "bottom": "left", "left": "top"},
    "back": {"top": "back", "back": "bottom", "bottom": "front", "front": "top"},
    "left": {"top": "left", "left": "bottom", "bottom": "right", "right": "top"},
    "bottom": {"top": "bottom", "bottom": "top", "front": "back", "back": "front"},
}


def cube(raw: Raw) -> Worked | None:
    """All faces of a cube after each turn."""
    meta = raw["metadata"]
    faces = dict(meta["initial_state"])
    steps = [_faces_line("Start", faces)]
    for turned in meta["rotations"]:
        faces = {side: faces[_TURNS[turned].get(side, side)] for side in faces}
        steps.append(_faces_line(f"{turned} to top", faces))
    found = faces[meta["target_side"]]
    return with_answer(steps, raw, len(meta["rotations"])) if found == raw["answer"] else None


def _faces_line(title: str, faces: dict[str, str]) -> str:
    return f"{title}: " + ", ".join(f"{side} {colour}" for side, colour in faces.items())
