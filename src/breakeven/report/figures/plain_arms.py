"""A panel for each plain arm: gains over two of them, drawn as one, could not be told apart."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from breakeven.report.view import StudyView

Row = TypeVar("Row")


class OverPlain(NamedTuple):
    """The plain arm that gains are over. `alone` says that no gain is over another one."""

    arm: str
    alone: bool

    @property
    def name(self) -> str:
        """What words and axes call it: its style where it is the only one."""
        return "IFT" if self.alone else self.arm

    def titled(self, panel: str) -> str:
        """The title of a panel that is about it, in two lines: a panel is narrow."""
        return panel if self.alone else f"{panel}\nover {self.arm}"


def over_plain_arms(
    view: StudyView, rows: Iterable[Row], plain_of: Callable[[Row], str]
) -> dict[OverPlain, Sequence[Row]]:
    """Rows by the plain arm that each is over, in the order of the arms."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(plain_of(row), []).append(row)
    names = [arm.name for arm in view.arms if arm.name in found]
    return {OverPlain(name, len(names) == 1): found[name] for name in names}
