"""Whether two answers that were read are equal, or that this cannot be told."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from breakeven.grading.maths.algebra import AnswerAlgebra
from breakeven.grading.maths.answer_reading import AnswerReading
from breakeven.grading.maths.arithmetic import rational_value
from breakeven.grading.maths.forms import (
    base_ten,
    both_signs,
    comparable_forms,
    name_of,
    smaller_side_first,
)
from breakeven.grading.maths.tree import Tree, holds, letters, number
from breakeven.grading.maths.units import units_agree

_UNORDERED = frozenset({"list", "set", "cup"})
_HELD = frozenset({"list", "set", "cup", "cap", "setminus", "tuple", "matrix", "row", "dots"})
# What is no term of a sum that algebra could compute.
_NO_TERMS = _HELD | {"ratio", "based", "relation", "time", "binding", "plusminus"}
# Items of a list beyond which it is not an answer that a person would check.
_MOST_ITEMS = 60


class Comparer:
    """Compares readings; what arithmetic cannot decide is asked of `algebra`."""

    def __init__(self, algebra: AnswerAlgebra, tolerance: float) -> None:
        self._algebra, self._tolerance = algebra, tolerance

    def any_equal(
        self, said: Iterable[AnswerReading], wanted: Sequence[AnswerReading]
    ) -> bool | None:
        """Whether a reading of one is a reading of the other; None where that cannot be told."""
        found = [self._readings(one, other) for one in said for other in wanted]
        return _any(found)

    def _readings(self, said: AnswerReading, wanted: AnswerReading) -> bool | None:
        units = units_agree(said.unit, wanted.unit)
        if units is False or (said.percent and wanted.unit) or (wanted.percent and said.unit):
            return False
        said_values = [said.value]
        if said.percent != wanted.percent:
            # 50% may be asked for as 50 or as 0.5: both are right, so both are tried.
            share = Fraction(1, 100) if said.percent else Fraction(100)
            said_values.append(_scaled(said.value, share))
        same = _any([self.equal(value, wanted.value) for value in said_values])
        # A letter that may be a unit or a variable counts only where the reference has that unit.
        doubt = said.doubtful and said.unit and not (wanted.unit and units)
        return None if same and (units is None or doubt) else same

    def equal(self, said: Tree, wanted: Tree) -> bool | None:
        """Whether two values are equal, in any form that says the same."""
        rational = self._rational(said, wanted)
        if rational is not None:
            return rational
        pairs = [
            (one, other) for one in comparable_forms(said) for other in comparable_forms(wanted)
        ]
        same = _any([self._settled(one, other) for one, other in pairs])
        # A function left standing is open: one cannot tell an answer from the question said again.
        stands = any(holds(one, "call") for one in comparable_forms(said))
        left = stands and not holds(wanted, "call") and not letters(wanted)
        return None if same and left else same  # sin 30 degrees for 1/2 may repeat the question

    def _rational(self, said: Tree, wanted: Tree) -> bool | None:
        """Whether rational numbers are equal; None where one is none, or too long to write."""
        first, second = rational_value(said), rational_value(wanted)
        if first is None or second is None:
            return None
        return abs(first - second) <= Fraction(self._tolerance) * abs(second)

    def _settled(self, said: Tree, wanted: Tree) -> bool | None:
        if said == wanted:
            return True
        if holds(said, "plusminus") or holds(wanted, "plusminus"):
            said, wanted = both_signs(said), both_signs(wanted)
        heads = {said.head, wanted.head}
        rules = {
            "binding": self._bindings,
            "relation": self._relations,
            "time": _times,
            "ratio": self._ratios,
            "based": _based,
        }
        # The order of `rules` is that of their scope: an equation of ratios is first an equation.
        rule = next((rule for head, rule in rules.items() if head in heads), None)
        if rule is not None:
            return rule(said, wanted)
        return self._held(said, wanted) if heads & _HELD else self._expressions(said, wanted)

    def _held(self, said: Tree, wanted: Tree) -> bool | None:
        """What holds items: of one kind, or a set without its braces."""
        heads = {said.head, wanted.head}
        if heads == {"list", "tuple"}:  # 1, 2 may be meant as (1, 2), or not
            return False if self._in_order(said.parts, wanted.parts) is False else None
        if len(heads) == 1 or heads == {"list", "set"}:
            return self._items(said, wanted)
        alone = [one for one in (said, wanted) if one.head == "set" and len(one.parts) == 1]
        if len(alone) == 1:  # {5} is 5
            other = wanted if said is alone[0] else said
            return self.equal(alone[0].parts[0], other)
        return False

    def _bindings(self, said: Tree, wanted: Tree) -> bool | None:
        """`x = 2` is 2; it is not `y = 2`. `y = 2x` is `2x - y = 0`."""
        if "relation" in (said.head, wanted.head):
            return self._relations(_as_relation(said), _as_relation(wanted))
        if said.head == wanted.head and said.name != wanted.name:
            if (name_of(said.parts[0]), said.name) == (wanted.name, name_of(wanted.parts[0])):
                return True  # AB = CD is CD = AB
            sides = [_as_relation(said), _as_relation(wanted)]
            formulas = letters(said) and letters(wanted)
            return self._relations(*sides) if formulas else False  # x = y/2 is y = 2x
        one = said.parts[0] if said.head == "binding" else said
        other = wanted.parts[0] if wanted.head == "binding" else wanted
        return self.equal(one, other)

    def _items(self, said: Tree, wanted: Tree) -> bool | None:
        if said.name != wanted.name:
            return False  # (0,1) is not [0,1]
        ordered = said.head not in _UNORDERED or holds(said, "dots") or holds(wanted, "dots")
        if ordered:
            return self._in_order(said.parts, wanted.parts)
        if max(len(said.parts), len(wanted.parts)) > _MOST_ITEMS:
            return None
        if "set" in (said.head, wanted.head):
            return _all([self._member(one, wanted.parts) for one in said.parts]
                        + [self._member(one, said.parts) for one in wanted.parts])  # fmt: skip
        if len(said.parts) != len(wanted.parts):
            return False
        return self._matched(said.parts, wanted.parts)

    def _member(self, one: Tree, items: Sequence[Tree]) -> bool | None:
        return bool(items) and _any([self.equal(one, other) for other in items])

    def _matched(self, said: Sequence[Tree], wanted: Sequence[Tree]) -> bool | None:
        # Greedy: equality is transitive but for a tolerance, so any equal item will do.
        left, open_ones = list(wanted), False
        for one in said:
            verdicts = [self.equal(one, other) for other in left]
            if True in verdicts:
                del left[verdicts.index(True)]
            elif None in verdicts:
                open_ones = True
            else:
                return False
        return None if open_ones else True

    def _in_order(self, said: Sequence[Tree], wanted: Sequence[Tree]) -> bool | None:
        if len(said) != len(wanted):
            dotted = all(any(part.head == "dots" for part in of) for of in (said, wanted))
            return None if dotted else False  # as many terms may be shown
        return _all([self.equal(one, other) for one, other in zip(said, wanted, strict=True)])

    def _ratios(self, said: Tree, wanted: Tree) -> bool | None:
        """3:4 is 6:8 and 3/4. Terms of a sequence with dots, hours and minutes each count."""
        if said.head == wanted.head:
            same = self._in_order(said.parts, wanted.parts)
            dotted = holds(said, "dots") or holds(wanted, "dots")
            if (
                same
                or len(said.parts) != len(wanted.parts)
                or dotted
                or (said.name and wanted.name)
            ):
                return same
            first, second = said.parts[0], wanted.parts[0]
            return _all(
                [
                    self.equal(Tree("multiply", (one, second)), Tree("multiply", (other, first)))
                    for one, other in zip(said.parts, wanted.parts, strict=True)
                ]
            )
        ratio, other = (said, wanted) if said.head == "ratio" else (wanted, said)
        if len(ratio.parts) != 2 or other.head in _NO_TERMS:
            return None if other.head in ("list", "tuple") else False
        return self.equal(Tree("divide", ratio.parts), other)

    def _relations(self, said: Tree, wanted: Tree) -> bool | None:
        """Equations that say the same, sides swapped or all times a number; others side by side.

        `2x = 6` is no 6; whether it is meant to be cannot be told.
        """
        if said.head != wanted.head:
            relation, other = (said, wanted) if said.head == "relation" else (wanted, said)
            sides = [self.equal(side, other) for side in relation.parts]
            unsolved = "=" not in relation.name and other.head in (
                "tuple",
                "cup",
                "set",
                "setminus",
            )
            return False if _any(sides) is False and not unsolved else None  # |x| > 5
        said, wanted = smaller_side_first(said), smaller_side_first(wanted)
        if said.name != wanted.name:
            return None
        zeros = [_difference(said), _difference(wanted)]
        if said.name == "=" and not any(holds(zero, *_NO_TERMS) for zero in zeros):
            return self._algebra.proportional(*zeros)
        return self._in_order(said.parts, wanted.parts) or None

    def _expressions(self, said: Tree, wanted: Tree) -> bool | None:
        if any(holds(one, *_NO_TERMS) for one in (said, wanted)):
            return None
        rational = self._rational(said, wanted)
        if rational is not None:
            return rational
        same = self._algebra.equal(said, wanted, self._tolerance)
        # "log" is natural to some and of base 10 to others; equal in either reading is equal.
        in_tens = base_ten(said), base_ten(wanted)
        if same or in_tens == (said, wanted):
            return same
        return self._algebra.equal(*in_tens, self._tolerance)


def _scaled(tree: Tree, share: Fraction) -> Tree:
    """A value times a number; of an equation its last side, of a list each item."""
    if tree.head in ("relation", "list"):
        kept = tree.parts[:-1] if tree.head == "relation" else ()
        return tree._replace(
            parts=(*kept, *(_scaled(part, share) for part in tree.parts[len(kept) :]))
        )
    return Tree("multiply", (tree, number(share)))


def _difference(equation: Tree) -> Tree:
    """What is zero where an equation holds."""
    return Tree("add", (equation.parts[0], Tree("negative", equation.parts[1:])))


def _based(said: Tree, wanted: Tree) -> bool | None:
    """204_5 is not 204_6; whether 204 without its base is meant in it cannot be told."""
    if said.head == wanted.head:
        return said.name == wanted.name
    based, other = (said, wanted) if said.head == "based" else (wanted, said)
    return None if based.name.partition("_")[0] == str(rational_value(other)) else False


def _as_relation(tree: Tree) -> Tree:
    """What binds a letter, as an equation."""
    if tree.head != "binding":
        return tree
    return Tree("relation", (Tree("letter", name=tree.name), *tree.parts), "=")


def _times(said: Tree, wanted: Tree) -> bool | None:
    """3:30 p.m. is 3:30, where the half of the day is left out, and 15:30."""
    if said.head == wanted.head:
        return said.name == wanted.name
    clock, other = (said, wanted) if said.head == "time" else (wanted, said)
    if other.head != "ratio":
        return None  # 4 may be meant as 4 p.m.
    time, _, half = clock.name.partition(" ")
    hour, _, rest = time.partition(":")
    of_24 = int(hour) % 12 + (12 if half == "p" else 0)
    return other.name in (time, f"{of_24}:{rest}")


def _any(verdicts: Sequence[bool | None]) -> bool | None:
    return True if True in verdicts else None if None in verdicts or not verdicts else False


def _all(verdicts: Sequence[bool | None]) -> bool | None:
    return False if False in verdicts else None if None in verdicts else True
