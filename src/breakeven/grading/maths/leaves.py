"""The cursor over an expression's text, and the leaves: numbers, constants, letters."""

import re
from fractions import Fraction

from breakeven.grading.maths import signs
from breakeven.grading.maths.tree import Tree, number

# Deeper than any answer; Python's own stack is not asked how deep it can go.
_DEEPEST = 30
_MOST_DIGITS = 400


class UnreadError(ValueError):
    """The text, or a part of it, is no expression that is known."""


class Leaves:
    """A text and how far it is read; each method reads one thing from there or raises."""

    def __init__(self, text: str, grouped: bool) -> None:
        self.text, self.at, self.depth, self.grouped, self.bars = text, 0, 0, grouped, 0

    def skip(self) -> None:
        """Pass white space."""
        match = signs.SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def take(self, pattern: "re.Pattern[str]") -> "re.Match[str] | None":
        """What of the pattern comes next, if it does; it is then read."""
        self.skip()
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match

    def sign(self, literal: str) -> bool:
        """Whether these characters come next; they are then read."""
        self.skip()
        if self.text.startswith(literal, self.at):
            self.at += len(literal)
            return True
        return False

    def need(self, literal: str) -> None:
        """Read these characters, or raise."""
        if not self.sign(literal):
            raise UnreadError

    def deeper(self) -> None:
        """Count one more level of nesting; raises beyond the deepest."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise UnreadError

    def based(self) -> Tree | None:
        """A number with its base: 314_5."""
        match = signs.BASED.match(self.text, self.at)
        if match is None:
            return None
        digits = match[1].strip("()")
        named = next(part for part in match.groups()[1:] if part)
        base = int(named) if named.isdigit() else signs.BASES.get(named, 0)
        # 36 is as far as digits and letters go, and what int() can read.
        if not 2 <= base <= 36 or any(int(digit, 36) >= base for digit in digits):
            raise UnreadError
        self.at = match.end()
        return Tree("based", name=f"{digits.lstrip('0') or '0'}_{base}")

    def number(self) -> Tree | None:
        """A number, also a mixed one or one whose digits repeat."""
        if match := self.take(signs.REPEATING):
            whole, fixed, again = match[1], match[2], match[3] or match[4]
            scale = 10 ** len(fixed)
            rest = Fraction(int(again), 10 ** len(again) - 1)
            return number((int((whole or "0") + fixed) + rest) / scale)
        # The longer reading first: NUMBER would take the 1 of 1,000 and leave a list of two.
        match = self.take(signs.GROUPED) if self.grouped else None
        match = match or self.take(signs.NUMBER)
        if match is None:
            return None
        if signs.HALF_A_NUMBER.match(self.text, match.start()):
            raise UnreadError
        if len(match[0]) > _MOST_DIGITS:
            raise UnreadError
        value = Fraction(re.sub(r"[^\d.eE+\-]", "", match[0]))
        mixed = signs.MIXED.match(self.text, self.at) if match[0].isdigit() else None
        if mixed:
            # Only a proper fraction makes a mixed number; 3\frac{5}{2} is a product.
            top, bottom = (int(part) for part in mixed.groups() if part is not None)
            if top < bottom:
                self.at = mixed.end()
                value += Fraction(top, bottom)
        if signs.DOTS.match(self.text, self.at):
            raise UnreadError  # 0.333... is not 0.333
        return number(value)

    def named(self) -> Tree | None:
        """A constant, dots, a Greek letter, or a letter that is set upright."""
        if match := self.take(signs.CONSTANT):
            name = match[1] or match[2]
            return (
                Tree("constant", name=signs.CONSTANTS[name])
                if name in signs.CONSTANTS
                else Tree("set")
            )
        if self.take(signs.DOTS):
            return Tree("dots")
        if match := self.take(signs.SET_LETTER):
            return Tree("letter", name="set " + match[1])
        if match := self.take(signs.FIGURE):
            return self.with_subscript(f"{match[1]} {match[2] or match[3]}")
        match = self.take(signs.GREEK) or self.take(signs.UPRIGHT)
        return self.with_subscript(next(part for part in match.groups() if part)) if match else None

    def letter(self) -> Tree | None:
        """A variable, or a function of a letter left standing: f(x). Words are none."""
        if match := self.take(signs.CALL):
            return Tree("letter", name="".join(match[0].split()))
        match = signs.LETTERS.match(self.text, self.at)
        if match is None or (len(match[0]) > 3 and not self.text[self.at - 1 : self.at].isalpha()):
            return None  # four letters are a word, and no product
        if not self.text[self.at - 1 : self.at].isalpha() and self.in_prose(match[0]):
            raise UnreadError
        self.at += 1
        return self.with_subscript(match[0][0])

    def in_prose(self, run: str) -> bool:
        """Whether letters are a word of a sentence: "4 of", "So x", "two words"."""
        before = self.text[: self.at]
        follows = before[-1:].isspace() and before.rstrip()[-1:].isalnum()
        return bool(signs.PROSE.match(self.text, self.at)) or (
            follows and bool(signs.WORD.fullmatch(run))
        )

    def with_subscript(self, name: str) -> Tree:
        """A letter with what stands below it and its primes; e and i alone are constants."""
        match = self.take(signs.SUBSCRIPT)
        primes = 0
        while self.text.startswith("'", self.at):
            self.at, primes = self.at + 1, primes + 1
        below = (match[1] or match[2]) if match else ""
        if not match and not primes and name in ("e", "i"):
            return Tree("constant", name=name)
        name = name.removeprefix("var")  # \varphi is another shape of \phi, not another letter
        return Tree(
            "letter", name=name + ("_" + "".join(below.split()) if below else "") + "'" * primes
        )
