"""Warm-up, constant, decay."""

import pytest

from breakeven.params.training import Schedule
from breakeven.train.schedule import fit_schedule

WSD = Schedule(warmup_steps=2, decay_steps=4, floor=0.1)


def rates(schedule, steps):
    fitted = fit_schedule(schedule, steps)
    return [round(fitted.share(step), 6) for step in range(steps)]


@pytest.mark.parametrize(
    ("schedule", "steps", "expected"),
    [
        (WSD, 8, [0.5, 1, 1, 1, 0.775, 0.55, 0.325, 0.1]),
        (WSD, 6, [0.5, 1, 0.775, 0.55, 0.325, 0.1]),
        (WSD, 3, [1, 0.55, 0.1]),
        (WSD, 1, [0.1]),
        (Schedule(warmup_steps=0, decay_steps=0), 3, [1, 1, 1]),
        (Schedule(warmup_steps=3, decay_steps=0), 3, [1 / 3, 2 / 3, 1]),
        (Schedule(warmup_steps=0, decay_steps=2, floor=0.0), 3, [1, 0.5, 0]),
    ],
)
def test_rate_rises_stays_and_falls_to_the_floor(schedule, steps, expected):
    assert rates(schedule, steps) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("steps", "shortened"), [(5, True), (6, False), (100, False)])
def test_short_run_says_that_its_schedule_was_shortened(steps, shortened):
    assert fit_schedule(WSD, steps).shortened is shortened


def test_schedule_of_the_study_has_150_and_300_steps():
    fitted = fit_schedule(Schedule(), 1000)
    assert (fitted.share(74), fitted.share(149), fitted.share(699)) == (0.5, 1.0, 1.0)
    assert fitted.share(999) == pytest.approx(0.1)
