"""20,000 prompts of an endpoint that errs, hangs and says things twice: each once, and its own."""

import json
import threading
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest
from tests.distill.studies import SOURCE, completions, lay_params, lay_prompts, prompts
from tests.faults.faulty_endpoint import ANSWERS, faulty_endpoint
from tests.serving.endpoint import KEY

from breakeven.core.records import read_record
from breakeven.distill.stage import run as distill

SEED = 20261126
PROMPTS = 20_000
CONCURRENCY = 32
SHARES = {
    "error-500": 0.05,
    "busy-429": 0.02,
    "drop": 0.02,
    "cut": 0.01,
    "hang": 0.01,
    "doubled": 0.02,
    "doubled-late": 0.02,
    "with-another's": 0.01,
    "oversized": 0.002,
    "gzip-bomb": 0.001,
}


class Watch:
    """Memory, open files and threads of this process twice a second, as `done` goes on."""

    def __init__(self) -> None:
        self.samples: list[tuple[int, int, int]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        process = psutil.Process()
        while not self._over.wait(0.5):
            memory = process.memory_info().rss
            self.samples.append((memory, process.num_fds(), process.num_threads()))


@pytest.mark.faults
def test_20000_prompts_are_each_answered_once_by_their_own(project, monkeypatch):
    monkeypatch.setenv("TEST_KEY", KEY)
    rows = prompts(PROMPTS)
    lay_prompts(rows)
    started = time.monotonic()
    with faulty_endpoint(SHARES, seed=SEED) as server:
        settings = {
            "kind": "openai",
            "model": "teacher",
            "base_urls": [server.url],
            "key_variable": "TEST_KEY",
            "concurrency": CONCURRENCY,
            "attempts": 12,
            "timeout_seconds": 10.0,
        }
        params = lay_params(settings)
        with Watch() as watch:
            distill(params, SOURCE, "ift")
        seen = server.seen()
    seconds = time.monotonic() - started

    answers = {one.id: one.answer for one in completions("ift")}
    assert answers == {row.id: f"answer to {row.prompt}" for row in rows}
    (journal,) = Path(".work/teacher").glob("*/*.jsonl")
    kept = Counter(json.loads(line)["prompt"] for line in journal.read_text().splitlines())
    assert len(kept) == PROMPTS
    assert set(kept.values()) == {1}
    assert read_record("distill", SOURCE, "ift").metrics["completions"] == PROMPTS
    asked = sum(seen.values())
    failing = sum(share for name, share in SHARES.items() if name not in ANSWERS)
    assert PROMPTS < asked < PROMPTS * (1 + 2 * failing)

    # From the first quarter on, when all libraries are loaded and all workers at work.
    settled = watch.samples[len(watch.samples) // 4 :]
    memory, files, threads = zip(*settled, strict=True)
    print(
        f"seed {SEED}: {PROMPTS} prompts, asked {asked} times, {seconds:.0f} s; memory "
        f"{min(memory) / 2**20:.0f} to {max(memory) / 2**20:.0f} MiB, files {min(files)} to "
        f"{max(files)}, threads {min(threads)} to {max(threads)}"
    )
    assert max(memory) <= 1.1 * min(memory)
    # One a request in flight, and as many at the end as before; some are closing when looked at.
    half = len(files) // 2
    assert max(files[half:]) <= max(files[:half]) + 8
    # Those that write to the disk are begun once, and gone with the last reply.
    assert max(threads[half:]) <= max(threads[:half])
    assert seconds < 15 * 60
