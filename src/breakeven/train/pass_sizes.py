"""How a device would have a step cut: what one more pass costs there, and how much a pass may hold.

    sizes = pass_sizes(settings, shape, kind="cuda", dtype="bfloat16", have_bytes=80e9)

On a CPU a pass is its arithmetic, and padding is dear. A GPU has done the arithmetic of a small
model before the processor has started its kernels one by one: there passes are dear.
"""

from typing import TYPE_CHECKING

from breakeven.costs.architecture import Architecture
from breakeven.costs.devices import DeviceKind
from breakeven.costs.dtypes import BYTES, Dtype
from breakeven.costs.exact import Method, train_flops
from breakeven.costs.hardware import find_hardware
from breakeven.costs.lora import Lora
from breakeven.costs.training_time import LAYER_SECONDS, TRAINING_SHARE
from breakeven.models.pass_plans import pass_plan, widened_plan
from breakeven.train.batches import CPU_PASS_TOKENS, PassSizes

if TYPE_CHECKING:
    from breakeven.params.cells import TrainingSettings

# What multiplies once started: one device for all, so that cuts are the same on all GPUs. On a
# slower one a pass costs fewer tokens than it is taken to.
_GPU = "H100"


def gpu_pass_tokens(shape: Architecture, method: Method, lora: Lora | None, *, dtype: Dtype) -> int:
    """Padded tokens that a GPU computes in the time in which a pass's kernels are started.

    layers × seconds of a layer's kernels × FLOP/s ÷ FLOPs of a padded token, which no output head
    sees. FLOP/s are `TRAINING_SHARE` of an H100's peak. Gradient checkpointing runs layers again in
    either, and is left out. Measured on an H200 (Qwen2.5-0.5B, LoRA, bfloat16): 15 samples took
    0.87 s in five passes and 0.16 s in one of 6,795 padded tokens; 4,096 took 0.14 s.
    """
    rate = TRAINING_SHARE * find_hardware(_GPU).peak(dtype)
    seconds = shape.layers * LAYER_SECONDS[method]
    return round(seconds * rate / train_flops(shape, [1], method, lora, [0]))


def pass_sizes(
    settings: "TrainingSettings",
    shape: Architecture | str,
    *,
    kind: DeviceKind,
    dtype: Dtype,
    have_bytes: float | None = None,
) -> PassSizes:
    """How steps are cut on a kind of device, the same on each of its kind and memory.

    `have_bytes` is the memory of the GPU that trains alone, None where several do. Of a shape that
    is not known (a reason stands in its place), a pass is taken to cost a GPU as much as it holds.
    """
    training = settings.training
    limit, packing = training.micro_batch_limit, training.packing
    if kind != "cuda":
        return PassSizes(limit, CPU_PASS_TOKENS, packing)
    if isinstance(shape, str):
        return PassSizes(limit, limit, packing, searched=True)
    if have_bytes is not None:
        plan = pass_plan(settings, compute_bytes=BYTES[dtype])
        wide = widened_plan(training, shape, plan, have_bytes)
        limit = limit if wide is None else wide.micro_batch_tokens
    lora = None if settings.method == "full" else Lora(settings.lora.rank)
    cost = gpu_pass_tokens(shape, settings.method, lora, dtype=dtype)
    return PassSizes(limit, cost, packing, searched=True)
