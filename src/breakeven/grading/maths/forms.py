r"""Other ways to write the same answer, brought to one form.

x \in [0,1]  ->  [0,1]       0 <= x <= 1  ->  [0,1]       x = 2, x = 3  ->  2, 3
1 \pm 2      ->  -1, 3       a = 1/2 = 0.5  ->  a = 1/2   x \approx 1.4  ->  x = 1.4
"""

from collections.abc import Sequence

from breakeven.grading.maths.arithmetic import rational_value
from breakeven.grading.maths.tree import Tree, holds, letters

_INFINITY = Tree("constant", name="oo")
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}


def comparable_forms(tree: Tree) -> Sequence[Tree]:
    """The forms that a value may be compared in; more than one where it is given twice, as by ≈."""
    match tree.head:
        case "relation":
            return _relation(tree)
        case "list":
            return [_list(tree)]
        case "cup":
            return [Tree("cup", tuple(_joined(tree)))]
        case "letter" if tree.name == "set R":  # all real numbers, as an interval
            return [Tree("tuple", (Tree("negative", (_INFINITY,)), _INFINITY), "()")]
        case "set" if len(tree.parts) == 1 and tree.parts[0].head == "plusminus":
            return [both_signs(tree)]
    return [tree]


def both_signs(tree: Tree) -> Tree:
    """A value with ± as the list of both; ± and ∓ in one value change together."""
    if tree.head in ("list", "set"):
        parts: list[Tree] = []
        for part in tree.parts:
            both = both_signs(part)
            parts += both.parts if both.head == "list" and holds(part, "plusminus") else [both]
        return Tree(tree.head, tuple(parts), tree.name)
    if tree.head == "binding":
        return Tree("binding", (both_signs(tree.parts[0]),), tree.name)
    if not holds(tree, "plusminus"):
        return tree
    return Tree("list", (_chosen(tree, upper=True), _chosen(tree, upper=False)))


def base_ten(tree: Tree) -> Tree:
    """A value in which logarithms without a base are of base 10; algebra takes them as natural."""
    parts = tuple(map(base_ten, tree.parts))
    bare = tree.head == "call" and tree.name == "log" and len(parts) == 1
    return tree._replace(parts=parts, name="lg" if bare else tree.name)


def smaller_side_first(tree: Tree) -> Tree:
    """An inequality with its smaller side first; other relations as they are."""
    names = tree.name.split()
    if tree.head != "relation" or not set(names) <= {">", ">="}:
        return tree
    return tree._replace(parts=tree.parts[::-1], name=" ".join(_FLIPPED[n] for n in names[::-1]))


def _chosen(tree: Tree, *, upper: bool) -> Tree:
    parts = tuple(_chosen(part, upper=upper) for part in tree.parts)
    if tree.head != "plusminus":
        return tree._replace(parts=parts)
    right = parts[1] if upper == (tree.name == "+") else Tree("negative", parts[1:])
    return Tree("add", (parts[0], right))


def _relation(tree: Tree) -> Sequence[Tree]:
    names = tree.name.split()
    if set(names) <= {"=", "approx"}:
        return _equation(tree, names)
    if names == ["in"]:
        return [tree.parts[1]] if tree.parts[0].head == "letter" else [tree]
    interval = _interval(tree.parts, names)
    return [tree if interval is None else interval]


def _equation(tree: Tree, names: list[str]) -> Sequence[Tree]:
    """`x = 2` and `2 = x` as x bound to 2; a chain of numbers as the number, if they are one."""
    # `2 = x` says what `x = 2` does, while `y = x` is left for the comparison.
    sides = list(tree.parts)
    if len(sides) == 2 and name_of(sides[1]) and not name_of(sides[0]):
        sides.reverse()
    if name_of(sides[0]):
        name, values = name_of(sides[0]), sides[1:]
        if names == ["="] and letters(sides[0]) & letters(values[0]) and sides[0].head == "letter":
            return [tree]  # x = 2x - 3 binds nothing
        bound = [Tree("binding", (form,), name) for form in _chain(values, names[1:])]
        return bound or [tree]
    if len(sides) == 2 and names == ["="] and letters(tree):
        return [tree]
    return _chain(sides, names) or [tree]


