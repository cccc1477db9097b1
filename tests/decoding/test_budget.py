"""A budget of thinking is never passed by a token, whatever a student writes."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tests.answer.tiny import TOKENIZER, tiny_model
from tokenizers.normalizers import Replace
from transformers import AutoTokenizer

from breakeven.answer import vllm_engine
from breakeven.answer.task_prompts import Wording, render_items
from breakeven.answer.transformers_engine import answer_batch
from breakeven.core.errors import InputError
from breakeven.decoding.batching import BatchRow
from breakeven.decoding.budget import Budget, budget_of_task, thinking_budget
from breakeven.decoding.forcing import within_budget
from breakeven.decoding.memory_room import MemoryRoom
from breakeven.params import Decoding
from breakeven.params.cells import Asking
from breakeven.rendering import split_generated
from breakeven.rendering.encoding import think_marks
from breakeven.rows.item import Item
from breakeven.serving.token_replies import TokenReply

MARKS = think_marks(TOKENIZER)
PROMPTS = render_items(TOKENIZER, "t", [], Wording(0))
(END,) = PROMPTS.end_ids
VOCABULARY = len(TOKENIZER)


def budget(tokens, *, opened=False, **options) -> Budget:
    found = thinking_budget(
        TOKENIZER, "d", Decoding(thinking_tokens=tokens, **options), opened=opened
    )
    assert found is not None
    return found


def random_case(seed):
    """A budget, a limit and what every row would like to write: marks and ends are frequent."""
    draw = np.random.default_rng(seed)
    waits = int(draw.integers(0, 4))
    forced = {"ask": "7"} if draw.integers(2) else {}
    if waits:
        forced |= {"wait": waits, "wait_text": " 8" if draw.integers(2) else " 8 + 9"}
    one = budget(int(draw.integers(3, 25)), opened=bool(draw.integers(2)), **forced)
    limit = one.tokens + len(one.asking) + int(draw.integers(1, 15))
    likes = draw.normal(size=(int(draw.integers(1, 9)), limit, VOCABULARY))
    for token, rate in ((MARKS.open_id, 0.15), (MARKS.close_id, 0.15), (END, 0.03)):
        likes[..., token] += 9 * (draw.random(likes.shape[:2]) < rate)
    return one, limit, torch.from_numpy(likes)


def in_a_batch(one, limit, likes):
    """What the rows write step by step, those that have ended leaving the batch now and then."""
    count = len(likes)
    choose = within_budget(lambda logits, *_: logits.argmax(dim=-1), one, count)
    written, ended = torch.zeros(count, limit, dtype=torch.long), torch.zeros(count, dtype=bool)
    ids: list[list[int]] = [[] for _ in range(count)]
    rows = torch.arange(count)
    for step in range(limit):
        tokens = choose(likes[rows, step], rows, step, written)
        written[rows, step] = tokens
        for row, token in zip(rows.tolist(), tokens.tolist(), strict=True):
            if not ended[row]:
                ids[row].append(token)
                ended[row] = token == END
        if step % 3 == 0:
            rows = rows[~ended[rows]]
        if not len(rows):
            break
    return ids


def in_rounds(one, limit, likes):
    """What the rows write in requests to a server that likes the same tokens."""
    sheet = SimpleNamespace(
        budget=one, asking=Asking(Decoding(), limit, 0), prompts=PROMPTS, task="t",
        decoding=Decoding(),
    )  # fmt: skip
    found = []
    for like in likes:
        draft = vllm_engine.Draft(BatchRow("i", 0, (5, 6)))
        while not vllm_engine._is_finished(draft, sheet):
            body = vllm_engine._body(draft, sheet)
            assert body["prompt"] == [5, 6, *draft.ids]
            wanted = like.clone()
            for token, bias in body.get("logit_bias", {}).items():
                wanted[:, int(token)] += bias
            new = []
            for row in wanted[len(draft.ids) :][: body["max_tokens"]]:
                new.append(int(row.argmax()))
                if new[-1] in body["stop_token_ids"]:
                    break
            stopped = new[-1] in body["stop_token_ids"]
            reply = TokenReply(tuple(new), "stop" if stopped else "length", len(body["prompt"]))
            draft = vllm_engine._continued(draft, sheet, reply)
        found.append(list(draft.ids))
    return found


def test_no_trace_passes_its_budget_and_both_engines_force_the_same_tokens():
    closed_by_force = waited = ended_inside = 0
    for seed in range(400):
        one, limit, likes = random_case(seed)
        rows = in_a_batch(one, limit, likes)
        assert rows == in_rounds(one, limit, likes), seed
        for ids in rows:
            parts = split_generated(TOKENIZER, ids, opened=one.opened)
            assert len(ids) <= limit
            assert len(ids) == limit or ids[-1] == END
            if len(ids) > one.free and one.is_open(ids[: one.free]):
                forced = [*one.closing, *one.asking]
                # The end of a row may come before all of it is written.
                assert ids[one.free : one.free + len(forced)] == forced
                assert len(parts.thinking_ids) == one.tokens
                closed_by_force += 1
            if parts.closed:
                assert len(parts.thinking_ids) <= one.tokens
            else:
                # Only who ends inside a trace leaves it open: before it had to be closed.
                assert ids[-1] == END
                assert len(ids) <= one.free
                ended_inside += 1
            assert not {*ids[one.tokens :]} & {*MARKS}
            waited += one.waits > 0 and _holds(ids, one.waiting)
    assert min(closed_by_force, waited, ended_inside) > 50, "some case was never met"


def _holds(ids, part):
    return any(tuple(ids[at : at + len(part)]) == part for at in range(len(ids)))


def test_as_many_marks_as_asked_for_are_replaced_and_the_next_one_stands():
    one = budget(40, opened=True, wait=2, wait_text=" 8 + 9")
    likes = torch.zeros(1, 50, VOCABULARY)
    likes[..., 20] = 1.0
    likes[0, 4::6, MARKS.close_id] = 2.0
    (ids,) = in_a_batch(one, 50, likes)
    places = [at for at in range(40) if tuple(ids[at : at + len(one.waiting)]) == one.waiting]
    assert places == [4, 10]
    assert ids.index(MARKS.close_id) == 16


def test_a_mark_stands_where_the_budget_has_no_room_for_what_would_replace_it():
    one = budget(12, opened=True, wait=9, wait_text=" 8 + 9")
    likes = torch.zeros(1, 20, VOCABULARY)
    likes[..., 20] = 1.0
    likes[0, one.free - len(one.waiting) + 1, MARKS.close_id] = 2.0
    (ids,) = in_a_batch(one, 20, likes)
    assert ids.index(MARKS.close_id) == one.free - len(one.waiting) + 1


@pytest.mark.parametrize("size", [1, 3, 8])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_real_model_is_held_to_its_budget_in_any_batch(seed, size):
    model = tiny_model(seed=seed)
    decoding = Decoding(temperature=1.5, thinking_tokens=9, ask="7", wait=1, wait_text=" 8")
    asked = [
        Item(f"i{n}", "t", "math-open", "1 + 1?" * (n % 5), "2", "c", "exact") for n in range(8)
    ]
    prompts = render_items(TOKENIZER, "t", asked, Wording(0, thinking="forced"))
    one = thinking_budget(TOKENIZER, "d", decoding, opened=prompts.opened)
    rows = [BatchRow(item, 0, ids) for item, ids in prompts.token_ids]

    def answered(part):
        return answer_batch(
            model, TOKENIZER, prompts, part, decoding, limit=24, room=MemoryRoom(""), budget=one
        )

    answers = [one for start in range(0, 8, size) for one in answered(rows[start : start + size])]
    assert any(answer.thinking_tokens == 9 for answer in answers)
    for answer in answers:
        assert answer.thinking_tokens <= 9
        assert answer.thinking_tokens + answer.answer_tokens <= 24
        assert answer.text.startswith("<think>\n")
    assert [one.text for one in answered(rows)] == [one.text for one in answers]


def test_what_is_asked_follows_the_mark_that_was_forced_and_is_part_of_the_answer():
    one = budget(8, ask="Answer: ")
    assert TOKENIZER.decode(one.closing) == "\n</think>"
    assert TOKENIZER.decode(one.asking) == "\n\nAnswer: "


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"thinking_tokens": 2}, r"d\.thinking_tokens: value is 2; closing a trace takes 2 tokens"),
        ({"thinking_tokens": 9, "ask": "Ω?"}, r"d\.ask: .* cannot write"),
        ({"thinking_tokens": 9, "wait": 1, "wait_text": "Ω"}, r"d\.wait_text: .* cannot write"),
    ],
)
def test_a_budget_that_cannot_be_held_is_told(options, message):
    with pytest.raises(InputError, match=message):
        thinking_budget(TOKENIZER, "d", Decoding(**options), opened=False)


def test_a_text_that_a_tokenizer_drops_cannot_take_the_place_of_a_mark(tmp_path):
    TOKENIZER.save_pretrained(tmp_path)
    dropping = AutoTokenizer.from_pretrained(tmp_path)
    dropping.backend_tokenizer.normalizer = Replace("~", "")
    with pytest.raises(InputError, match=r"d\.wait_text: .* cannot write '~', it reads ''"):
        thinking_budget(
            dropping, "d", Decoding(thinking_tokens=9, wait=1, wait_text="~"), opened=False
        )


@pytest.mark.parametrize("ask", [None, "Answer: "])
def test_a_budget_leaves_room_for_what_is_asked_an_answer_and_its_end(ask):
    def held(tokens, limit):
        one = Asking(Decoding(thinking_tokens=tokens, ask=ask), limit, shots=0)
        return budget_of_task(TOKENIZER, "d", one, "chain-open", opened=False)

    follow = len(TOKENIZER(f"\n\n{ask or ''}")["input_ids"])
    most = 40 - follow - 2
    one = held(most, 40)
    assert one.least_limit == 40
    with pytest.raises(
        InputError,
        match=rf"d\.thinking_tokens: value is {most + 1}; an answer to chain-open has "
        rf"at most 40 tokens in all, .* take {follow} after .*; use at most {most}, or a larger",
    ):
        held(most + 1, 40)
    with pytest.raises(InputError, match=rf"use a limit of at least {3 + follow + 2}$"):
        held(4, 3 + follow + 1)
    assert held(3, 3 + follow + 2).least_limit == 3 + follow + 2

    # A trace that never ends is closed, and the student then writes a token of its own.
    answers = answer_batch(
        tiny_model(),
        TOKENIZER,
        PROMPTS._replace(opened=True),
        [BatchRow("i", 0, TOKENIZER("2 + 2 =")["input_ids"])],
        Decoding(thinking_tokens=most, ask=ask),
        limit=40,
        room=MemoryRoom(""),
        budget=one._replace(opened=True),
    )
    closed = f"\n</think>\n\n{ask or ''}"
    assert answers[0].text.partition(closed)[2]
