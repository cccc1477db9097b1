"""What `auto` stands for is one rule, whoever computes."""

import pytest
import torch

from breakeven.costs.dtypes import best_dtype, chosen_dtype


@pytest.mark.parametrize(
    ("kind", "capability", "dtype"),
    [
        ("cpu", None, "float32"),
        ("cpu", (9, 0), "float32"),
        ("mps", None, "float32"),
        ("cuda", (9, 0), "bfloat16"),
        ("cuda", (8, 0), "bfloat16"),
        ("cuda", (7, 5), "float32"),
        ("cuda", None, "bfloat16"),
    ],
)
def test_the_best_dtype_is_what_the_device_has_units_for(monkeypatch, kind, capability, dtype):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: capability is not None)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda *_: capability)
    assert best_dtype(kind) == dtype


@pytest.mark.parametrize(
    ("asked", "best", "chosen"),
    [
        ("auto", "bfloat16", "bfloat16"),
        ("auto", "float32", "float32"),
        ("float32", "bfloat16", "float32"),
        ("bfloat16", "float32", "bfloat16"),
    ],
)
def test_what_is_asked_for_goes_before_the_best(asked, best, chosen):
    assert chosen_dtype(asked, best) == chosen
