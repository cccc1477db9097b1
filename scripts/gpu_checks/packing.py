"""Do packed rows give what padded ones give?"""

from typing import Any

import torch

from breakeven.costs.dtypes import Dtype
from breakeven.models.loading import load_base, torch_dtype
from gpu_checks.bench import Bench, free_memory, timed
from gpu_checks.comparing import LOGITS_TOLERANCE, relative_error
from gpu_checks.examples import make_examples


def check_packing(bench: Bench) -> dict[str, Any]:
    """Packed rows give the logits of padded ones, and no sequence sees another.

    With sdpa in both formats, and with flash attention in bfloat16 where it is installed. H100: 2
    or 3 loadings of 3 s and passes over 4096 tokens of 30 ms, 60 of them: 12 s.
    """
    from breakeven.train.packing import packed_attention

    ways: list[tuple[Dtype, str]] = [("float32", "sdpa"), ("bfloat16", "sdpa")]
    flash = packed_attention(bench.torch_device, torch.bfloat16)
    rows: dict[str, Any] = {}
    if flash == "sdpa":
        rows["flash"] = {"absent": "flash-attn is not installed, or there is no GPU"}
    else:
        ways.append(("bfloat16", flash))
    for dtype, attention in ways:
        rows[f"{attention} {dtype}"] = packed_against_padded(bench, dtype, attention)
        free_memory()
    return {**rows, "passed": all(row.get("passed", True) for row in rows.values())}


def packed_against_padded(bench: Bench, dtype: Dtype, attention: str) -> dict[str, Any]:
    """Logits of the same examples packed and padded, and seconds of both passes."""
    from breakeven.train.losses import collate, collate_packed, gated_head, gated_logits
    from breakeven.train.packing import check_packing as check_isolation
    from breakeven.train.packing import uses_flash

    sizes, where = bench.sizes, bench.torch_device
    count = 2 * sizes.step_tokens // sum(sizes.lengths)
    examples = make_examples(sizes, count, sizes.lengths, seed=6)
    model = load_base(bench.base, torch_dtype(dtype)).to(where).eval()
    with gated_head(model) as gate, torch.no_grad():
        padded = collate(examples).to(where)
        wanted = gated_logits(model, padded, gate)
        padded_seconds = timed(where, lambda: gated_logits(model, padded, gate), 5)
        model.set_attn_implementation(attention)
        flash = uses_flash(model)
        packed = collate_packed(examples, flash=flash).to(where)
        error = relative_error(gated_logits(model, packed, gate), wanted)
        packed_seconds = timed(where, lambda: gated_logits(model, packed, gate), 5)
        vocabulary = sizes.config["vocab_size"]
        check_isolation(model, gate, vocabulary=vocabulary, flash=flash, device=where)
    return {
        "examples": count,
        "error": error,
        "tolerance": LOGITS_TOLERANCE[dtype],
        "padded_forward_seconds": padded_seconds,
        "packed_forward_seconds": packed_seconds,
        "passed": error <= LOGITS_TOLERANCE[dtype],
    }
