"""A server is started with what it needs and nothing else, and never outlives its block.

The servers here are small scripts in place of vLLM's interpreter; `tests/answer/test_vllm.py`
has a real one.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest
from tests.serving.fake_server import SERVER, failing, fake_python

from breakeven.core.errors import InputError, MachineError
from breakeven.params import VllmServer
from breakeven.serving import server as server_module
from breakeven.serving.launch import vllm_build
from breakeven.serving.server import vllm_server
from breakeven.serving.server_log import failure

KEY = "params.yaml: teacher.server"


def alive(pids: list[int]) -> list[int]:
    """Those that still run; an ended process that nobody has waited for does not."""
    found = []
    for pid in pids:
        try:
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                found.append(pid)
        except psutil.NoSuchProcess:
            continue
    return found


def wait_until_gone(pids: list[int], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while alive(pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pids)


def seen(folder: Path) -> dict:
    return json.loads((folder / "seen.json").read_text())


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(server_module, "GRACE_SECONDS", 0.3)
    monkeypatch.setattr(server_module, "ENDING_SECONDS", 0.05)


def test_a_server_answers_within_its_block_and_is_gone_after_it(project, quick):
    settings = fake_python(project, SERVER)
    with vllm_server(project, settings, label="teacher") as running:
        pids = seen(project)["pids"]
        assert alive(pids) == pids
        assert running.model == "teacher"
        running.check()
    wait_until_gone(pids)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_in_the_block_stops_the_server_too(project, quick, error):
    with (
        pytest.raises(error),
        vllm_server(project, fake_python(project, SERVER), label="teacher"),
    ):
        raise error
    wait_until_gone(seen(project)["pids"])


def test_a_server_may_be_stopped_early_and_check_tells(project, quick):
    with vllm_server(project, fake_python(project, SERVER), label="teacher") as running:
        running.stop()
        wait_until_gone(seen(project)["pids"])
        with pytest.raises(MachineError, match="vLLM ended"):
            running.check()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_dies_with_the_process_that_started_it(project, number):
    settings = fake_python(project, SERVER)
    script = (
        "import time\nfrom pathlib import Path\n"
        "from breakeven.params import VllmServer\n"
        "from breakeven.serving import server\n"
        "server.GRACE_SECONDS = 0.3\n"
        f"settings = VllmServer(python={settings.python!r})\n"
        "with server.vllm_server(Path(), settings, label='teacher'):\n"
        "    Path('ready').touch()\n    time.sleep(600)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([sys.executable, "-c", script], env=environment)
    try:
        deadline = time.monotonic() + 60
        while not (project / "ready").exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        pids = seen(project)["pids"]
        assert alive(pids) == pids
        process.send_signal(number)
        process.wait()
        wait_until_gone(pids)
    finally:
        process.kill()
        process.wait()


def test_a_server_sees_neither_secrets_nor_our_modules(project, quick, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("HF_TOKEN", "hf-secret")
    monkeypatch.setenv("PYTHONPATH", "/ours")
    monkeypatch.setenv("VLLM_API_KEY", "of-another-server")
    with vllm_server(project, fake_python(project, SERVER), label="teacher") as running:
        environment, argv = seen(project)["environment"], seen(project)["argv"]
        assert environment["VLLM_API_KEY"] == running.key != "of-another-server"
        assert not {"OPENAI_API_KEY", "HF_TOKEN", "PYTHONPATH"} & set(environment)
        assert running.key not in " ".join(argv)
        assert len(running.key) > 30
        assert argv[argv.index("--host") + 1] == "127.0.0.1"


def test_a_server_at_the_port_that_does_not_know_the_key_is_not_ours(project, quick):
    settings = fake_python(project, SERVER.replace('os.environ["VLLM_API_KEY"]', '"other"'))
    settings = settings.model_copy(update={"startup_seconds": 1.5})
    with (
        pytest.raises(MachineError, match=r"startup_seconds: value is 1\.5; vLLM had not started"),
        vllm_server(project, settings, label="teacher"),
    ):
        pass
    wait_until_gone(seen(project)["pids"])


@pytest.mark.parametrize("python", ["nowhere/python", sys.executable])
def test_an_environment_without_vllm_says_how_to_make_one(project, python):
    with pytest.raises(MachineError, match=r"teacher\.server\.python: value is .*`make vllm`"):
        vllm_build(VllmServer(python=python), KEY)


# What vLLM 0.32 wrote, shortened, and what a person is told.
FAILURES = [
    (
        "(APIServer pid=7)   Value error, User-specified max_model_len (100000) is greater than "
        "the derived max_model_len (max_position_embeddings=8192.0).",
        InputError,
        r"use a smaller params\.yaml: teacher\.server\.max_model_len: the model was made for no",
    ),
    (
        "(EngineCore pid=7) ERROR 11-24 12:00:00 [core.py:1] ValueError: To serve at least one "
        "request with the models's max seq len (131072), (11.25 GiB KV cache is needed, which is "
        "larger than the available KV cache memory (1.0 GiB).",
        InputError,
        r"too small for so long a context: use a smaller .*max_model_len",
    ),
    (
        "(EngineCore pid=7) ERROR 11-24 12:00:00 [core.py:1] torch.OutOfMemoryError: CUDA out of "
        "memory. Tried to allocate 20.00 GiB.\n"
        "(APIServer pid=6) RuntimeError: Engine core initialization failed. See root cause above.",
        MachineError,
        r"too little memory: use a larger .*tensor_parallel or a smaller model.*Tried to allocate",
    ),
    (
        "(EngineCore pid=7) ERROR 11-24 12:00:00 [core.py:1] ValueError: Free memory on device "
        "cuda:0 (10.0/79.1 GiB) on startup is less than desired GPU memory utilization (0.9).",
        MachineError,
        r"other programs hold memory: end them, or use a smaller .*memory_share",
    ),
    (
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for VllmConfig\n"
        "  Value error, Total number of attention heads (9) must be divisible by tensor parallel "
        "size (2). [type=value_error]",
        InputError,
        r"use a .*tensor_parallel that divides the model's heads",
    ),
    (
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for VllmConfig\n"
        "  Value error, something else is wrong.",
        MachineError,
        r"vLLM ended with code 1: Value error, something else is wrong\.",
    ),
    (
        "OSError: [Errno 98] Address already in use",
        MachineError,
        "another program took the port meanwhile: start again",
    ),
    (
        "(APIServer pid=7)   Value error, The checkpoint you are trying to load has model type "
        "`foo` but Transformers does not recognize this architecture.",
        InputError,
        "vLLM does not serve this model",
    ),
    (
        "ModuleNotFoundError: No module named 'vllm'",
        MachineError,
        "run `make vllm`",
    ),
    (
        "RuntimeError: operator torchvision::nms does not exist",
        MachineError,
        "the environment is broken: run `make vllm`",
    ),
    (
        "(EngineCore pid=7) ERROR 11-24 12:00:00 [core.py:1] Traceback (most recent call last):\n"
        "(EngineCore pid=7) ERROR 11-24 12:00:00 [core.py:1] KeyError: 'something new'\n"
        "(APIServer pid=6) RuntimeError: Engine core initialization failed. See root cause above.",
        MachineError,
        r"vLLM ended with code 1: KeyError: 'something new'; see .*teacher\.log",
    ),
]


@pytest.mark.parametrize(("log", "kind", "told"), FAILURES)
def test_a_failed_start_is_told_in_one_line(project, quick, log, kind, told):
    with (
        pytest.raises(kind, match=told) as raised,
        vllm_server(project, failing(project, log), label="teacher"),
    ):
        pass
    assert "\n" not in str(raised.value)
    assert "teacher.log" in str(raised.value)


def test_a_kill_without_a_word_is_told_as_too_little_memory(project):
    (project / "log").write_text("INFO 11-24 12:00:00 [a.py:1] Loading weights\n")
    error = failure(project / "log", 137, KEY)
    assert "vLLM was killed, most often for lack of memory" in str(error)


def test_remarks_of_a_log_are_not_taken_for_its_failure(project):
    (project / "log").write_text(
        "(APIServer pid=6) WARNING 11-24 12:00:00 [a.py:1] would be out of memory with more\n"
        "(APIServer pid=6) ValueError: something else\n"
    )
    assert "vLLM ended with code 1: ValueError: something else" in str(
        failure(project / "log", 1, KEY)
    )


def test_an_engine_that_died_in_silence_is_told_from_the_noise_of_shutting_down(project):
    (project / "log").write_text(
        "(APIServer pid=6) ERROR 11-24 12:00:00 [a.py:1] vllm.EngineDeadError: EngineCore "
        "encountered an issue.\nnanobind: leaked 64 types!\n  warnings.warn('semaphores')\n"
    )
    assert "code 0: vllm.EngineDeadError: EngineCore" in str(failure(project / "log", 0, KEY))


def test_a_log_that_says_nothing_is_told_as_that(project):
    (project / "log").touch()
    assert "vLLM ended with code 3: it wrote nothing" in str(failure(project / "log", 3, KEY))


def test_a_proxy_is_not_asked_for_a_loopback_address(project, quick, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert urllib.request.getproxies()["http"]
    with vllm_server(project, fake_python(project, SERVER), label="teacher") as running:
        assert running.log == Path(".work/servers/teacher.log")


def test_a_supervisor_that_is_ended_ends_its_command(tmp_path):
    supervisor = Path(server_module.__file__).with_name("supervisor.py")
    note = tmp_path / "pid"
    body = f"import os, pathlib, time; pathlib.Path({str(note)!r}).write_text(str(os.getpid()))"
    command = [sys.executable, "-I", str(supervisor), "5", sys.executable, "-c"]
    with subprocess.Popen([*command, f"{body}; time.sleep(600)"], stdin=subprocess.PIPE) as process:
        deadline = time.monotonic() + 20
        while not (note.is_file() and note.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        child = psutil.Process(int(note.read_text()))
        process.terminate()
        assert process.wait(timeout=20) == 128 + signal.SIGTERM
        child.wait(timeout=20)


def test_a_supervisor_that_is_ended_while_it_starts_leaves_nothing_behind(tmp_path):
    supervisor = Path(server_module.__file__).with_name("supervisor.py")
    mark = f"started by {tmp_path}"
    command = [sys.executable, "-I", str(supervisor), "5", sys.executable, "-c"]
    sleeper = f"import time; time.sleep(600)  # {mark}"
    for hundredth in range(3, 18):
        with subprocess.Popen([*command, sleeper], stdin=subprocess.PIPE) as process:
            time.sleep(hundredth / 100)
            process.terminate()
            process.wait(timeout=20)
    time.sleep(0.5)
    running = [one.info["cmdline"] or [] for one in psutil.process_iter(["cmdline"])]
    assert not [one for one in running if mark in " ".join(one)]
