"""One process or several that train together: which devices each has, and how they share work.

Several processes are started by accelerate (`launching` does it for the stage) and find their rank
in the environment. Each holds the whole model and adds its gradients to the others' (DDP), or a
shard of it (FSDP2).
"""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import torch

from breakeven.core.errors import InputError
from breakeven.train.process_rank import is_distributed
from breakeven.train.trained_model import compute_dtype

if TYPE_CHECKING:
    from accelerate import Accelerator

    from breakeven.params.cells import TrainingSettings

Value = TypeVar("Value")


def make_accelerator(settings: "TrainingSettings") -> "Accelerator":
    """The devices of this process, computing in the dtype that suits them.

    Raises:
        InputError: the processes were started for a way to train that is not supported.
    """
    from accelerate import Accelerator, DistributedDataParallelKwargs
    from accelerate.state import PartialState
    from accelerate.utils import DistributedType

    # Where accelerate finds no GPU it would leave processes to themselves, unless told of the CPU.
    cpu = is_distributed() and (_is_set("ACCELERATE_USE_CPU") or not torch.cuda.is_available())
    dtype = compute_dtype(settings.training.dtype, PartialState(cpu=cpu).device)
    accelerator = Accelerator(
        cpu=cpu,
        mixed_precision="bf16" if dtype == torch.bfloat16 else "no",
        # Gradients are added up where the optimizer reads them: no second copy of all.
        kwargs_handlers=[DistributedDataParallelKwargs(gradient_as_bucket_view=True)],
    )
    if is_distributed() and _is_set("ACCELERATE_USE_FSDP"):
        _shard(accelerator, settings, dtype)
    together = (DistributedType.MULTI_CPU, DistributedType.MULTI_GPU, DistributedType.FSDP)
    if is_distributed() and accelerator.distributed_type not in together:
        raise InputError(
            f"training.launch: distributed_type: {accelerator.distributed_type.value} is not "
            "supported; use MULTI_GPU or FSDP"
        )
    return accelerator


def is_sharded(accelerator: "Accelerator") -> bool:
    """Whether each process holds a shard of the model."""
    return bool(accelerator.is_fsdp2)


def from_main_process(accelerator: "Accelerator", work: Callable[[], Value]) -> Value:
    """What `work` gives in the first process, sent to all others; they do not run it."""
    from accelerate.utils import broadcast_object_list

    values = [work() if accelerator.is_main_process else None]
    return broadcast_object_list(values)[0]


def _shard(accelerator: "Accelerator", settings: "TrainingSettings", dtype: torch.dtype) -> None:
    from accelerate import FullyShardedDataParallelPlugin
    from accelerate.state import PartialState
    from accelerate.utils import DistributedType
    from torch.distributed.fsdp import MixedPrecisionPolicy

    state = accelerator.state
    if accelerator.distributed_type == DistributedType.MULTI_CPU:
        # accelerate takes FSDP for a matter of GPUs; torch shards over gloo as well.
        state.fsdp_plugin = FullyShardedDataParallelPlugin()
        state.distributed_type = PartialState().distributed_type = DistributedType.FSDP
    plugin = state.fsdp_plugin
    if plugin.fsdp_version != 2:
        raise InputError(
            f"training.launch: fsdp_config.fsdp_version: value is {plugin.fsdp_version}; use 2"
        )
    if plugin.activation_checkpointing:
        raise InputError(
            "training.launch: fsdp_config.fsdp_activation_checkpointing: value is true; use false "
            "and set training.gradient_checkpointing in params.yaml"
        )
    if settings.method == "qlora":
        raise InputError(
            "training.launch: FSDP does not shard weights of 4 bits; use method lora, or a launch "
            "configuration with distributed_type MULTI_GPU"
        )
    if dtype == torch.bfloat16:  # gradients are added up in float32, other than by default
        plugin.mixed_precision_policy = MixedPrecisionPolicy(
            param_dtype=torch.bfloat16, reduce_dtype=torch.float32
        )


def _is_set(name: str) -> bool:
    return os.environ.get(name, "false").lower() in ("1", "true")
