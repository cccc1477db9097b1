"""Warm-up, constant rate, linear decay (WSD: Hu et al. 2024, MiniCPM), in optimizer steps."""

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from breakeven.params.training import Schedule


class FittedSchedule(NamedTuple):
    """A schedule for a run of `steps`; `shortened` where warm-up and decay had to be cut to fit."""

    steps: int
    warmup_steps: int
    decay_steps: int
    floor: float
    shortened: bool

    def share(self, step: int) -> float:
        """Share of the peak rate at a step (from 0): the last one has the floor exactly."""
        # Steps count from 1 here: the first has a rate above zero already, the last the floor.
        rising = (step + 1) / self.warmup_steps if self.warmup_steps else 1.0
        gone = step + 1 - (self.steps - self.decay_steps)
        falling = 1.0 - (1.0 - self.floor) * max(0, gone) / self.decay_steps if gone > 0 else 1.0
        return min(1.0, rising, falling)

    def as_dict(self) -> dict[str, Any]:
        """For records."""
        return self._asdict()


def fit_schedule(schedule: "Schedule", steps: int) -> FittedSchedule:
    """The schedule in a run of `steps`.

    A run shorter than warm-up and decay together has both scaled down by the same factor and no
    constant part, so that a short run still ends at the floor.
    """
    warmup, decay = schedule.warmup_steps, schedule.decay_steps
    shortened = steps < warmup + decay
    if shortened:
        warmup = steps * warmup // (warmup + decay)
        decay = steps - warmup
    return FittedSchedule(steps, warmup, decay, schedule.floor, shortened)
