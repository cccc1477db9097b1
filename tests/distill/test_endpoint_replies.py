"""A teacher behind servers that answer otherwise: understood, or told at the first reply."""

from pathlib import Path

import pytest
from tests.distill.studies import SOURCE, STYLES, completions, lay_params, lay_prompts, prompts
from tests.serving.endpoint import KEY, Reaction, completion, endpoint, error

from breakeven.core.errors import InputError, MachineError
from breakeven.core.records import read_record
from breakeven.distill.stage import run as distill
from breakeven.distill.trace_check import FIRST_REPLIES
from breakeven.pairs.rules import CompletedPrompt, why_dropped
from breakeven.params import PairRules
from breakeven.serving import client

PARTED = {**STYLES, "reasoning": {**STYLES["reasoning"], "trace": "reasoning-content"}}


@pytest.fixture(autouse=True)
def _small_project(project, monkeypatch):
    monkeypatch.setenv("TEST_KEY", KEY)
    monkeypatch.setattr(client, "_FIRST_WAIT_SECONDS", 0.01)


def teacher(server, **changes):
    return {
        "kind": "openai",
        "model": "teacher",
        "base_urls": [server.url],
        "key_variable": "TEST_KEY",
        "concurrency": 8,
        "attempts": 3,
        **changes,
    }


def completed(react, style="reasoning", count=20, **changes):
    """Send a server `count` prompts; how often it was called, and what was kept."""
    lay_prompts(prompts(count))
    with endpoint(react) as server:
        distill(lay_params(teacher(server, **changes)), SOURCE, style)
    return server, completions(style)


@pytest.mark.parametrize("word", ["eos", "eos_token", "end", "end_turn"])
def test_pairs_of_a_server_with_another_word_for_an_end_are_kept(word):
    def react(body, number):
        thinks = body.get("chat_template_kwargs", {}).get("enable_thinking")
        return completion(body, content="<think>I add.</think>7" if thinks else "7", finish=word)

    (_, plain), (_, traced) = completed(react, "ift", 1), completed(react, "reasoning", 1)
    pair = CompletedPrompt(prompts(1)[0], plain[0], traced[0])
    assert why_dropped(pair, PairRules()) is None


def test_tokens_beside_the_completion_are_the_traces():
    counts = {
        "prompt_tokens": 12,
        "completion_tokens": 2,
        "total_tokens": 331,
        "completion_tokens_details": {"reasoning_tokens": 317},
    }
    react = lambda body, n: completion(body, usage=counts, content="7", reasoning="I add.")  # noqa: E731
    _, (one,) = completed(react, count=1, styles=PARTED)
    assert (one.thinking_tokens, one.answer_tokens, one.new_tokens) == (317, 2, 319)
    assert read_record("distill", SOURCE, "reasoning").tokens["completion"] == 319


def test_parts_of_the_content_are_trace_and_answer():
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "I add."}]},
        {"type": "text", "text": "7"},
    ]
    _, (one,) = completed(lambda body, n: completion(body, content=parts), count=1, styles=PARTED)
    assert (one.thinking, one.answer, one.closed) == ("I add.", "7", True)


@pytest.mark.parametrize("message", [{"content": ""}, {"content": None}])
def test_an_end_inside_the_trace_leaves_it_unclosed(message):
    react = lambda body, n: completion(body, reasoning="I add and", **message)  # noqa: E731
    _, (one,) = completed(react, count=1, styles=PARTED)
    assert (one.stop, one.closed, one.answer) == ("stop", False, "")
    assert (one.thinking_tokens, one.answer_tokens) == (5, 0)


