"""Cross-entropy of a large vocabulary in pieces: no tensor holds the logits of all tokens at once.

Of 16,000 supervised tokens and 150,000 words the logits, their log-softmax and its gradient take
29 GB in float32. Here a piece's gradient is made right after its loss, so that what stays is a
gradient of the size of the hidden states, and of the weights where they are trained. The products
are those of the usual way, none is done twice (as in Hsu et al. 2024, Liger Kernel, section 3.2).
"""

from typing import Any

import torch
from torch import Tensor, nn


def ends_in_its_head(model: nn.Module, device: torch.device) -> bool:
    """Whether a model's logits are what its output head gives, neither capped nor scaled after it.

    Seen on a few tokens; a cap that is far above their logits would not be seen, and is asked for.
    """
    head = model.get_output_embeddings()  # type: ignore[operator]
    config = model.config.get_text_config()  # type: ignore[operator, union-attr]
    if not isinstance(head, nn.Linear) or getattr(config, "final_logit_softcapping", None):
        return False
    given: list[Tensor] = []
    handle = head.register_forward_hook(lambda _head, _inputs, output: given.append(output))
    ids = torch.arange(min(32, len(head.weight)), device=device)[None]
    try:
        with torch.no_grad():
            logits = model(input_ids=ids, use_cache=False).logits
    finally:
        handle.remove()
    return torch.equal(given[0].float(), logits.float())


class HeadLoss(torch.autograd.Function):
    """Summed cross-entropy in nats of `hidden` (tokens, width) under an output head.

    `weight` (vocabulary, width) and `bias` (vocabulary,) or None are the head's, `targets`
    (tokens,) what follows, `size` the tokens of a piece. Products are in the format of autocast
    where it is on; sums are in float32.
    """

    @staticmethod
    def forward(  # noqa: PLR0917 - what autograd follows has a place, not a name
        ctx: Any,  # noqa: ANN401
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        targets: Tensor,
        size: int,
    ) -> Tensor:
        """The loss; gradients are made here and kept."""
        kind = hidden.device.type
        dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else weight.dtype
        with torch.autocast(kind, enabled=False):
            states, words = hidden.to(dtype), weight.to(dtype)
            shift = None if bias is None else bias.to(dtype)
            for_hidden = torch.zeros_like(states) if ctx.needs_input_grad[0] else None
            for_weight = (
                torch.zeros_like(weight, dtype=torch.float32) if ctx.needs_input_grad[1] else None
            )
            for_bias = (
                torch.zeros_like(bias, dtype=torch.float32)
                if bias is not None and ctx.needs_input_grad[2]
                else None
            )
            loss = torch.zeros((), dtype=torch.float32, device=hidden.device)
            for start in range(0, len(targets), size):
                piece = slice(start, start + size)
                logits = nn.functional.linear(states[piece], words, shift).float()
                logs = logits.log_softmax(dim=-1)
                del logits
                wanted = targets[piece, None]
                loss -= logs.gather(1, wanted).sum()
                slope = logs.exp_()
                slope.scatter_add_(1, wanted, slope.new_full(wanted.shape, -1.0))
                rounded = slope.to(dtype)
                if for_hidden is not None:
                    for_hidden[piece] = rounded @ words
                if for_weight is not None:
                    for_weight += rounded.T @ states[piece]
                if for_bias is not None:
                    for_bias += slope.sum(dim=0)
                del logs, slope, rounded
        ctx.gradients = for_hidden, for_weight, for_bias
        ctx.dtypes = hidden.dtype, weight.dtype, None if bias is None else bias.dtype
        return loss

    @staticmethod
    def backward(ctx: Any, scale: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        """The gradients times that of the loss."""
        found = [
            None if gradient is None else (gradient * scale).to(dtype)
            for gradient, dtype in zip(ctx.gradients, ctx.dtypes, strict=True)
        ]
        del ctx.gradients
        return (*found, None, None)
