"""What this machine is, and what is installed on it."""

import importlib.metadata
import platform
import sys
from typing import Any

import torch

from gpu_checks.reasons import reason_of


def machine() -> dict[str, Any]:
    """The device and what runs on it."""
    names = ("torch", "transformers", "peft", "accelerate", "numpy", "safetensors", "bitsandbytes")
    found: dict[str, Any] = {
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in (*names, "flash-attn", "nvidia-ml-py")},
        "cuda": torch.version.cuda,
        "driver": None,
    }
    if torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        found["memory_bytes"] = properties.total_memory
        found["capability"] = [properties.major, properties.minor]
        found["driver"] = _driver()
    return found


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _driver() -> str | None:
    try:
        import pynvml

        pynvml.nvmlInit()
        return str(pynvml.nvmlSystemGetDriverVersion())
    except Exception as error:  # a missing driver's name must stop nothing
        print(f"driver: {reason_of(error)}", file=sys.stderr, flush=True)
        return None