STRANGE = [
    (lambda body, n: completion(body, finish="moonlight"), "ends by 'moonlight'"),
    (lambda body, n: completion(body, finish=None), "gives no finish_reason"),
    (lambda body, n: completion(body, content={"text": "7"}), "content of the type dict"),
    (lambda body, n: completion(body, content=[{"type": "image"}]), "part of the type 'image'"),
    (
        lambda body, n: completion(
            body, usage={"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 9}
        ),
        "counts that contradict each other",
    ),
    (lambda body, n: Reaction(body={"choices": []}), "holds no completion"),
    (lambda body, n: Reaction(body={"object": "list"}), "holds no completion"),
    (lambda body, n: Reaction(body={"choices": [{"text": "7"}]}), "holds no message"),
    (lambda body, n: Reaction(body={"error": "no"}), "an error instead of a completion: no"),
    (lambda body, n: Reaction(body='data: {"choices": []}\n\ndata: [DONE]\n'), "stream of events"),
    (lambda body, n: Reaction(body="[" * 100_000), "nested too deeply"),
    (lambda body, n: completion(body, content="7\ud83d"), "half of a character (U+D83D)"),
    (lambda body, n: Reaction(body={"error": {"message": "no", "code": "9" * 5000}}), "no"),
    (
        lambda body, n: Reaction(body={"error": {"message": "pay first", "code": 402}}),
        "an error instead of a completion: pay first (402)",
    ),
]


@pytest.mark.parametrize(("react", "words"), STRANGE, ids=[words for _, words in STRANGE])
def test_what_is_not_understood_is_told_at_the_first_reply_and_not_kept(react, words):
    lay_prompts(prompts(20))
    with endpoint(react) as server, pytest.raises(MachineError) as caught:
        distill(lay_params(teacher(server)), SOURCE, "reasoning")
    assert words in str(caught.value)
    assert str(caught.value).startswith(server.url)
    assert "\n" not in str(caught.value)
    assert len(server.asked) == 1
    assert [path.read_text() for path in Path(".work/teacher").glob("*/*.jsonl")] == [""]


@pytest.mark.parametrize(
    "fault",
    [
        Reaction(body={"error": {"message": "too busy", "code": 429}}),
        Reaction(body={"error": {"message": "upstream", "code": 502}}),
        Reaction(body={"choices": [{"message": {}, "finish_reason": "error"}]}),
    ],
)
def test_an_error_with_status_200_that_may_pass_is_tried_again(fault):
    react = lambda body, n: fault if n < 2 else completion(body)  # noqa: E731
    server, kept = completed(react, "ift", 3)
    assert (len(server.asked), len(kept)) == (5, 3)


def test_one_reply_that_is_kept_back_is_no_pair_and_stops_nothing():
    def react(body, number):
        return completion(body, finish="content_filter" if number == 1 else "stop")

    _, kept = completed(react, "ift")
    assert sorted({one.stop for one in kept}) == ["content_filter", "stop"]
    odd = next(one for one in kept if one.stop == "content_filter")
    assert why_dropped(CompletedPrompt(prompts(1)[0], odd, odd), PairRules()) == (
        "a completion ended by content_filter"
    )


def test_a_server_that_keeps_every_reply_back_is_told_after_a_few():
    lay_prompts(prompts(60))
    react = lambda body, n: completion(body, content=None, finish="tool_calls")  # noqa: E731
    with endpoint(react) as server, pytest.raises(InputError, match="kept back each of the first"):
        distill(lay_params(teacher(server)), SOURCE, "ift")
    assert FIRST_REPLIES <= len(server.asked) < 60


def test_the_limit_goes_by_the_name_that_the_endpoint_knows():
    react = lambda body, n: completion(body)  # noqa: E731
    server, _ = completed(react, "ift", 1, limit_name="max_completion_tokens")
    assert server.asked[0]["max_completion_tokens"] == 8
    assert "max_tokens" not in server.asked[0]


def test_an_endpoint_that_wants_the_other_name_says_which_key_to_set():
    message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    lay_prompts(prompts(3))
    with endpoint(lambda *_: error(400, message)) as server, pytest.raises(InputError) as caught:
        distill(lay_params(teacher(server)), SOURCE, "ift")
    assert str(caught.value).startswith("params.yaml: teacher.limit_name: value is 'max_tokens'")
    assert len(server.asked) == 1
