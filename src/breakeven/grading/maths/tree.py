"""What an answer is once it is read: a value, as a tree of plain parts."""

from fractions import Fraction
from typing import Any, NamedTuple


class Tree(NamedTuple):
    """An operation and what it is on, or a leaf, which has no parts.

    Leaves are `number` (`value` is exact), `letter`, `constant` (`name`: pi, e, i, oo), `based`,
    `time` and `dots`. Other heads are operations (`add`, `power`, `call` with its `name`), what
    holds items (`list`, `set`, `matrix`, `tuple`, whose name is its brackets) and relations.
    """

    head: str
    parts: tuple["Tree", ...] = ()
    name: str = ""
    value: Fraction | None = None


def number(value: Fraction | int | str) -> Tree:
    """A leaf with an exact value."""
    return Tree("number", value=Fraction(value))


def to_json(tree: Tree) -> list[Any]:
    """A tree as nested lists; numbers as `numerator/denominator` in hexadecimal, of any length."""
    # Python writes no whole number of more than 4,300 digits in decimal; hexadecimal has no limit.
    value = tree.value
    leaf = tree.name if value is None else f"{value.numerator:x}/{value.denominator:x}"
    return [tree.head, leaf, [to_json(part) for part in tree.parts]]


def holds(tree: Tree, *heads: str) -> bool:
    """Whether any node of a tree has one of these heads."""
    return tree.head in heads or any(holds(part, *heads) for part in tree.parts)


def letters(tree: Tree) -> frozenset[str]:
    """The variables in a tree."""
    own = frozenset({tree.name}) if tree.head == "letter" else frozenset[str]()
    return own.union(*(letters(part) for part in tree.parts))
