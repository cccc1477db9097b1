"""Data sets of reasoning-gym: entries on one side of the train/test line, solved and scored."""

from breakeven.gym.distinct_entries import INSTRUCTION, GymEntry, entries
from breakeven.gym.worked import SOLVED, Worked

__all__ = ["INSTRUCTION", "SOLVED", "GymEntry", "Worked", "entries"]
