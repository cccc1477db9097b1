"""Answers timed on this machine, as the roofline takes them to be."""

from pathlib import Path

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
