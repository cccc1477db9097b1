"""Greedy answers in seconds of the processor: `python -m benchmarks.answering BASE ours|generate`.

Both write the same tokens: the project's decoder, and transformers' `generate` as it comes.
"""

import hashlib
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.floor import seconds_at_ceiling
from breakeven.models.loading import placed_base
from breakeven.params import load_params
from breakeven.rendering import end_token_ids, render_prompt
from breakeven.tasks.task_items import load_items

if TYPE_CHECKING:
    from transformers import PreTrainedModel

ITEMS, LIMIT = 400, 128


def main() -> None:
    """Answer the tabletop's items, some of each task; print seconds and a digest of the answers."""
    from transformers import AutoTokenizer

    from breakeven.costs.exact import answer_flops
    from breakeven.costs.model_shapes import load_architecture

    base, way = Path(sys.argv[1]), sys.argv[2]
    params = load_params(Path("profiles/tabletop.yaml"))
    tokenizer = AutoTokenizer.from_pretrained(base)
    each = ITEMS // len(params.tasks)
    prompts = [
        render_prompt(tokenizer, item.prompt)
        for name, row in params.tasks.items()
        for item in load_items(name, row)[:each]
    ]
    ends = sorted(end_token_ids(tokenizer))
    answer = _ours if way == "ours" else _generate
    with placed_base(base, device="cpu", dtype="float32", threads=1) as model:
        answer(model, prompts[:8], ends)  # allocates, and chooses kernels
        started = time.process_time()
        written = answer(model, prompts, ends)
        seconds = time.process_time() - started
    flops = answer_flops(
        load_architecture(str(base)), list(map(len, prompts)), list(map(len, written))
    )
    told = {
        "seconds": seconds,
        "tokens": sum(map(len, written)),
        "floor_seconds": seconds_at_ceiling(float(flops.sum())),
        "produced": hashlib.sha256(json.dumps(written).encode()).hexdigest(),
    }
    print(json.dumps(told))


def _ours(
    model: "PreTrainedModel", prompts: Sequence[Sequence[int]], ends: Sequence[int]
) -> list[list[int]]:
    from breakeven.decoding.decode import generate

    found = generate(
        model, prompts, limit=LIMIT, end_ids=ends, choose=lambda logits, *_: logits.argmax(dim=-1)
    )
    return [list(one.ids) for one in found]


def _generate(
    model: "PreTrainedModel", prompts: Sequence[Sequence[int]], ends: Sequence[int]
) -> list[list[int]]:
    import torch

    width = max(map(len, prompts))
    ids = torch.tensor([[ends[0]] * (width - len(one)) + list(one) for one in prompts])
    mask = torch.tensor([[0] * (width - len(one)) + [1] * len(one) for one in prompts])
    with torch.inference_mode():
        found = model.generate(
            input_ids=ids,
            attention_mask=mask,
            max_new_tokens=LIMIT,
            do_sample=False,
            eos_token_id=list(ends),
            pad_token_id=ends[0],
        )
    return [_cut(row, ends) for row in found[:, width:].tolist()]


def _cut(row: list[int], ends: Sequence[int]) -> list[int]:
    at = next((at for at, one in enumerate(row) if one in ends), len(row) - 1)
    return row[: at + 1]


if __name__ == "__main__":
    main()
