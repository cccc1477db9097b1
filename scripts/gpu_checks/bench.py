"""What all checks share: a device, a base on disk, clocks, and what was measured once."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from breakeven.costs.architecture import Architecture
from breakeven.costs.ceiling import Ceiling, measured_ceiling
from breakeven.costs.devices import describe_device
from breakeven.costs.dtypes import Dtype, best_dtype
from breakeven.costs.model_shapes import load_architecture
from gpu_checks.sizes import Sizes


class SkippedError(Exception):
    """What a check needs is not here."""


class Bench:
    """What all checks share: the device, the base on disk, and what was measured once."""

    def __init__(self, sizes: Sizes, folder: Path) -> None:
        self.sizes, self.base, self.scratch = sizes, folder / "base", folder / "scratch"
        self.scratch.mkdir()
        self.torch_device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.device = describe_device(str(self.torch_device))
        self.dtype: Dtype = best_dtype(self.device.kind)
        self._kept: dict[str, Any] = {}
        write_base(self.base, sizes.config, self.torch_device)
        self.architecture: Architecture = load_architecture(str(self.base))

    def once(self, name: str, measure: Callable[[], Any]) -> Any:  # noqa: ANN401
        """What `measure` gives, which two checks need."""
        if name not in self._kept:
            self._kept[name] = measure()
        return self._kept[name]

    @property
    def memory_bytes(self) -> float | None:
        """The memory of the GPU, None of a processor's."""
        if self.torch_device.type != "cuda":
            return None
        return float(torch.cuda.get_device_properties(0).total_memory)

    def ceiling(self, dtype: str) -> Ceiling:
        """The measured rate of matrix products."""
        return self.once(f"ceiling {dtype}", lambda: measured_ceiling(self.device, dtype))

    def bandwidth(self) -> float:
        """Bytes a second, read and written, of a copy within the device's memory."""
        return self.once("bandwidth", lambda: copy_bandwidth(self))


def write_base(folder: Path, shape: Mapping[str, Any], device: torch.device) -> None:
    """A base of random weights in bfloat16, as published ones are stored."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    config = Qwen2Config(
        **shape,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 1e6},
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=None,
    )
    torch.manual_seed(0)
    with device:
        model = Qwen2ForCausalLM(config)
    model.to(torch.bfloat16).save_pretrained(folder)


def free_memory() -> None:
    """Give back what no tensor holds, so that the next peak is its own."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def timed(device: torch.device, call: Callable[[], object], repeats: int) -> float:
    """Median seconds of a call, by events on a GPU, after as many calls to warm up."""
    for _ in range(3):
        call()
    seconds = []
    for _ in range(repeats):
        if device.type == "cuda":
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            call()
            end.record()
            torch.cuda.synchronize()
            seconds.append(start.elapsed_time(end) / 1e3)
        else:
            before = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - before)
    return statistics.median(seconds)


def copy_bandwidth(bench: Bench) -> float:
    """Bytes a second of a copy that no cache holds, read and written ones together."""
    free_memory()
    source = torch.rand(bench.sizes.copy_bytes // 4, device=bench.torch_device)
    target = torch.empty_like(source)
    seconds = timed(bench.torch_device, lambda: target.copy_(source), 10)
    return 2 * bench.sizes.copy_bytes / seconds
