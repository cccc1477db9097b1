"""Linear layers by the other library: the same values and gradients, and no trace afterwards."""

from collections.abc import Iterator

import pytest
import torch
from torch import nn

from breakeven.costs import products
from breakeven.models import linear_layers
from breakeven.models.linear_layers import fast_linear_layers


@pytest.fixture(autouse=True)
def numpy_preferred(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As on a processor where NumPy is faster, with one thread."""
    monkeypatch.setattr(linear_layers, "numpy_is_faster", lambda: True)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _model(*, bias: bool = True) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(24, 40, bias=bias), nn.SiLU(), nn.Linear(40, 5, bias=bias))


def _gradients(model: nn.Module, given: torch.Tensor) -> list[torch.Tensor]:
    given = given.clone().requires_grad_()
    model.zero_grad()
    loss = model(given).square().sum()
    loss.backward()
    assert given.grad is not None
    return [loss.detach(), given.grad, *(one.grad.clone() for one in model.parameters())]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(24,), (1, 24), (6, 24), (3, 7, 24)])
def test_values_and_gradients_are_those_of_pytorch(bias: bool, shape: tuple[int, ...]) -> None:
    model, given = _model(bias=bias), torch.randn(*shape)
    expected = _gradients(model, given)
    with fast_linear_layers(model):
        assert {type(one).__name__ for one in model} == {"_FastLinear", "SiLU"}
        found = _gradients(model, given)
        with torch.inference_mode():
            answered = model(given)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(answered, model(given).detach(), rtol=1e-5, atol=1e-5)


def test_frozen_weights_get_no_gradient_and_pass_one_on() -> None:
    model = _model()
    model[2].requires_grad_(False)
    given = torch.randn(4, 24)
    model(given).sum().backward()
    expected = model[0].weight.grad.clone()
    model.zero_grad()
    with fast_linear_layers(model):
        model(given).sum().backward()
    assert model[2].weight.grad is None
    torch.testing.assert_close(model[0].weight.grad, expected, rtol=1e-5, atol=1e-5)


def test_other_numbers_are_left_to_pytorch() -> None:
    model = _model().to(torch.bfloat16)
    given = torch.randn(4, 24, dtype=torch.bfloat16)
    expected = model(given)
    with fast_linear_layers(model):
        assert torch.equal(model(given), expected)


def test_layers_are_as_before_afterwards_also_after_a_failure() -> None:
    model = _model()
    with pytest.raises(ZeroDivisionError), fast_linear_layers(model):
        raise ZeroDivisionError
    assert [type(one) for one in model] == [nn.Linear, nn.SiLU, nn.Linear]


def test_several_threads_are_left_to_pytorch() -> None:
    torch.set_num_threads(2)
    model = _model()
    with fast_linear_layers(model):
        assert type(model[0]) is nn.Linear


def test_both_libraries_agree_here() -> None:
    assert products._multiplies_rightly()
