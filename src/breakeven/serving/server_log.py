"""Why a vLLM server ended, read from its log: one line, with what to do about it."""

import re
from pathlib import Path

from breakeven.core.errors import BreakevenError, InputError, MachineError

# What a line of the log holds, whose mistake it is, and what helps; `{key}` leads to the server's
# settings in params.yaml. The first row that fits any line decides.
_KNOWN: tuple[tuple[str, type[BreakevenError], str], ...] = (
    (
        r"No module named '?vllm|operator torchvision::\w+ does not exist",
        MachineError,
        "the environment is broken: run `make vllm`",
    ),
    (
        r"KV cache is needed, which is larger than",
        InputError,
        "the cache is too small for so long a context: use a smaller {key}.max_model_len",
    ),
    (
        r"is greater than the derived max_model_len",
        InputError,
        "use a smaller {key}.max_model_len: the model was made for no more",
    ),
    (
        r"is less than desired (?:GPU|CPU) memory",
        MachineError,
        "other programs hold memory: end them, or use a smaller {key}.memory_share",
    ),
    (
        r"No available memory for the cache",
        MachineError,
        "the weights leave no room: use a larger {key}.memory_share or tensor_parallel",
    ),
    (
        r"out of memory|OutOfMemory|[Cc]annot allocate memory|can't allocate memory|bad_alloc",
        MachineError,
        "too little memory: use a larger {key}.tensor_parallel or a smaller model",
    ),
    (
        r"[Aa]ddress already in use",
        MachineError,
        "another program took the port meanwhile: start again",
    ),
    (
        r"[Aa]rchitectures? .* (?:is|are) not supported|does not recognize this architecture"
        r"|[Hh]ead.?size .* not supported|not supported by the CPU attention",
        InputError,
        "vLLM does not serve this model: use the engine or the teacher `transformers`",
    ),
    (
        r"LoRA rank .* is greater than|modules_to_save|DoRA|expected target modules",
        InputError,
        "vLLM does not serve this adapter: use the engine `transformers`",
    ),
    (
        r"must be divisible by tensor parallel size",
        InputError,
        "use a {key}.tensor_parallel that divides the model's heads",
    ),
    (
        r"number of available GPUs|NUMA nodes to bind|no CUDA-capable device|Found no NVIDIA",
        MachineError,
        "there are too few devices: use a smaller {key}.tensor_parallel or data_parallel",
    ),
    (r"[Nn]o space left on device", MachineError, "the disk is full: free some space"),
)
# "(EngineCore pid=7) ERROR 11-24 12:00:00 [core.py:10] " before what is said.
_PREFIX = re.compile(r"^(?:\([^)]*\)\s*)?(?:[A-Z]+ \d\d-\d\d [\d:]+ \[[^\]]*\]\s*)?")
# Lines that go well may speak of the same things as those that do not.
_REMARK = re.compile(r"^(?:\([^)]*\)\s*)?(?:INFO|DEBUG|WARNING) \d\d-\d\d ")
_ERROR = re.compile(r"^(?:[\w.]+\.)?\w*(?:Error|Exception)\b: \S|^\S+: error: |^Value error, ")
# Errors that only say that another process has failed.
_SECOND_HAND = re.compile(
    r"initialization failed|EngineDeadError|See root cause|[Cc]ancelled|validation errors? for"
)
_TAIL_BYTES = 400_000


def failure(log: Path, exit_code: int, key: str) -> BreakevenError:
    """The error to raise for a server that ended; `key` leads to its settings in params.yaml."""
    lines = _lines(log)
    for pattern, kind, help_ in _KNOWN:
        telling = next((line for line in lines if re.search(pattern, line)), None)
        if telling is not None:
            return kind(f"{key}: {help_.format(key=key)} (vLLM: {_short(telling)}; see {log})")
    if exit_code == 128 + 9:  # as the supervisor tells of SIGKILL
        return MachineError(
            f"{key}: vLLM was killed, most often for lack of memory: free some, or use a smaller "
            f"model; see {log}"
        )
    errors = [line for line in lines if _ERROR.match(line)]
    first_hand = [line for line in errors if not _SECOND_HAND.search(line)]
    telling = (first_hand or errors or lines[-1:] or ["it wrote nothing"])[0]
    return MachineError(f"{key}: vLLM ended with code {exit_code}: {_short(telling)}; see {log}")


def _lines(log: Path) -> list[str]:
    with log.open("rb") as file:
        # A server that ran for days has a long log, and the reason is at its end.
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        text = file.read().decode("utf-8", errors="replace")
    lines = text.splitlines()
    failed = [line for line in lines if not _REMARK.match(line)] or lines
    messages = (_PREFIX.sub("", line).strip() for line in failed)
    return [line for line in messages if line]


def _short(line: str) -> str:
    return line if len(line) <= 300 else f"{line[:297]}..."
