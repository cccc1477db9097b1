"""Packing: only where no sequence of a row can see another."""

import torch

from breakeven.core.errors import InputError
from breakeven.rendering import Example
from breakeven.train.losses import HeadGate, collate_packed, gated_logits

# Tokens of each probe: enough to fill a short convolution.
_PROBE_TOKENS = 12


def packed_attention(device: torch.device, dtype: torch.dtype) -> str:
    """The attention that computes a packed row, as transformers calls it.

    flash-attention's variable-length kernel leaves out what no sequence may see; it needs a GPU,
    half precision and its package. Elsewhere a mask hides it, and is computed with: fine for rows
    of a few thousand tokens.
    """
    from transformers.utils import is_flash_attn_2_available

    if device.type == "cuda" and dtype == torch.bfloat16 and is_flash_attn_2_available():
        return "flash_attention_2"
    return "sdpa"


def uses_flash(model: torch.nn.Module) -> bool:
    """Whether the model's attention is a flash-attention kernel."""
    return "flash" in str(getattr(model.config, "_attn_implementation", ""))


def check_packing(
    model: torch.nn.Module, gate: HeadGate, *, vocabulary: int, flash: bool, device: torch.device
) -> None:
    """Measure that what stands before a sequence in its row changes nothing for it.

    Two rows that differ only in their first sequence must give the second the same logits. Every
    process calls it: where weights are sharded it takes all of them.

    Raises:
        InputError: they differ, or the model takes no positions.
    """
    first, other, second = _probes(vocabulary)
    seen = []
    for one in (first, other):
        batch = collate_packed([one, second], flash=flash).to(device)
        # Dropout drops the same. In evaluation bitsandbytes would turn its weights into others.
        torch.manual_seed(0)
        try:
            with torch.no_grad():
                seen.append(gated_logits(model, batch, gate)[-_PROBE_TOKENS:])
        except TypeError as error:
            raise _packing_error(f"nothing tells where a sequence begins ({error})") from error
    difference = float((seen[0] - seen[1]).abs().max())
    # The same kernels run on the same shapes, so that what is hidden changes not even a rounding.
    if not difference <= 1e-5 * float(seen[0].abs().max()):
        raise _packing_error(f"a sequence sees those before it (logits differ by {difference:.2g})")


def _probes(vocabulary: int) -> list[Example]:
    draw = torch.Generator().manual_seed(0)
    rows = torch.randint(0, vocabulary, (3, _PROBE_TOKENS + 1), generator=draw).tolist()
    return [Example(tuple(row), 1) for row in rows]


def _packing_error(why: str) -> InputError:
    return InputError(
        f"params.yaml: training.packing: value is true; in this model {why}; use false"
    )
