"""Ways in which a file comes to be other than it was written, each with its seed."""

import random
from collections.abc import Callable, Mapping
from pathlib import Path

Damage = Callable[[Path], None]
SEED = 20261126


def cut(path: Path) -> None:
    """The last third is gone, as after a copy that was stopped."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])


def cut_a_line(path: Path) -> None:
    """The last line is gone: what is left reads well."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))


def emptied(path: Path) -> None:
    """A full disk, or a machine that lost power."""
    path.write_bytes(b"")


def flipped(path: Path) -> None:
    """One bit in the middle is another one."""
    content = bytearray(path.read_bytes())
    draw = random.Random(SEED)
    at = draw.randrange(len(content) // 3, len(content) * 2 // 3)
    content[at] ^= 1 << draw.randrange(8)
    path.write_bytes(content)


def edited(path: Path) -> None:
    """A digit is another one: what a person's hand does, and what reads well."""
    content = bytearray(path.read_bytes())
    digits = [number for number, byte in enumerate(content) if chr(byte).isdigit()]
    at = digits[len(digits) // 2]
    content[at] = ord("9") if content[at] != ord("9") else ord("8")
    path.write_bytes(content)


def garbage(path: Path) -> None:
    """Another program's file in its place."""
    path.write_bytes(random.Random(SEED).randbytes(300))


def removed(path: Path) -> None:
    """It is gone."""
    path.unlink()


DAMAGES: Mapping[str, Damage] = {
    one.__name__: one for one in (cut, cut_a_line, emptied, flipped, edited, garbage, removed)
}
