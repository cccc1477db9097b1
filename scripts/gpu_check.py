"""Whether training and answering are right on this machine's GPU, and how fast they are.

    python scripts/gpu_check.py --out gpu.json

Trains and asks a model of random weights in the shape of Qwen2.5-0.5B through the project's own
trainer, decoder, memory plan, FLOPs, roofline and meters, and prints one JSON object; progress goes
to standard error. `--out` is written after every check. A check that fails says why, and the others
still run; a check for which too little is left of `--seconds-limit` is skipped. The exit code is 1
where a check failed.

It needs torch, transformers, peft, accelerate, numpy and safetensors, no network, and of the
project this repository: neither pydantic nor dvc nor mlflow. Where nvidia-ml-py, flash-attn or
bitsandbytes are missing, what needs them is skipped with that reason. About 7 minutes on an H100;
without a GPU use `--shape tiny`, which also checks the script itself.
"""

import argparse
import json
import math
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

_STARTED = time.monotonic()
_ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_ROOT / "src"), str(_ROOT / "scripts")]
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from gpu_checks.adapter import check_adapter  # noqa: E402
from gpu_checks.bench import Bench, SkippedError, free_memory  # noqa: E402
from gpu_checks.decoding import check_decoding_speed, check_decoding_tokens  # noqa: E402
from gpu_checks.energy import check_energy  # noqa: E402
from gpu_checks.loss_curves import check_loss_curves  # noqa: E402
from gpu_checks.machine import machine  # noqa: E402
from gpu_checks.nf4 import check_nf4  # noqa: E402
from gpu_checks.out_of_memory import check_out_of_memory  # noqa: E402
from gpu_checks.packing import check_packing  # noqa: E402
from gpu_checks.rates import check_ceilings, check_roofline  # noqa: E402
from gpu_checks.reasons import reason_of  # noqa: E402
from gpu_checks.serving import check_serving  # noqa: E402
from gpu_checks.sizes import SHAPES  # noqa: E402
from gpu_checks.training import check_training_memory, check_training_speed  # noqa: E402


class Check(NamedTuple):
    """A check and the seconds that it takes on an H100 by the arithmetic of its docstring."""

    run: Callable[[Bench], dict[str, Any]]
    expected_seconds: float


# In the order of what is most wanted, should time run out. With 30 s for imports, the base and the
# first kernels: 7 minutes.
CHECKS = {
    "ceilings": Check(check_ceilings, 5),
    "loss_curves": Check(check_loss_curves, 60),
    "training_speed": Check(check_training_speed, 40),
    "training_memory": Check(check_training_memory, 1),
    "decoding_speed": Check(check_decoding_speed, 35),
    "roofline": Check(check_roofline, 1),
    "packing": Check(check_packing, 12),
    "decoding_tokens": Check(check_decoding_tokens, 26),
    "adapter": Check(check_adapter, 12),
    "energy": Check(check_energy, 8),
    "nf4": Check(check_nf4, 12),
    "out_of_memory": Check(check_out_of_memory, 35),
    "serving": Check(check_serving, 90),
}


def run_check(check: Check, bench: Bench, seconds_left: float) -> dict[str, Any]:
    """What a check found, or why it was skipped or broke off."""
    if seconds_left < check.expected_seconds:
        reason = f"{seconds_left:.0f} s are left, it takes {check.expected_seconds:g}"
        return {"status": "skipped", "reason": reason}
    started = time.monotonic()
    try:
        found = check.run(bench)
        status = {"status": "passed" if found.pop("passed") else "failed"}
    except SkippedError as error:
        status, found = {"status": "skipped", "reason": str(error)}, {}
    except Exception as error:  # whatever it is, the other checks are to run
        traceback.print_exc()
        status, found = {"status": "failed", "reason": reason_of(error)}, {}
    free_memory()
    return {**status, "seconds": time.monotonic() - started, **found}


def checked(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run all checks that were asked for; the report, which is also written after each."""
    report: dict[str, Any] = {"shape": given.shape, **machine(), "checks": {}}
    bench = Bench(SHAPES[given.shape], folder)
    report["device"] = bench.device.name
    report["parameters"] = bench.architecture.total_parameters
    report["setup_seconds"] = time.monotonic() - _STARTED
    for name in given.only or CHECKS:
        left = given.seconds_limit - (time.monotonic() - _STARTED)
        print(f"{name} …", file=sys.stderr, flush=True)
        found = run_check(CHECKS[name], bench, left)
        report["checks"][name] = found
        why = f": {found['reason']}" if "reason" in found else ""
        seconds = found.get("seconds", 0.0)
        print(f"{name}: {found['status']} in {seconds:.1f} s{why}", file=sys.stderr, flush=True)
        statuses = [one["status"] for one in report["checks"].values()]
        report["passed"] = "failed" not in statuses
        report["skipped"] = {
            name: one["reason"]
            for name, one in report["checks"].items()
            if one["status"] == "skipped"
        }
        report["seconds"] = time.monotonic() - _STARTED
        if given.out is not None:
            given.out.write_text(as_json(report), encoding="utf-8")
    return report


def as_json(report: Mapping[str, Any]) -> str:
    """The report as JSON, in which what is no number is null."""
    return json.dumps(_finite(report), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, Mapping):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def main() -> None:
    """Check, print, and say by the exit code whether anything failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shape", choices=SHAPES, default="0.5b")
    parser.add_argument("--only", action="append", choices=CHECKS, help="may be given again")
    parser.add_argument("--seconds-limit", type=float, default=560.0, help="of the whole command")
    parser.add_argument("--out", type=Path, help="a file, written after every check")
    given = parser.parse_args()
    if given.out is not None:
        given.out = given.out.resolve()
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # ceilings are kept in the working directory: none of another day counts
        try:
            report = checked(given, Path(folder))
        finally:
            os.chdir(_ROOT)
    print(as_json(report), end="", flush=True)
    sys.exit(0 if report["passed"] else 1)


if __name__ == "__main__":
    main()