def name_of(side: Tree) -> str:
    """What a side names: x, f(x), the segment QM, cos A; empty where it is a value itself."""
    if side.head == "letter":
        return side.name
    if side.head == "call" and name_of(side.parts[0]):
        return f"{side.name} {name_of(side.parts[0])}"
    if side.head in ("tuple", "ratio") and all(map(name_of, side.parts)):
        return ",".join(map(name_of, side.parts))
    names = [name_of(part) for part in side.parts] if side.head == "multiply" else []
    return "".join(names) if names and all(names) else ""


def _chain(values: Sequence[Tree], names: list[str]) -> list[Tree]:
    """What `1/2 = 0.5` comes to; none where numbers that are said to be equal are not."""
    if "approx" in names:
        return list(values)
    rationals = {rational_value(value) for value in values} - {None}
    # 1/3 = 0.33 is false as it stands, and which side is meant cannot be told.
    if len(values) > 1 and len(rationals) > 1:
        return []
    return [values[-1]]


def _list(tree: Tree) -> Tree:
    """A list whose items are one variable's values, as the values."""
    parts = [comparable_forms(part)[0] for part in tree.parts]
    names = {part.name for part in parts if part.head == "binding"}
    bare = [part.parts[0] if part.head == "binding" else part for part in parts]
    if parts[0].head == "binding" and len(names) == 1:
        return Tree("binding", (Tree("list", tuple(bare)),), parts[0].name)
    if tree.name == "and" and (both := _both(parts)):
        return both
    if tree.name == "or" and all(part.head == "tuple" and len(part.parts) == 2 for part in parts):
        return Tree("cup", tuple(parts))  # x < 0 or x > 1
    return Tree("list", tuple(parts))


def _both(parts: Sequence[Tree]) -> Tree | None:
    """What `x > 0 and x < 1` leaves: an interval from one and to the other."""
    if len(parts) != 2 or any(part.head != "tuple" or len(part.parts) != 2 for part in parts):
        return None
    for above, below in (parts, parts[::-1]):
        if above.parts[1] == _INFINITY and below.parts[0] == Tree("negative", (_INFINITY,)):
            return Tree("tuple", (above.parts[0], below.parts[1]), above.name[0] + below.name[1])
    return None


def _joined(tree: Tree) -> list[Tree]:
    """The parts of unions within unions."""
    if tree.head != "cup":
        return list(comparable_forms(tree)[:1])
    return [part for side in tree.parts for part in _joined(side)]


def _interval(sides: Sequence[Tree], names: list[str]) -> Tree | None:
    """The interval of `a < x <= b`, `x > a` or `a > x`; None for other relations."""
    if not set(names) <= {"<", ">", "<=", ">="}:
        return None
    # Turned round, so that one direction is left to look at.
    if names[0] in (">", ">="):
        sides, names = sides[::-1], [_FLIPPED[name] for name in names[::-1]]
    if not set(names) <= {"<", "<="}:
        return None
    if len(sides) == 3 and sides[1].head == "letter":
        low, high, ends = sides[0], sides[2], names
    elif len(sides) == 2 and sides[0].head == "letter" and not letters(sides[1]):
        low, high, ends = Tree("negative", (_INFINITY,)), sides[1], ["<", names[0]]
    elif len(sides) == 2 and sides[1].head == "letter" and not letters(sides[0]):
        low, high, ends = sides[0], _INFINITY, [names[0], "<"]
    else:
        return None
    brackets = ("(" if ends[0] == "<" else "[") + (")" if ends[1] == "<" else "]")
    return Tree("tuple", (low, high), brackets)
