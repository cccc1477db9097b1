"""Batches that do not fit into memory are halved: every prompt is answered as otherwise."""

import os
import subprocess
import sys

import pytest
import torch
from tests.answer.tiny import TOKENIZER, save_base, tiny_model
from tests.decoding.test_decode import GREEDY, SAMPLED, prompts

from breakeven.answer.task_prompts import Wording, render_items
from breakeven.answer.transformers_engine import answer_batch
from breakeven.core.errors import MachineError
from breakeven.decoding.batching import BatchRow
from breakeven.decoding.budget import thinking_budget
from breakeven.decoding.decode import generate, generate_what_fits
from breakeven.decoding.memory_room import AnswerTooLongError, MemoryRoom, generate_in_room
from breakeven.decoding.sampling import chooser
from breakeven.params import Decoding
from breakeven.rows.item import Item

LIMIT = 20
END_IDS = tuple(range(5, 25))  # so many that rows end at different steps


@pytest.fixture
def model():
    return tiny_model(seed=1)


def short_of_memory(model, rows, *, from_pass=0):
    """The allocator's own error in every pass over more than `rows`; the rows of each that fits."""
    seen = []

    def look(_layer, inputs):
        seen.append(len(inputs[0]))
        if len(inputs[0]) > rows and len(seen) > from_pass:
            torch.empty(2**46)

    model.get_input_embeddings().register_forward_pre_hook(look)
    return seen


def answered(model, batch, decoding=GREEDY, room=None, halvings=None):
    names = [f"row {number}" for number in range(len(batch))]
    room = room or MemoryRoom("a batch")
    return generate_in_room(
        model,
        batch,
        room,
        limit=LIMIT,
        end_ids=END_IDS,
        choose_for=lambda places: chooser(
            decoding, [names[at] for at in places], LIMIT, [batch[at] for at in places]
        ),
        halvings=halvings,
    )


@pytest.mark.parametrize("from_pass", [0, 3, 9])
@pytest.mark.parametrize(
    "decoding", [GREEDY, SAMPLED, Decoding(temperature=0.8, repetition_penalty=1.3)]
)
def test_halved_batches_write_the_same_tokens(model, decoding, from_pass, capsys):
    batch = prompts(count=12, seed=2)
    whole = answered(model, batch, decoding)
    assert len({len(one.ids) for one in whole}) > 3
    seen = short_of_memory(model, 3, from_pass=from_pass)
    halved = answered(model, batch, decoding)
    assert max(seen[-30:]) <= 3
    assert [(one.ids, one.ended) for one in halved] == [(one.ids, one.ended) for one in whole]
    for one, other in zip(halved, whole, strict=True):
        assert one.logprobs == pytest.approx(other.logprobs, abs=1e-4)
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("a batch: memory has run out with 12 prompts of up to ")
    assert told[-1].endswith(("go on with 3", "go on with 2", "go on with 1"))


def test_each_time_that_memory_ran_out_is_taken_down(model):
    batch, halvings = prompts(count=12, seed=2), []
    answered(model, batch, halvings=halvings)
    assert halvings == []
    short_of_memory(model, 3)
    answered(model, batch, halvings=halvings)
    width = max(map(len, batch)) + LIMIT
    assert halvings == [[12, width], [6, width]]


def test_what_is_finished_when_memory_runs_out_is_kept(model):
    batch = prompts(count=12, seed=2)
    choose = chooser(GREEDY, [""] * 12, LIMIT)
    whole = generate(model, batch, limit=LIMIT, end_ids=END_IDS, choose=choose)
    # A prefill and six steps: who has written six tokens at most is done.
    short_of_memory(model, 0, from_pass=6)
    made = generate_what_fits(model, batch, limit=LIMIT, end_ids=END_IDS, choose=choose)
    done = [len(one.ids) <= 6 for one in whole]
    assert True in done
    assert False in done
    assert made == [one if is_done else None for one, is_done in zip(whole, done, strict=True)]


