r"""Reads an expression in LaTeX or plain signs: all of it, or none of it.

list      3, 5 and 7          relation  0 < x <= 1, y = 2x     ratio  1:4:9
union     (0,1) \cup [2,3)    sum       a + b, 1 \pm 2         term   3x/2, 3\frac12, \sin 2x
"""

from collections.abc import Callable

from breakeven.grading.maths import signs
from breakeven.grading.maths.leaves import Leaves, UnreadError
from breakeven.grading.maths.tree import Tree, number

_TALLEST = 150  # a sum of as many terms


def read_expression(text: str, *, grouped: bool) -> Tree | None:
    """The value that `text` writes, None where any of it is not understood.

    With `grouped`, the comma of 1,000 parts thousands wherever it can; without, it parts items.
    """
    reader = _Reader(text, grouped)
    try:
        tree = reader.items()
        reader.skip()
    except (UnreadError, ZeroDivisionError):
        return None
    return tree if reader.at == len(text) and _height(tree) <= _TALLEST else None


class _Reader(Leaves):
    """The grammar above the leaves; each method reads one thing or raises."""

    def items(self) -> Tree:
        """Items with commas, "and" or "or" between them; one alone is itself."""
        found, marks = [self.relation()], ""
        while match := self.take(signs.COMMA):
            also = self.take(signs.COMMA)  # "3, 5, and 7"
            marks += match[0] + (also[0] if also else "")
            found.append(self.relation())
        if len(found) == 1:
            return found[0]
        joined = "or" if "or" in marks else "and" if "and" in marks else ""
        return Tree("list", tuple(found), joined)

    def relation(self) -> Tree:
        sides, names = [self.ratio()], []
        while match := self.take(signs.RELATION):
            name = match[1] or match[2]
            names.append(signs.RELATIONS.get(name, name))
            sides.append(self.ratio())
        if names and (modulus := self.modulus()):
            sides, names = [*sides, modulus], [*names, "mod"]
        return Tree("relation", tuple(sides), " ".join(names)) if names else sides[0]

    def modulus(self) -> Tree | None:
        if not self.take(signs.MODULO):
            return None
        modulus = self.argument()
        self.sign(")")
        return modulus

    def ratio(self) -> Tree:
        terms = [self.no_word()]
        while self.sign(":"):
            terms.append(self.no_word())
        return Tree("ratio", tuple(terms)) if len(terms) > 1 else terms[0]

    def no_word(self) -> Tree:
        """A side of a relation; a word of two or three letters on its own ("Yes", "so") is none."""
        self.skip()
        start = self.at
        tree = self.union()
        after = self.text[self.at : self.at + 1]
        term = self.text[start : self.at].strip()
        if signs.WORD.fullmatch(term) or (after == ":" and term[1:].islower()):
            raise UnreadError
        return tree

    def union(self) -> Tree:
        left = self.sum()
        while match := self.take(signs.JOIN):
            left = Tree(match[1], (left, self.sum()))
        return left

    def sum(self) -> Tree:
        first = self.take(signs.PLUS)
        total = self.term()
        if first:
            total = _added(None, first[0], total)
        # A loop, not recursion: a sum of many terms must not count as deep nesting.
        while match := self.take(signs.PLUS):
            total = _added(total, match[0], self.term())
        return total

    def term(self) -> Tree:
        product = self.factor()
        while True:
            if match := self.take(signs.TIMES):
                negative = self.sign("-")
                other = self.factor()
                other = Tree("negative", (other,)) if negative else other
                head = "divide" if match[0] in ("/", "\\div") else "multiply"
                product = Tree(head, (product, other))
            elif self.opens():
                product = Tree("multiply", (product, self.factor()))
            else:
                return product

    def opens(self) -> bool:
        """Whether something begins that multiplies what stands before it without a sign."""
        self.skip()
        if self.text.startswith("|", self.at):
            return not self.bars  # inside of |…| the next bar closes
        if signs.COMMA.match(self.text, self.at) or any(
            pattern.match(self.text, self.at) for pattern in (signs.RELATION, signs.DOTS)
        ):
            return False
        return bool(signs.OPENS.match(self.text, self.at))

    def factor(self) -> Tree:
        base = self.postfixed(self.atom())
        # 30^\circ begins as a power does.
        if signs.DEGREE.match(self.text, self.at) or not self.take(signs.POWER):
            return base
        exponent = self.exponent()
        return self.postfixed(Tree("power", (base, exponent)))

    def postfixed(self, tree: Tree) -> Tree:
        while True:
            if self.take(signs.DEGREE):
                tree = Tree("degree", (tree,))
            elif self.text.startswith("!", self.at) and self.text[
                self.at + 1 : self.at + 2
            ] not in ("=", "!"):  # a relation, a double factorial
                self.at += 1
                tree = Tree("factorial", (tree,))
            elif self.sign("\\%") or self.sign("%"):
                tree = Tree("percent", (tree,))
            else:
                return tree

    def exponent(self) -> Tree:
        sign = self.take(signs.PLUS)
        self.deeper()
        inner = self.postfixed_power(self.atom())
        self.depth -= 1
        return _added(None, sign[0], inner) if sign else inner

    def postfixed_power(self, tree: Tree) -> Tree:
        """A power of a power is read from the right: 2^3^4 is 2^(3^4)."""
        return Tree("power", (tree, self.exponent())) if self.take(signs.POWER) else tree

    def atom(self) -> Tree:
        self.deeper()
        self.skip()
        # From what is special to what is general: 314_5 begins as a number, \sin as letters do.
        for read in (
            self.based, self.number, self.root, self.fraction, self.function, self.bracketed,
            self.matrix, self.named, self.letter,
        ):  # fmt: skip
            tree = read()
            if tree is not None:
                self.depth -= 1
                return tree
        raise UnreadError

    def root(self) -> Tree | None:
        match = self.take(signs.ROOT)
        if match is None:
            return None
        index: Tree = number(3 if match[0] == "cbrt" else 2)
        if self.sign("["):
            index = self.sum()
            self.need("]")
        return Tree("root", (self.argument(), index))

    def fraction(self) -> Tree | None:
        head = (
            "divide"
            if self.take(signs.FRACTION)
            else "binomial"
            if self.take(signs.BINOMIAL)
            else None
        )
        if head is None:
            return None
        return Tree(head, (self.argument(one_sign=True), self.argument(one_sign=True)))

    def argument(self, *, one_sign: bool = False) -> Tree:
        r"""What a command is on: a group, or the next number or letter; one digit of \frac12."""
        self.skip()
        if self.text.startswith("{", self.at):
            return self.group()
        if one_sign and self.text[self.at : self.at + 1].isdigit():
            self.at += 1
            return number(self.text[self.at - 1])
        return self.atom()

    def group(self) -> Tree:
        """What a command's braces hold; a comma in them parts thousands."""
        grouped, self.grouped = self.grouped, True
        tree = self.inside("{", "}", self.sum)
        self.grouped = grouped
        return tree

    def inside(self, opening: str, closing: str, read: Callable[[], Tree]) -> Tree:
        self.need(opening)
        grouped, bars = self.grouped, self.bars
        self.grouped, self.bars = grouped if opening == "{" else False, 0
        tree = read()
        self.need(closing)
        self.grouped, self.bars = grouped, bars
        return tree

    def function(self) -> Tree | None:
        match = self.take(signs.FUNCTION)
        if match is None:
            return None
        name = match[1] or match[2] or match[3]
        base = power = None
        for _ in range(2):
            if name == "log" and base is None and self.sign("_"):
                base = (
                    self.argument(one_sign=True)
                    if not signs.NUMBER.match(self.text, self.at)
                    else self.number()
                )
            elif power is None and self.take(signs.POWER):
                power = self.exponent()
        # \sin^{-1} x is the inverse function, while \sin^2 x is a power.
        if power == Tree("negative", (number(1),)):
            name, power = "arc" + name, None
        call = Tree("call", (*self.arguments(name), *((base,) if base else ())), name)
        return call if power is None else Tree("power", (call, power))

    def arguments(self, name: str) -> tuple[Tree, ...]:
        r"""In brackets, or all that multiplies after it: \sin 2x \cos x is (\sin 2x)(\cos x)."""
        self.skip()
        if self.text.startswith(("(", "{"), self.at):
            closing = ")" if self.text[self.at] == "(" else "}"
            read = self.items if name in signs.SEVERAL else self.sum
            tree = self.inside(self.text[self.at], closing, read)
            return tree.parts if tree.head == "list" else (tree,)
        if name in signs.SEVERAL:
            raise UnreadError
        product = self.factor()
        while (
            self.opens()
            and not signs.FUNCTION.match(self.text, self.at)
            and self.text[self.at] != "("
        ):
            product = Tree("multiply", (product, self.factor()))
        return (product,)

    def bracketed(self) -> Tree | None:
        if self.sign("|"):
            self.bars += 1
            tree = self.sum()
            self.need("|")
            self.bars -= 1
            return Tree("call", (tree,), "abs")
        for opening, (closing, name) in signs.FENCES.items():
            if self.text.startswith(opening, self.at):
                return Tree("call", (self.inside(opening, closing, self.sum),), name)
        for opening, closing in (("\\{", "\\}"), ("\\langle", "\\rangle"), ("{", "}")):
            if self.text.startswith(opening, self.at):
                return _held(opening, self.inside(opening, closing, self.items))
        if self.text[self.at : self.at + 1] in ("(", "["):
            return self.tuple_or_interval()
        return None

    def tuple_or_interval(self) -> Tree:
        opening = self.text[self.at]
        self.at += 1
        grouped, bars = self.grouped, self.bars
        self.grouped, self.bars = False, 0
        tree = self.items()
        self.skip()
        closing = self.text[self.at : self.at + 1]
        if closing not in (")", "]"):
            raise UnreadError
        self.at += 1
        self.grouped, self.bars = grouped, bars
        if tree.head != "list":
            if (opening, closing) in (("(", ")"), ("[", "]")):
                return tree
            raise UnreadError
        # Brackets that differ, or square ones around two, are an interval; [1, 2, 3] is a vector.
        if opening + closing != "()" and len(tree.parts) != 2:
            if opening + closing != "[]":
                raise UnreadError
            return Tree("tuple", tree.parts, "()")
        return Tree("tuple", tree.parts, opening + closing)

    def matrix(self) -> Tree | None:
        match = self.take(signs.MATRIX)
        if match is None:
            return None
        rows, cells = [], [self.sum()]
        while not self.sign("\\end"):
            if self.sign("&"):
                cells.append(self.sum())
            else:
                self.need("\\\\")
                rows.append(cells)
                if self.sign("\\end"):  # a line break after the last row is no row
                    cells = []
                    break
                cells = [self.sum()]
        self.need("{" + (match[1] or match[2]) + "}")
        rows += [cells] if cells else []
        if len({len(row) for row in rows}) != 1:
            raise UnreadError
        return Tree("matrix", tuple(Tree("row", tuple(row)) for row in rows))


def _height(tree: Tree) -> int:
    """How many operations are on one another; without recursion, as a sum may be long."""
    height, level = 0, [tree]
    while level and height <= _TALLEST:
        height, level = height + 1, [part for one in level for part in one.parts]
    return height


def _added(left: Tree | None, sign: str, right: Tree) -> Tree:
    if sign in ("\\pm", "\\mp", "+/-"):
        return Tree("plusminus", (left or number(0), right), "-" if sign == "\\mp" else "+")
    term = Tree("negative", (right,)) if sign == "-" else right
    return Tree("add", (left, term)) if left else term


def _held(opening: str, tree: Tree) -> Tree:
    """A set, a vector, or what stands in braces that only group."""
    if opening == "{" and tree.head != "list":
        return tree
    parts = tree.parts if tree.head == "list" else (tree,)
    return Tree("tuple", parts, "()") if opening == "\\langle" else Tree("set", parts)
