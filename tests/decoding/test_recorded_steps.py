"""Steps over buffers at fixed places write what plain ones write; on a GPU, recorded as well."""

import pytest
import torch
from tests.answer.tiny import tiny_model
from tests.decoding.test_decode import SMALL, falcon, gemma, greedy, library_greedy, prompts
from tests.models.test_kept_memory import LiveBytes
from transformers import LlamaConfig, LlamaForCausalLM, Qwen3MoeConfig, Qwen3MoeForCausalLM

from breakeven.decoding import decode, recorded_steps
from breakeven.decoding.cache import growing_cache
from breakeven.decoding.plain_steps import PlainSteps
from breakeven.decoding.recorded_steps import RecordedSteps, recordable


@pytest.fixture(scope="module")
def model():
    return tiny_model(seed=1)


@pytest.fixture
def laid_out(monkeypatch):
    """All steps but the first over fixed buffers, which are soon full; how often they were made."""
    made = []
    place = RecordedSteps._place
    monkeypatch.setattr(decode, "STEPS_BEFORE", 1)
    monkeypatch.setattr(decode, "recorded", RecordedSteps)
    monkeypatch.setattr(recorded_steps, "ROOM_TOKENS", 3)
    monkeypatch.setattr(recorded_steps, "_ALIGNED", 1)
    monkeypatch.setattr(
        RecordedSteps,
        "_place",
        lambda self, *args: made.append(len(args[0])) or place(self, *args),
    )
    return made


def test_fixed_buffers_that_fill_up_write_what_the_library_writes(model, laid_out):
    batch = prompts()
    found = greedy(model, batch, end_ids=())
    assert [one.ids for one in found] == [library_greedy(model, row, end_ids=()) for row in batch]
    assert len(laid_out) > 3
    assert set(laid_out) == {len(batch)}


def test_rows_that_have_ended_leave_and_the_others_write_the_same(model, laid_out, monkeypatch):
    batch = prompts(count=20, seed=4)
    usual = greedy(model, batch, end_ids=())
    ends = sorted({one.ids[place] for place, one in enumerate(usual[:14])})
    wanted = [library_greedy(model, row, end_ids=ends) for row in batch]
    laid_out.clear()
    assert [one.ids for one in greedy(model, batch, end_ids=ends)] == wanted
    assert len(set(laid_out)) > 1


def test_a_beginning_that_is_shared_is_hidden_where_it_is_padded(model, laid_out):
    batch = prompts(count=8, shared=range(20, 60))
    assert [one.ids for one in greedy(model, batch)] == [
        library_greedy(model, row) for row in batch
    ]
    assert laid_out


def test_what_a_buffer_has_room_for_is_no_number_that_counts(model, laid_out, monkeypatch):
    """Values that are hidden are multiplied by 0: they must be numbers."""
    empty = torch.Tensor.new_empty
    monkeypatch.setattr(
        torch.Tensor, "new_empty", lambda self, *size: empty(self, *size).fill_(float("nan"))
    )
    found = greedy(model, prompts(), end_ids=())
    assert all(torch.tensor(one.logprobs).isfinite().all() for one in found)


def test_keys_and_values_are_never_all_there_twice():
    model = LlamaForCausalLM(LlamaConfig(**{**SMALL, "num_hidden_layers": 20}))
    cache = growing_cache(model.config)
    states = torch.rand(8, 1, 500, 16)
    for layer in cache.layers:
        layer.update(states, states)
    with LiveBytes([one for layer in cache.layers for one in (layer.keys, layer.values)]) as live:
        before = live.peak
        mask, positions = torch.ones(8, 900, dtype=torch.long), torch.full((8, 1), 500)
        steps = RecordedSteps(PlainSteps(model, cache, mask, positions, 500))
        del cache, layer
        placed = sum(live.sizes.values())
        steps.select(torch.arange(4))
        steps._filled = 640  # full
        steps._place(steps._mask[:, 0, 0], steps._positions)
    assert placed > before  # there is room now
    assert live.peak < 1.2 * placed


def test_a_step_is_recorded_only_where_it_is_the_same_every_time():
    plain = LlamaForCausalLM(LlamaConfig(**SMALL))
    assert recordable(plain, growing_cache(plain.config))
    # On a CPU there is nothing to record with.
    mask = torch.ones(2, 9)
    assert recorded_steps.recorded(PlainSteps(plain, None, mask, mask, 3)) is None
    rope = {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}
    by_length = LlamaForCausalLM(LlamaConfig(**SMALL, rope_parameters=rope))
    experts = Qwen3MoeForCausalLM(
        Qwen3MoeConfig(**SMALL, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=16)
    )
    for other in (by_length, gemma(), experts, falcon()):
        assert not recordable(other, growing_cache(other.config))
    plain.set_attn_implementation("eager")
    assert not recordable(plain, growing_cache(plain.config))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_recorded_step_on_a_gpu_writes_what_a_plain_one_writes(model, monkeypatch):
    batch = prompts(count=20, seed=4)
    model = tiny_model(seed=1).cuda()
    steps = {"recorded": 0}
    record = RecordedSteps._record

    def counted(self):
        record(self)
        steps["recorded"] += self._graph is not None

    monkeypatch.setattr(RecordedSteps, "_record", counted)
    found = greedy(model, batch, limit=200, end_ids=(7,))
    monkeypatch.setattr(decode, "recorded", lambda plain: None)
    assert [one.ids for one in found] == [
        one.ids for one in greedy(model, batch, limit=200, end_ids=(7,))
    ]
    assert steps["recorded"] > 1
