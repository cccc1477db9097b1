"""Judges: who is asked about what, how votes count, what is kept, and what it costs."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError
from tests.score.judge_server import comparison_in, ending_in, judge_with
from tests.score.judged_study import TEXTS, grades, lay, study
from tests.serving.endpoint import endpoint

from breakeven.core.errors import InputError
from breakeven.core.layout import items_path
from breakeven.core.records import Record, read_record
from breakeven.costs.amounts import Amount
from breakeven.costs.bill import NO_COST
from breakeven.costs.exact import answer_flops
from breakeven.costs.model_shapes import load_architecture
from breakeven.costs.token_prices import TokenPrices
from breakeven.params.cells import Cell
from breakeven.rows.item import Item
from breakeven.score.judging.judge_costs import cost_from_json
from breakeven.score.stage import run as score
from breakeven.study.collect_costs import cell_bill

pytestmark = pytest.mark.usefixtures("asking_judges")


def test_only_what_rules_leave_open_goes_to_the_judge():
    with endpoint(judge_with()) as server:
        params = study({"one": (server.url, {})})
        lay(params)
        score(params)
    cell = [(True, True, False), (True, True, False), (False, False, False), (False, False, True)]
    assert grades() == cell * 2
    # Rules compare nothing that a judge alone has read: such a sample votes by itself.
    votes = pq.read_table(items_path())["vote"].to_pylist()
    assert votes == [0, 0, None, None] * 2
    outcomes = pq.read_table(items_path())["outcome"].to_pylist()
    assert outcomes == ["right", "right", "unparsed", "unclosed"] * 2
    endings = [ending for text in server.prompts() if (ending := ending_in(text))]
    assert sorted(endings) == ["It is perhaps seven.", "No idea at all, sorry"]
    finals = [found for text in server.prompts() if (found := comparison_in(text))]
    assert finals == [("What is 1+6?", "7", "seven.")]
    judging = read_record("score").details["judging"]
    assert {key: judging[key] for key in ("rows", "asked", "majority", "undecided")} == {
        "rows": 4, "asked": 2, "majority": 2, "undecided": 0,
    }  # fmt: skip
    assert judging["verdicts"] == {"right": 1, "none": 1}


def test_the_judge_is_not_told_who_answered_and_sees_no_trace():
    texts = [f"<think>the secret trace</think>{text}" for text in TEXTS]
    with endpoint(judge_with()) as server:
        params = study({"one": (server.url, {})})
        lay(params, by_arm={"ift": TEXTS, "reasoning": texts})
        score(params)
    assert len(server.asked) == 3  # both styles ended alike, so that they are one case
    for body in server.asked:
        assert set(body) == {"model", "messages", "temperature", "max_tokens"}
        for word in ("ift", "reasoning", "tinystudent", "secret", "think>"):
            assert word not in body["messages"][0]["content"]


def test_nothing_is_asked_twice():
    with endpoint(judge_with()) as server:
        params = study({"one": (server.url, {})})
        lay(params)
        score(params)
        first, asked = grades(), len(server.asked)
        items_path().unlink()
        score(params)
        assert len(server.asked) == asked
    assert grades() == first
    score(params)  # the server is gone, and so may the key be
    assert read_record("score").details["judging"]["asked"] == 2


def test_kept_replies_tell_what_had_been_read_before_and_those_of_an_earlier_version_nothing():
    with endpoint(judge_with(prompt_tokens_details={"cached_tokens": 20})) as server:
        params = study({"one": (server.url, {})}, arms=("ift",))
        lay(params)
        score(params)
        asked = len(server.asked)
    (path,) = Path(".work/judge").glob("*/replies.jsonl")
    score(params)  # without the server
    assert read_record("score").tokens["judge_cached"] == 20 * asked
    scores = items_path().read_bytes()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    new = {"cached_tokens", "sha256"}
    earlier = [{name: row[name] for name in row if name not in new} for row in lines]
    assert all(set(row) == {*before, *new} for row, before in zip(lines, earlier, strict=True))
    path.write_text("".join(json.dumps(row) + "\n" for row in earlier))
    score(params)
    tokens = read_record("score").tokens
    assert tokens == {"judge_prompt": 50 * asked, "judge_new": 4 * asked, "judge_cached": None}
    assert items_path().read_bytes() == scores


def test_a_jury_decides_by_majority_and_its_disagreement_is_counted():
    harsh = judge_with(word=lambda *_: "INCORRECT")
    vague = judge_with(word=lambda *_: "It might be CORRECT")
    with endpoint(judge_with()) as fair, endpoint(harsh) as other, endpoint(vague) as third:
        judges = {"a": (fair.url, {"model": "m1"}), "b": (other.url, {"model": "m2"})}
        judges["c"] = (third.url, {"model": "m3"})
        for server, model in ((fair, "m1"), (other, "m2"), (third, "m3")):
            server.models = (model,)
        params = study(judges)
        lay(params)
        score(params)
    judging = read_record("score").details["judging"]
    expected = {"asked": 2, "majority": 1, "undecided": 1, "unanimous": 1, "disagreements": 1}
    assert {key: judging[key] for key in expected} == expected
    assert judging["malformed"] == {"a": 0, "b": 0, "c": 1}
    assert grades()[1] == (False, False, False)  # one for, one against, one without a verdict


def test_an_answer_with_some_words_right_is_open():
    items = [
        Item(f"s{n}", "sums", "general-open", "Who?", "Ada Lovelace", f"q{n}", "squad")
        for n in range(3)
    ]
    with endpoint(judge_with(word=lambda *_: "CORRECT")) as server:
        params = study({"one": (server.url, {})}, arms=("ift",))
        lay(params, ["Ada Lovelace", "It was perhaps Ada", "Grace Hopper"], items)
        score(params)
    assert grades() == [(True, True, False), (True, True, False), (False, True, False)]
    assert len(server.asked) == 2
    rows = pq.read_table(items_path()).to_pylist()
    assert [row["f1"] for row in rows] == [1.0, pytest.approx(2 / 6), 0.0]


def test_a_task_for_judges_alone_needs_judges():
    items = [Item(f"s{n}", "sums", "general-open", "Why?", "7", f"q{n}", "judge") for n in range(4)]
    with endpoint(judge_with()) as server:
        params = study({"one": (server.url, {})}, arms=("ift",))
        lay(params, ["perhaps 7", "perhaps 8", "", "<think>7"], items)
        score(params)
        assert grades() == [
            (True, True, False),
            (False, True, False),
            (False, False, False),
            (False, False, True),
        ]
        assert pq.read_table(items_path())["vote"].to_pylist() == [None] * 4
    with pytest.raises(InputError, match=r"grading\.judges: value is \{\}, and tasks\.sums has"):
        score(study({}, arms=("ift",)))


def test_judges_are_compared_with_the_rules_without_changing_a_score():
    stubborn = judge_with(copy=lambda ending: f"FINAL ANSWER: {ending}", word=lambda *_: "CORRECT")
    with endpoint(stubborn) as server:
        params = study({"one": (server.url, {})}, arms=("ift",), audit=10)
        lay(params, ["7", "8", "9", "\\boxed{7}"])
        score(params)
    assert [one[0] for one in grades()] == [True, False, False, True]
    judging = read_record("score").details["judging"]
    assert (judging["asked"], judging["rows"]) == (0, 0)
    assert judging["with_rules"] == {
        "asked": 4,
        "agreed": 2,
        "right_by_rules_only": 0,
        "right_by_judges_only": 2,
        "wrong_by_rules_none_by_judges": 0,
        "undecided": 0,
    }
    assert len(server.asked) == 8


def test_the_audit_is_the_same_whatever_the_order_of_cells():
    asked = []
    for arms in (("ift", "reasoning"), ("reasoning", "ift")):
        with endpoint(judge_with(copy=lambda _: "NO FINAL ANSWER")) as server:
            params = study({"one": (server.url, {"max_new_tokens": 8 + len(asked)})}, arms, audit=3)
            lay(params, by_arm={"ift": list("1234"), "reasoning": list("5678")})
            score(params)
        asked.append(sorted(server.prompts()))
    assert asked[0] == asked[1]
    assert len(asked[0]) == 3


def test_what_judging_takes_is_counted_and_shared_out_over_cells():
    with endpoint(judge_with(prompt_tokens_details={"cached_tokens": 20})) as server:
        params = study({"one": (server.url, {"architecture": "Qwen2.5-0.5B"})}, audit=1)
        more = ["7", "Or perhaps eight", "No idea at all, sorry", "<think>x"]
        lay(params, by_arm={"ift": TEXTS, "reasoning": more})
        score(params)
    record = read_record("score")
    requests = len(server.asked)
    tokens = {
        "judge_prompt": 50 * requests,
        "judge_new": 4 * requests,
        "judge_cached": 20 * requests,
    }
    assert record.tokens == tokens
    each = float(answer_flops(load_architecture("Qwen2.5-0.5B"), 50, 4))
    assert record.flops["judge"] == pytest.approx(requests * each)
    ift, reasoning = (cell["judging"] for cell in record.details["cells"])
    # Two replies each for the answer of its own, and half of the one that both share.
    assert (ift["read_tokens"], reasoning["read_tokens"]) == (125, 125)
    assert (ift["cached_tokens"], reasoning["cached_tokens"]) == (50, 50)
    assert ift["flops"] == pytest.approx(2.5 * each)
    assert ift["absent"] == {}
    earlier = {name: value for name, value in ift.items() if name != "cached_tokens"}
    assert cost_from_json(earlier).cached_tokens.value is None
    assert cost_from_json(earlier).read_tokens == Amount(125.0)
    audit = requests - 5
    assert audit == 1
    bill = cell_bill(params, Cell("tinystudent", "ift", 0), None, _answering("ift"))
    assert (bill.judging.read_tokens, bill.judging.new_tokens) == (Amount(125.0), Amount(10.0))
    prices = TokenPrices(input=2.0, output=8.0, cached_input=0.5)
    paid = prices.of(bill.judging).value
    assert paid == pytest.approx((75 * 2.0 + 50 * 0.5 + 10 * 8.0) / 1e6)
    assert bill.judging.flops == Amount(ift["flops"])
    assert bill.judging.device_seconds.reason == "what judges run on is not metered"
    alone = cell_bill(study({}), Cell("tinystudent", "ift", 0), None, _answering("ift"))
    assert alone.judging == NO_COST


def _answering(arm):
    row = {"arm": arm, "seed": 0, "answers": 4, "device_seconds": 1.0, "inference_flops": 9.0}
    row |= {"prompt_tokens": 40, "thinking_tokens": 12, "answer_tokens": 8}
    return Record(stage="answer", cell={}, device_seconds={"cpu": 1.0}, details={"cells": [row]})


def test_a_cost_that_nobody_counted_is_absent_with_its_reason():
    silent = judge_with(prompt_tokens=None)
    with endpoint(silent) as server:
        params = study({"one": (server.url, {})}, arms=("ift",))
        lay(params)
        score(params)
    record = read_record("score")
    assert record.tokens == dict.fromkeys(("judge_prompt", "judge_new", "judge_cached"))
    assert record.absent["judging.read_tokens"] == "the server of judge one counts no tokens"
    assert record.details["cells"][0]["judging"]["read_tokens"] is None


def test_a_closed_judge_has_tokens_and_no_flops():
    with endpoint(judge_with()) as server:
        params = study({"one": (server.url, {})}, arms=("ift",))
        lay(params)
        score(params)
    record = read_record("score")
    assert record.tokens["judge_prompt"] == 150
    assert record.flops == {"judge": None}
    assert record.absent == {
        "judging.flops": "the generator has no known architecture",
        "judging.cached_tokens": "how many tokens had been read before is not recorded",
    }


def test_without_judges_the_record_says_nothing_of_them():
    params = study({})
    lay(params)
    score(params)
    record = read_record("score")
    assert grades()[1] == (False, False, False)
    assert "judging" not in record.details
    assert record.tokens == {}


def test_a_template_goes_to_the_server_as_it_is():
    with endpoint(judge_with()) as server:
        params = study({"one": (server.url, {"template": {"enable_thinking": False}})})
        lay(params)
        score(params)
    assert server.asked[0]["chat_template_kwargs"] == {"enable_thinking": False}


@pytest.mark.parametrize(
    ("models", "message"),
    [(("m1", "m2"), "2 judges can tie"), (("m1", "m2", "m1"), "two of them ask one model")],
)
def test_a_jury_that_cannot_decide_is_refused(models, message):
    judges = {f"j{n}": ("http://127.0.0.1:9/v1", {"model": name}) for n, name in enumerate(models)}
    with pytest.raises(ValidationError, match=message):
        study(judges)
