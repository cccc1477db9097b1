"""Does a merged adapter answer as it was trained to?"""

from typing import Any

import torch

from breakeven.models.loading import placed_base
from gpu_checks.bench import Bench
from gpu_checks.comparing import LOGITS_TOLERANCE, relative_error
from gpu_checks.examples import full_step, make_examples
from gpu_checks.training_runs import step_seconds, training_run


def check_adapter(bench: Bench) -> dict[str, Any]:
    """A trained adapter, saved and merged for answering, gives the logits that it was trained to.

    H100: two loadings of 3 s, 15 steps, 1 GB of weights to the processor and back: 12 s.
    """
    from breakeven.answer.cell_weights import cell_weights, copy_weights
    from breakeven.train.losses import collate, gated_head, gated_logits
    from breakeven.train.trained_model import save_trained

    sizes, dtype = bench.sizes, bench.dtype
    folder = bench.scratch / "adapter"
    batch = collate(make_examples(sizes, 4, sizes.lengths, seed=4)).to(bench.torch_device)
    step = full_step(sizes)
    with training_run(bench, "lora", dtype, steps=15) as (run, gate), torch.no_grad():
        with torch.enable_grad():
            step_seconds(run, gate, step, 15)
        run.model.eval()
        trained = gated_logits(run.model, batch, gate).cpu()
        save_trained(run.model, run.settings, folder)
    with placed_base(bench.base, device=bench.device.kind, dtype=dtype, threads=None) as model:
        base = copy_weights(model)
        with torch.no_grad():
            with gated_head(model) as gate:
                untrained = gated_logits(model, batch, gate).cpu()
            with (
                cell_weights(model, base, folder, "lora") as student,
                gated_head(student) as gate,
            ):
                merged = gated_logits(student, batch, gate).cpu()
        restored = all(torch.equal(one, base[name]) for name, one in copy_weights(model).items())
    error, effect = relative_error(merged, trained), relative_error(untrained, trained)
    tolerance = LOGITS_TOLERANCE[dtype]
    return {
        "dtype": dtype,
        "merged_error": error,
        "tolerance": tolerance,
        "effect_of_training": effect,
        "base_restored": restored,
        "passed": restored and error <= tolerance and effect > 2 * error,
    }
