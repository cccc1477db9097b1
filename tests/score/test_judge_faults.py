"""Judges that hang up, say nothing or are not understood; a stage that is killed."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections import Counter

import pytest
from tests.score.judge_server import fair_copy, judge_with
from tests.score.judged_study import grades, lay, study
from tests.serving.endpoint import Reaction, completion, endpoint

from breakeven.core.errors import InputError, MachineError
from breakeven.core.layout import items_path
from breakeven.core.records import read_record
from breakeven.rows.item import Item
from breakeven.score.judging.judge_replies import STREAK
from breakeven.score.stage import run as score

pytestmark = pytest.mark.usefixtures("asking_judges")


def test_a_judge_that_hangs_up_keeps_what_was_said():
    def breaks(body, number):
        return judge_with()(body, number) if number < 2 else Reaction(drop=True)

    with endpoint(breaks) as server:
        params = study({"one": (server.url, {"concurrency": 1})})
        lay(params)
        with pytest.raises(MachineError, match="hung up before its reply"):
            score(params)
        assert not items_path().exists()
        first = server.prompts()[:2]
    with endpoint(judge_with()) as server:
        score(study({"one": (server.url, {})}))
        assert set(server.prompts()).isdisjoint(first)
        assert len(server.asked) == 1


def test_a_missing_key_names_the_variable(monkeypatch):
    monkeypatch.delenv("JUDGE_KEY")
    params = study({"one": ("http://127.0.0.1:9/v1", {})})
    lay(params)
    with pytest.raises(InputError, match=r"grading\.judges\.one\.key_variable: value is 'JUDGE_KE"):
        score(params)


def test_a_kill_pays_for_no_reply_twice(project):
    """The process is killed as it waits for its seventh reply."""
    items = [
        Item(f"s{n}", "sums", "math-open", f"What is {n}+6?", "7", f"sum {n}", "math")
        for n in range(12)
    ]
    victim = {}

    def deadly(body, number):
        if number == 6:
            os.kill(victim["pid"], signal.SIGKILL)
        return judge_with()(body, number)

    with endpoint(deadly) as server:
        params = study({"one": (server.url, {"concurrency": 1})}, arms=("ift",))
        lay(params, [f"I say {chr(97 + n) * 3}, perhaps seven" for n in range(12)], items)
        (project / "params.json").write_text(params.model_dump_json())
        code = """
            from pathlib import Path
            from breakeven.score.stage import run as score
            from breakeven.params import Params
            score(Params.model_validate_json(Path("params.json").read_text()))
        """
        child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)])
        victim["pid"] = child.pid
        assert child.wait(timeout=60) == -signal.SIGKILL
        score(params)
    assert [one[0] for one in grades()] == [True] * 12
    asked = Counter(server.prompts())
    assert len(asked) == 24
    assert [count for count in asked.values() if count > 1] == [2]  # that which had no reply yet


def test_a_line_that_a_kill_left_unfinished_is_asked_again():
    with endpoint(judge_with()) as server:
        params = study({"one": (server.url, {"concurrency": 1})}, arms=("ift",))
        lay(params)
        score(params)
        (path,) = items_path().parents[1].glob(".work/judge/*/replies.jsonl")
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(lines[:-1]) + lines[-1][:20])
        score(params)
        assert len(server.asked) == len(lines) + 1
    assert [json.loads(line)["request"] for line in path.read_text().splitlines()]


def test_a_reply_that_was_cut_short_is_no_verdict():
    def cut(body, number):
        reaction = judge_with(copy=fair_copy)(body, number)
        reaction.body["choices"][0]["finish_reason"] = "length"
        return reaction

    with endpoint(cut) as server:
        params = study({"one": (server.url, {})}, arms=("ift",))
        lay(params)
        score(params)
    judging = read_record("score").details["judging"]
    assert (judging["undecided"], judging["malformed"]) == (2, {"one": 2})


def many(count):
    items = [
        Item(f"s{n}", "sums", "math-open", f"What is {n}+6?", "7", f"sum {n}", "math")
        for n in range(count)
    ]
    return items, [f"I say {chr(97 + n) * 3}, perhaps seven" for n in range(count)]


@pytest.mark.parametrize(
    "silent",
    [
        {"content": "", "finish": "length", "reasoning": "I wonder"},
        {"content": None, "finish": "stop", "reasoning": "I wonder"},
        {"content": "<think>I wonder", "finish": "length"},
        {"content": "", "finish": "stop"},
    ],
)
def test_a_judge_that_says_nothing_ends_the_stage_after_a_few(silent):
    items, texts = many(20)
    with endpoint(lambda body, number: completion(body, **silent)) as server:
        params = study({"one": (server.url, {"concurrency": 1})}, arms=("ift",))
        lay(params, texts, items)
        told = r"grading\.judges\.one\.max_new_tokens: value is 512; the last 5 replies"
        for _ in range(2):  # what it did not say is not paid for again
            with pytest.raises(InputError, match=told):
                score(params)
            assert len(server.asked) == STREAK


def test_a_judge_that_is_silent_now_and_then_has_no_vote_there():
    items, texts = many(12)

    def react(body, number):
        if number % 3 == 1:
            return completion(body, content="", finish="length", reasoning="I wonder")
        return judge_with()(body, number)

    with endpoint(react) as server:
        params = study({"one": (server.url, {"concurrency": 1})}, arms=("ift",))
        lay(params, texts, items)
        score(params)
    judging = read_record("score").details["judging"]
    assert judging["malformed"]["one"] > 0
    assert judging["verdicts"]["undecided"] == judging["malformed"]["one"]
    assert sum(right for right, _, _ in grades()) == judging["verdicts"]["right"]


def test_a_judges_words_are_read_whatever_its_server_calls_an_end():
    def react(body, number):
        reply = judge_with()(body, number).body
        reply["choices"][0]["finish_reason"] = "eos"
        text = reply["choices"][0]["message"]["content"]
        reply["choices"][0]["message"]["content"] = [{"type": "text", "text": text}]
        return Reaction(body=reply)

    items, texts = many(6)
    with endpoint(react) as server:
        params = study({"one": (server.url, {"limit_name": "max_completion_tokens"})}, ("ift",))
        lay(params, texts, items)
        score(params)
    assert [right for right, _, _ in grades()] == [True] * 6
    assert {"max_completion_tokens"} <= set(server.asked[0])
    assert "max_tokens" not in server.asked[0]


def test_a_judge_that_is_not_understood_ends_the_stage_at_its_first_reply():
    items, texts = many(20)
    with endpoint(lambda body, number: completion(body, finish="moonlight")) as server:
        params = study({"one": (server.url, {})}, arms=("ift",))
        lay(params, texts, items)
        with pytest.raises(MachineError, match="ends by 'moonlight'"):
            score(params)
    assert len(server.asked) == 1
