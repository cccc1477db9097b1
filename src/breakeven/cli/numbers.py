"""Options that take a number, and what each of them takes: one way to write it for all commands."""

import math
from typing import Any, NamedTuple

import typer

from breakeven.core.errors import InputError


class Numbers(NamedTuple):
    """Which numbers an option takes.

    Attributes:
        least: The smallest.
        most: The largest.
        whole: Whether it has no fraction.
        ends: Whether `least` and `most` are among them.
        label: Whether it names something (a seed, a port) and counts nothing: its digits alone.
    """

    least: float = 0
    most: float = math.inf
    whole: bool = False
    ends: bool = True
    label: bool = False

    @property
    def words(self) -> str:
        """Them, as the end of an error says it."""
        kind = "a whole number" if self.whole else "a number"
        if math.isfinite(self.most):
            way = ("from", "to") if self.ends else ("between", "and")
            return f"{kind} {way[0]} {self.least:.10g} {way[1]} {self.most:.10g}"
        return f"{kind} of at least {self.least:g}" if self.ends else f"{kind} above {self.least:g}"

    def __contains__(self, value: object) -> bool:
        """Whether it is one of them."""
        return (
            isinstance(value, float)
            and (not self.whole or value.is_integer())
            and (self.least <= value <= self.most)
            and (self.ends or value not in (self.least, self.most))
        )

    def read(self, text: str) -> float:
        """The number that a text means, an int where they are whole.

        Raises:
            typer.BadParameter: it means none, or another; typer names the option.
        """
        from breakeven.core.written_numbers import read_number

        if self.label and not (text.isascii() and text.isdigit()):
            raise typer.BadParameter(f"{text!r} is not digits alone; use {self.words}")
        try:
            value = read_number(text)
        except InputError as error:
            raise typer.BadParameter(str(error)) from error
        if value not in self:
            raise typer.BadParameter(f"value is {text}; use {self.words}")
        return int(value) if self.whole else value


AMOUNT = Numbers()
ABOVE_ZERO = Numbers(ends=False)
# Past any use; what is counted by it stays finite.
_MOST = 1e15
COUNT = Numbers(1, _MOST, whole=True)
COUNT_OR_NONE = COUNT._replace(least=0)
FRACTION = Numbers(0, 1, ends=False)
SEED = Numbers(0, 2**32 - 1, whole=True, label=True)


def number(kind: Numbers, text: str, *names: str) -> Any:  # noqa: ANN401 - as typer.Option
    """An option of this kind with this help."""
    return typer.Option(
        *names,
        help=text,
        parser=lambda value: kind.read(str(value)),
        metavar="NUMBER",
        # Only told: the parser refuses what is beyond.
        min=kind.least if kind.ends else None,
        max=kind.most if kind.ends and kind.most < _MOST else None,
    )
