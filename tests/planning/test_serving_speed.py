"""Answers timed on this machine, as the roofline takes them to be."""

from pathlib import Path

import pytest

from breakeven.costs.roofline import answer_times
from breakeven.planning.plan_command import ServingOptions
from breakeven.planning.serving_here import known_serving, measure_serving
from breakeven.planning.serving_speed import timed_answers

ROOT = Path(__file__).resolve().parents[2]


def test_each_batch_and_length_has_its_seconds() -> None:
    found = timed_answers(
        ROOT / "assets/tabletop/t30k",
        device="cpu",
        dtype="float32",
        threads=1,
        batches=(1, 2),
        lengths=((4, 2), (4, 40)),
    )
    cells = [(one.batch, one.prompt_tokens, one.new_tokens) for one in found]
    assert cells == [(1, 4, 2), (1, 4, 40), (2, 4, 2), (2, 4, 40)]
    assert found[0].shape.layers == 2
    # Forty steps take longer than two, whatever else the machine does.
    assert found[1].seconds > 2 * found[0].seconds > 0


def test_what_was_fitted_here_is_kept_and_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path("serving.json")
    assert known_serving(file) is None
    assert ServingOptions().here(None, 2.5) is None
    folder = ROOT / "assets/tabletop/t30k"
    measure_serving(
        [folder],
        file,
        device="cpu",
        dtype="float32",
        threads=1,
        batches=(1, 4, 8),
        lengths=((4, 8), (16, 16)),
    )
    fitted = known_serving(file)
    assert fitted is not None
    assert (fitted.timed, fitted.on.number_format) == (6, "float32")
    assert 0 <= fitted.median_error <= fitted.worst_error
    assert 0 < fitted.on.achieved.bandwidth_share <= 1
    assert fitted.on.hardware.bandwidth_bytes_per_second > 1e8
    # This machine costs what the study says, and is as fast as it was timed to be.
    on = ServingOptions(latency_seconds=3.0).here(fitted, 2.5)
    assert on is not None
    assert (on.hardware.hourly_price.value, on.latency_seconds) == (2.5, 3.0)
    shape = timed_answers(
        folder, device="cpu", dtype="float32", threads=1, batches=(1,), lengths=((4, 2),)
    )[0].shape
    assert answer_times(on.serving(shape), batch=8, prompt_tokens=16, new_tokens=16).seconds > 1e-4
    unpriced = ServingOptions().here(fitted, None)
    assert unpriced is not None
    assert unpriced.hardware.hourly_price.reason == "costs.price_per_device_hour is not set"
