"""A teacher behind endpoints: what it is asked, what is kept, what it cost."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.distill.studies import SOURCE, STYLES, completions, lay_params, lay_prompts, prompts
from tests.serving.endpoint import KEY, Reaction, completion, endpoint, error

from breakeven.core.errors import InputError, MachineError
from breakeven.core.layout import distilled_path, record_path
from breakeven.core.records import read_record
from breakeven.costs.exact import answer_flops
from breakeven.costs.model_shapes import load_architecture
from breakeven.costs.token_prices import TokenPrices
from breakeven.distill.stage import run as distill
from breakeven.params import Params
from breakeven.rows.prompt import Prompt
from breakeven.serving import client
from breakeven.study.collect_costs import teacher_cost
from breakeven.study.services import paid_services


@pytest.fixture(autouse=True)
def _small_project(project, monkeypatch):
    monkeypatch.setenv("TEST_KEY", KEY)
    monkeypatch.setattr(client, "_FIRST_WAIT_SECONDS", 0.01)


def teacher(*servers, **changes):
    urls = [server.url for server in servers]
    return {
        "kind": "openai",
        "model": "teacher",
        "base_urls": urls,
        "key_variable": "TEST_KEY",
        "concurrency": 2,
        "attempts": 3,
        **changes,
    }


def thinking(body, number=0):
    """Thinks between tags where it is told to, as a Qwen3 server does."""
    text = body["messages"][-1]["content"]
    thinks = body.get("chat_template_kwargs", {}).get("enable_thinking")
    content = f"<think>\non {text}\n</think>\n\nsaid {text}" if thinks else f"said {text}"
    return completion(body, content=content)


def test_both_styles_are_asked_as_params_say_and_parted(project):
    lay_prompts(prompts(2))
    with endpoint(thinking) as server:
        params = lay_params(teacher(server, concurrency=1))
        distill(params, SOURCE, "ift")
        distill(params, SOURCE, "reasoning")
    plain, traced = server.asked[0], server.asked[2]
    assert plain == {
        "model": "teacher",
        "messages": [{"role": "user", "content": "word 0"}],
        "max_tokens": 8,
        "temperature": 0.0,
        "chat_template_kwargs": {"enable_thinking": False},
    }
    assert traced["messages"][0] == {"role": "system", "content": "Think first."}
    assert (traced["temperature"], traced["top_p"], traced["top_k"]) == (0.6, 0.95, 20)
    assert traced["seed"] != server.asked[3]["seed"]
    assert [(one.thinking, one.answer) for one in completions("ift")] == [
        ("", "said word 0"),
        ("", "said word 1"),
    ]
    assert [(one.thinking, one.answer) for one in completions("reasoning")] == [
        ("on word 0", "said word 0"),
        ("on word 1", "said word 1"),
    ]


def test_a_second_run_asks_nothing_and_writes_the_same(project):
    lay_prompts(prompts(5))
    with endpoint(thinking) as server:
        params = lay_params(teacher(server))
        distill(params, SOURCE, "reasoning")
        before = distilled_path(SOURCE, "reasoning").read_bytes()
        record = record_path("distill", SOURCE, "reasoning").read_bytes()
        distill(params, SOURCE, "reasoning")
    assert len(server.asked) == 5
    assert distilled_path(SOURCE, "reasoning").read_bytes() == before
    assert record_path("distill", SOURCE, "reasoning").read_bytes() == record


def test_new_prompts_alone_are_asked_for(project):
    with endpoint(thinking) as server:
        params = lay_params(teacher(server))
        lay_prompts(prompts(4))
        distill(params, SOURCE, "ift")
        lay_prompts(prompts(4, start=2))
        distill(params, SOURCE, "ift")
    assert sorted(server.prompts()) == [f"word {n}" for n in range(6)]
    assert [one.answer for one in completions("ift")] == [f"said word {n}" for n in range(2, 6)]


def test_another_address_or_place_of_the_trace_asks_nothing_another_limit_asks_all(project):
    lay_prompts(prompts(3))
    with endpoint(thinking) as server, endpoint(thinking) as other:
        distill(lay_params(teacher(server)), SOURCE, "ift")
        moved = {**STYLES, "ift": {**STYLES["ift"], "trace": "think-tags"}}
        distill(lay_params(teacher(other, styles=moved, concurrency=7)), SOURCE, "ift")
        assert (len(server.asked), len(other.asked)) == (3, 0)
        longer = {**STYLES, "ift": {**STYLES["ift"], "max_new_tokens": 9}}
        distill(lay_params(teacher(other, styles=longer)), SOURCE, "ift")
    assert (len(server.asked), len(other.asked)) == (3, 3)


def test_a_failure_keeps_what_was_answered_and_the_next_run_goes_on(project):
    lay_prompts(prompts(12))
    with endpoint(lambda body, n: thinking(body) if n < 5 else error(503, "gone")) as server:
        with pytest.raises(MachineError, match="503"):
            distill(lay_params(teacher(server, concurrency=1)), SOURCE, "ift")
        answered = server.prompts()[:5]
    assert not distilled_path(SOURCE, "ift").exists()
    with endpoint(thinking) as server:
        distill(lay_params(teacher(server)), SOURCE, "ift")
    assert sorted([*answered, *server.prompts()]) == sorted(f"word {n}" for n in range(12))
    assert len(completions("ift")) == 12


def test_flops_are_exact_where_the_architecture_is_known_and_experts_count_when_active(project):
    lay_prompts(prompts(3))
    with endpoint(thinking) as server:
        distill(lay_params(teacher(server, architecture="qwen3-235b-a22b")), SOURCE, "ift")
    shape = load_architecture("qwen3-235b-a22b")
    record = read_record("distill", SOURCE, "ift")
    assert record.flops == {"teacher": 3 * answer_flops(shape, 7, 5)}
    assert 2 * 11 * 20e9 < record.flops["teacher"] / 3 < 2 * 11 * 24e9  # 22 of 235 billion
    tokens = {"prompt": 21, "thinking": 0, "answer": 15, "completion": 15, "cached": None}
    assert record.tokens == tokens
    assert record.device_seconds == {}
    assert "endpoint" in record.absent["device_seconds"]
    assert KEY not in record_path("distill", SOURCE, "ift").read_text()


def test_what_the_server_does_not_count_is_absent_with_the_reason(project):
    lay_prompts(prompts(2))
    with endpoint(thinking) as server:
        distill(lay_params(teacher(server)), SOURCE, "reasoning")
    record = read_record("distill", SOURCE, "reasoning")
    tokens = {"prompt": 14, "thinking": None, "answer": None, "completion": 10, "cached": None}
    assert record.tokens == tokens
    assert "tokenizer is not at hand" in record.absent["tokens.thinking"]
    assert "'teacher' is not in the bundled table" in record.absent["flops.teacher"]
    one = completions("reasoning")[0]
    assert (one.thinking_tokens, one.answer_tokens, one.completion_tokens) == (None, None, 5)


def test_a_field_of_the_server_gives_trace_and_tokens(project):
    usage = {
        "prompt_tokens": 7,
        "completion_tokens": 5,
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    lay_prompts(prompts(1))
    styles = {**STYLES, "reasoning": {**STYLES["reasoning"], "trace": "reasoning-content"}}
    for field in ("reasoning", "reasoning_content"):
        react = lambda body, n, field=field: completion(  # noqa: E731
            body, usage=usage, content="c", **{field: f"by {field}"}
        )
        with endpoint(react) as server:
            model = {"model": field}
            server.models = (field,)
            distill(lay_params(teacher(server, styles=styles, **model)), SOURCE, "reasoning")
        one = completions("reasoning")[0]
        assert (one.thinking, one.answer) == (f"by {field}", "c")
        assert (one.thinking_tokens, one.answer_tokens) == (3, 2)


def test_a_reply_that_was_cut_says_so(project):
    lay_prompts(prompts(1))
    react = lambda body, n: completion(body, content="<think>\nhm", finish="length")  # noqa: E731
    with endpoint(react) as server:
        distill(lay_params(teacher(server)), SOURCE, "reasoning")
    one = completions("reasoning")[0]
    assert (one.stop, one.closed, one.thinking, one.answer) == ("length", False, "hm", "")
    assert read_record("distill", SOURCE, "reasoning").metrics["truncated"] == 1


BAD = [
    ({"model": "teachr"}, InputError, "did you mean 'teacher'"),
    ({"key_variable": "NOT_SET"}, InputError, "export NOT_SET"),
    ({"architecture": "qwen3-235b"}, InputError, "teacher.architecture: model: value is"),
    ({"base_urls": ["http://127.0.0.1:9/v1"]}, MachineError, "cannot be reached"),
]


@pytest.mark.parametrize(("change", "kind", "words"), BAD)
def test_bad_settings_are_told_in_one_line(project, change, kind, words):
    lay_prompts(prompts(1))
    with endpoint() as server:
        params = lay_params({**teacher(server), **change})
        with pytest.raises(kind, match=words) as caught:
            distill(params, SOURCE, "ift")
    assert "\n" not in str(caught.value)


def test_an_address_with_a_password_is_refused(project):
    lay_prompts(prompts(1))
    with pytest.raises(InputError, match=r"base_urls\.0: an address holds a user or a password"):
        lay_params(
            {
                "kind": "openai",
                "model": "m",
                "base_urls": ["http://me:pw@127.0.0.1/v1"],
            }
        )


def start_stage(style, project):
    """The stage as a process of its own, as `dvc repro` runs it."""
    return subprocess.Popen(
        [sys.executable, str(ROOT / "stages/distill.py"), "--source", SOURCE, "--style", style],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONWARNINGS": "error"},
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_stage_killed_in_the_middle_asks_again_only_for_what_was_in_flight(project):
    """Killed while requests are in flight: only those, whose replies never came, are sent again."""
    lay_prompts(prompts(40))
    concurrency, slow = 4, {"seconds": 0.02}
    answered = Counter()

    def react(body, number):
        answered[body["messages"][-1]["content"]] += 1
        return Reaction(body=thinking(body).body, **slow)

    with endpoint(react) as server:
        lay_params(teacher(server, concurrency=concurrency))
        stage = start_stage("reasoning", project)
        while len(server.asked) < 20:
            assert stage.poll() is None
            time.sleep(0.005)
        stage.send_signal(signal.SIGKILL)
        stage.communicate()
        on_disk = sum(
            path.read_text().count("\n") for path in Path(".work/teacher").glob("*/*.jsonl")
        )
        first = len(server.asked)
        assert first - concurrency <= on_disk <= first
        again = start_stage("reasoning", project)
        _, stderr = again.communicate(timeout=60)
    assert again.returncode == 0, stderr
    assert len(server.asked) - first == 40 - on_disk
    assert set(answered) == {f"word {n}" for n in range(40)}
    assert max(answered.values()) <= 2
    assert sum(count - 1 for count in answered.values()) == first - on_disk
    assert [one.answer for one in completions("reasoning")] == [f"said word {n}" for n in range(40)]


def test_ctrl_c_keeps_what_was_answered(project):
    lay_prompts(prompts(40))
    # So slow after the tenth that a late signal still comes before the end.
    slow = lambda body, n: Reaction(body=thinking(body).body, seconds=0.02 if n < 10 else 3)  # noqa: E731
    with endpoint(slow) as server:
        lay_params(teacher(server, concurrency=2))
        stage = start_stage("ift", project)
        while len(server.asked) < 11:
            time.sleep(0.005)
        stage.send_signal(signal.SIGINT)
        _, stderr = stage.communicate(timeout=60)
    assert stage.returncode == 130
    assert stderr.splitlines() == ["interrupted; what was done is kept and the next run goes on"]
    (journal,) = Path(".work/teacher").glob("*/*.jsonl")
    assert journal.read_text().count("\n") >= 8


def test_a_server_that_dies_is_told_in_one_line_with_exit_code_3(project):
    lay_prompts(prompts(10))
    with endpoint(lambda b, n: thinking(b) if n < 4 else Reaction(drop=True)) as server:
        lay_params(teacher(server, concurrency=1, attempts=2))
        stage = start_stage("ift", project)
        _, stderr = stage.communicate(timeout=60)
    errors = [line for line in stderr.splitlines() if "error" in line]
    assert stage.returncode == 3
    assert len(errors) == 1
    assert errors[0].startswith(f"error: {server.url}: the server hung up before its reply was")
    assert KEY not in stderr
    files = [path.read_text() for path in Path(".work/teacher").glob("*/*.jsonl")]
    assert files[0].count("\n") == 4


def test_a_prompt_that_occurs_twice_is_paid_once(project):
    with endpoint(thinking) as server:
        params = lay_params(teacher(server))
        lay_prompts([*prompts(2), Prompt("words-9", SOURCE, "word 1", "c9")])
        distill(params, SOURCE, "ift")
    assert sorted(server.prompts()) == ["word 0", "word 1"]
    assert [one.id for one in completions("ift")] == ["words-000000", "words-000001", "words-9"]
    assert read_record("distill", SOURCE, "ift").details["asked"] == 2


def test_the_bill_counts_tokens_whose_parts_are_unknown_and_none_that_nobody_counted(project):
    lay_prompts(prompts(2))
    with endpoint(thinking) as server:
        params = lay_params(teacher(server))
        distill(params, SOURCE, "reasoning")
    cost = teacher_cost(params)
    assert (cost.read_tokens.value, cost.new_tokens.value) == (14.0, 10.0)

    def silent(body, number):
        reply = thinking(body).body
        return Reaction(body={**reply, "usage": None})

    with endpoint(silent) as server:
        params = lay_params(teacher(server, seed=1))
        distill(params, SOURCE, "reasoning")
    cost = teacher_cost(params)
    assert (cost.read_tokens.value, cost.new_tokens.value) == (None, None)
    assert cost.flops.value is None


def caching(body, number):
    """A service that had read 4 of the 7 tokens of every prompt but the first."""
    details = {"prompt_tokens_details": {"cached_tokens": 4 if number else 0}}
    counts = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12, **details}
    return completion(
        body, content=thinking(body).body["choices"][0]["message"]["content"], usage=counts
    )


def test_what_the_service_had_read_before_is_recorded_and_costs_its_own_price(project):
    prices = {"teacher": {"input": 2.0, "cached_input": 0.5, "output": 8.0}}
    lay_prompts(prompts(3))
    with endpoint(caching) as server:
        params = lay_params(teacher(server, concurrency=1))
        for style in STYLES:
            distill(params, SOURCE, style)
        before = distilled_path(SOURCE, "reasoning").read_bytes()
        record = read_record("distill", SOURCE, "reasoning")
        distill(params, SOURCE, "reasoning")
    assert len(server.asked) == 6
    assert read_record("distill", SOURCE, "ift").tokens["cached"] == 8
    assert record.tokens["cached"] == 12
    assert b"cached" not in before
    assert read_record("distill", SOURCE, "reasoning").tokens == record.tokens
    assert distilled_path(SOURCE, "reasoning").read_bytes() == before

    cost = teacher_cost(params)
    # Six prompts of 7 tokens, five of which had 4 of them read before; six answers of 5.
    assert (cost.read_tokens.value, cost.cached_tokens.value, cost.new_tokens.value) == (42, 20, 30)
    tree = params.model_dump(mode="json", exclude_none=True)
    paid = paid_services(Params.model_validate({**tree, "costs": {"token_prices": prices}}))
    money = (22 * 2.0 + 20 * 0.5 + 30 * 8.0) / 1e6
    assert paid["teacher"].of(cost).value == pytest.approx(money)


def test_a_journal_that_does_not_tell_of_a_cache_makes_the_bill_an_upper_bound(project):
    lay_prompts(prompts(2))
    with endpoint(thinking) as server:
        params = lay_params(teacher(server))
        distill(params, SOURCE, "ift")
    record = read_record("distill", SOURCE, "ift")
    assert record.tokens["cached"] is None
    assert record.absent["tokens.cached"].startswith("the server did not say of 2 of 2 completions")
    cost = teacher_cost(params)
    assert cost.cached_tokens.value is None
    prices = TokenPrices(input=2.0, output=8.0, cached_input=0.5)
    assert prices.of(cost).value == pytest.approx((14 * 2.0 + 10 * 8.0) / 1e6)


def test_a_cache_that_cannot_be_ends_the_stage_at_the_first_reply(project):
    def impossible(body, number):
        details = {"prompt_tokens_details": {"cached_tokens": 8}}
        counts = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12, **details}
        return completion(body, usage=counts)

    lay_prompts(prompts(3))
    with endpoint(impossible) as server:
        params = lay_params(teacher(server))
        with pytest.raises(MachineError, match="prompt_tokens 7, of which cached 8"):
            distill(params, SOURCE, "ift")
    assert len(server.asked) == 1
