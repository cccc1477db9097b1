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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from urllib.error import URLError

from breakeven.core.errors import MachineError
from breakeven.core.scratch import SCRATCH
from breakeven.params import VllmServer
from breakeven.serving import supervisor
from breakeven.serving.launch import launch_command, server_environment, vllm_build
from breakeven.serving.server_log import failure

# What a server gets to shut down by itself before it is killed.
GRACE_SECONDS = 15.0
ENDING_SECONDS = 0.5  # between the loss of its connections and its exit code
LINE_SECONDS = 30.0
NO_ADAPTERS: Mapping[str, Path] = MappingProxyType({})


@dataclass(frozen=True)
class RunningServer:
    """A server that answers: `model` and the adapters' names are the models that it knows.

    `check` raises the error that tells why, where the server has ended; to be asked when a
    connection is lost, before it is tried again. `stop` ends it before its block does.
    """

    base_url: str
    key: str = field(repr=False)
    model: str
    log: Path
    check: Callable[[], None] = field(repr=False, compare=False)
    stop: Callable[[], None] = field(repr=False, compare=False)


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
    command = launch_command(
        folder, settings, build, label=label, port=port, adapters=adapters, tokenizer=tokenizer
    )
    environment = server_environment(settings, build, api_key)
    with _supervised(command, environment, log) as process:

        def check() -> None:
            if _has_ended(process):
                raise failure(log, process.returncode, key)

        base_url = f"http://127.0.0.1:{port}/v1"
        server = RunningServer(base_url, api_key, label, log, check, partial(_stop, process))
        _wait_until_healthy(server, settings, key)
        yield server


def _free_port() -> int:
    # Another program may take it before the server does; its log then says so (`server_log`).
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _supervised(
    command: list[str], environment: Mapping[str, str], log: Path
) -> "Iterator[subprocess.Popen[bytes]]":
    """The command under its supervisor, which ends it when this block or this process ends."""
    supervised = [sys.executable, "-I", supervisor.__file__, str(GRACE_SECONDS), *command]
    with log.open("wb") as output:
        # In a session of its own: ctrl-C in a terminal reaches us, and we stop it in order.
        process = subprocess.Popen(  # noqa: S603
            supervised,
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
    """Let the supervisor end the server; a second ctrl-C meanwhile does not leave it behind."""
    assert process.stdin is not None
    process.stdin.close()
    while True:
        try:
            process.wait(GRACE_SECONDS + 5)  # the supervisor's own patience, and some more
            return
        except KeyboardInterrupt:
            continue
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _has_ended(process: "subprocess.Popen[bytes]") -> bool:
    """Whether the server has ended; its connections are lost a moment before it has."""
    try:
        process.wait(ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _wait_until_healthy(server: RunningServer, settings: VllmServer, key: str) -> None:
    started = last_line = time.monotonic()
    _say(server, f"starting vLLM (its log is {server.log})")
    while not _is_healthy(server):
        server.check()
        now = time.monotonic()
        if now - started > settings.startup_seconds:
            raise MachineError(
                f"{key}.startup_seconds: value is {settings.startup_seconds:g}; vLLM had not "
                f"started by then, see {server.log}; use more"
            )
        if now - last_line > LINE_SECONDS:
            _say(server, f"waiting for vLLM since {now - started:.0f} s")
            last_line = now
    _say(server, f"vLLM answers after {time.monotonic() - started:.0f} s")


def _say(server: RunningServer, what: str) -> None:
    print(f"{server.model}: {what}", file=sys.stderr, flush=True)


def _is_healthy(server: RunningServer) -> bool:
    """Whether the server lists its models for our key: another server at the port would not."""
    request = urllib.request.Request(  # noqa: S310 - a loopback address
        f"{server.base_url}/models", headers={"Authorization": f"Bearer {server.key}"}
    )
    # A proxy that the environment names does not lead to this machine.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=5) as response:
            return any(model["id"] == server.model for model in json.load(response)["data"])
    except (URLError, OSError, ValueError, KeyError):
        return False