def test_what_is_finished_is_not_begun_again(model):
    batch = prompts(count=12, seed=2)
    began = []

    def choose_for(places):
        began.append(list(places))
        return chooser(GREEDY, [""] * len(places), LIMIT)

    short_of_memory(model, 4, from_pass=6)
    options = {"limit": LIMIT, "end_ids": END_IDS, "choose_for": choose_for}
    generate_in_room(model, batch, MemoryRoom("a batch"), **options)
    again = [place for places in began[1:] for place in places]
    assert began[0] == list(range(12))
    assert 0 < len(set(again)) < 12
    assert all(len(places) <= 6 for places in began[1:])


def test_the_next_batch_begins_with_what_fits_and_a_shorter_one_with_more(model, capsys):
    room = MemoryRoom("a batch")
    seen = short_of_memory(model, 6)
    long = [prompt * 3 for prompt in prompts(count=12, seed=2)]
    answered(model, long, room=room)
    del seen[:]
    answered(model, long, room=room)
    assert max(seen) == 6
    assert len(capsys.readouterr().err.splitlines()) == 1
    short = [prompt[:1] for prompt in long]
    assert len(room.parts(list(range(12)), len(short[0]) + LIMIT)) == 1


def test_memory_that_does_not_hold_one_answer_is_an_error_of_one_line(model):
    short_of_memory(model, 0, from_pass=2)
    with pytest.raises(AnswerTooLongError):
        answered(model, prompts(count=4))
    rendered = render_items(TOKENIZER, "t", [], Wording(0))
    rows = [BatchRow(f"i{n}", 0, (30, 31, 32)) for n in range(4)]
    room = MemoryRoom("a batch")
    with pytest.raises(MachineError, match=r"^params.yaml: answering.max_new_tokens: one answer "):
        answer_batch(model, TOKENIZER, rendered, rows, GREEDY, limit=LIMIT, room=room)


def test_a_plain_batch_says_that_it_does_not_fit(model):
    short_of_memory(model, 3)
    with pytest.raises(MemoryError, match="12 prompts at a time do not fit"):
        generate(
            model,
            prompts(),
            limit=LIMIT,
            end_ids=(),
            choose=chooser(GREEDY, [""] * 12, LIMIT),
        )


def test_budgets_of_thinking_are_held_in_halved_batches(model):
    decoding = Decoding(temperature=1.5, thinking_tokens=9, ask="7", wait=1, wait_text=" 8")
    asked = [
        Item(f"i{n}", "t", "math-open", "1 + 1?" * (n % 5), "2", "c", "exact") for n in range(8)
    ]
    rendered = render_items(TOKENIZER, "t", asked, Wording(0, thinking="forced"))
    budget = thinking_budget(TOKENIZER, "d", decoding, opened=rendered.opened)
    rows = [BatchRow(item, 0, ids) for item, ids in rendered.token_ids]

    def texts():
        room = MemoryRoom("a batch")
        options = {"limit": 24, "room": room, "budget": budget}
        return [
            one.text for one in answer_batch(model, TOKENIZER, rendered, rows, decoding, **options)
        ]

    whole = texts()
    short_of_memory(model, 2, from_pass=5)
    assert texts() == whole


# Answers 64 prompts of a model in a process with so many bytes more than it has; 0 is no limit.
CHILD = """
import json, resource, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from tests.decoding.test_halved_batches import answered, prompts
from breakeven.models.loading import load_base
model = load_base(Path(sys.argv[1]), torch.float32).eval()
batch = [prompt * 4 for prompt in prompts(count=64, seed=5)]
answered(model, batch[:2])  # libraries make their buffers
if more := int(sys.argv[2]):
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + more, size + more))
print(json.dumps([one.ids for one in answered(model, batch)]))
"""


def in_child(base, more):
    return subprocess.run(
        [sys.executable, "-c", CHILD, str(base), str(more)],
        text=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": ":".join(sys.path), "OMP_NUM_THREADS": "1"},
    )


@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited on Linux only")
def test_a_process_whose_memory_is_limited_gives_the_same_answers(tmp_path):
    save_base(tmp_path, hidden=256)
    free, limited = in_child(tmp_path, 0), in_child(tmp_path, 24 * 2**20)
    assert limited.returncode == 0, limited.stderr
    assert "a batch: memory has run out with 64 prompts" in limited.stderr
    assert "memory has run out" not in free.stderr
    assert limited.stdout == free.stdout
