"""Linear layers that multiply with the faster library where there is one (`costs/products.py`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from breakeven.costs.products import numpy_is_faster, numpy_product, one_numpy_thread


@contextmanager
def fast_linear_layers(model: nn.Module) -> Iterator[None]:
    """While the block runs, `model`'s linear layers use the faster library.

    Only in float32 on one thread of the processor; nothing changes for any other. By their class:
    names, weights and hooks stay as they are.
    """
    if not numpy_is_faster() or torch.get_num_threads() != 1:
        yield
        return
    # Exactly these: a layer of 4 bits is one of their subclasses.
    layers = [one for one in model.modules() if type(one) is nn.Linear]
    try:
        for layer in layers:
            layer.__class__ = _FastLinear
        with one_numpy_thread():
            yield
    finally:
        for layer in layers:
            layer.__class__ = nn.Linear


class _FastLinear(nn.Linear):
    def forward(self, input: Tensor) -> Tensor:
        weight = self.weight
        kinds = {(one.dtype, one.device.type) for one in (input, weight)}
        if kinds != {(torch.float32, "cpu")}:
            return super().forward(input)
        if not torch.is_grad_enabled():
            return _forward(input, weight, self.bias)
        result: Tensor = _Product.apply(input, weight, self.bias)  # type: ignore[no-untyped-call]
        return result


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(input, weight)
        return _forward(input, weight, bias)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        given, weight = ctx.saved_tensors
        of_input, of_weight, of_bias = ctx.needs_input_grad
        rows = _rows(gradient)
        return (
            numpy_product(rows, weight).view(given.shape) if of_input else None,
            numpy_product(rows.t(), _rows(given)) if of_weight else None,
            rows.sum(dim=0) if of_bias else None,
        )


def _forward(given: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    result = numpy_product(_rows(given), weight.t())
    if bias is not None:
        result += bias.detach()
    return result.view(*given.shape[:-1], len(weight))


def _rows(tensor: Tensor) -> Tensor:
    """(…, width) as (rows, width)."""
    return tensor.reshape(-1, tensor.shape[-1])
