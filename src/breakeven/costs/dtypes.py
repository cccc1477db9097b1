"""The number format that is computed in: what `auto` stands for on a device, and its size."""

from typing import Literal

Dtype = Literal["float32", "bfloat16"]
BYTES: dict[Dtype, int] = {"float32": 4, "bfloat16": 2}


def best_dtype(kind: str) -> Dtype:
    """What a kind of device ("cpu", "cuda") is made for.

    A CPU without bfloat16 units is a hundred times slower in it; GPUs have them from compute
    capability 8.0 on. A GPU that this process cannot see, such as a server's, is taken to be one.
    """
    if kind != "cuda":
        return "float32"
    import torch

    old = torch.cuda.is_available() and torch.cuda.get_device_capability() < (8, 0)
    return "float32" if old else "bfloat16"


def chosen_dtype(asked: Literal["auto", "float32", "bfloat16"], best: Dtype) -> Dtype:
    """What is asked for, or the best of the device where that is `auto`."""
    return best if asked == "auto" else asked
