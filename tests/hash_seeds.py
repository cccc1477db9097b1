"""Code that is to print the same in every process, whatever the order of its sets."""

import subprocess
import sys


def printed_under_two_hash_seeds(code: str) -> set[str]:
    """The texts that `code` prints in two processes whose hash seeds differ."""
    return {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
