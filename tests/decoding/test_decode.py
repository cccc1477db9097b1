"""Batched decoding gives what each prompt gives alone."""

import pytest
import torch
from tests.answer.tiny import tiny_model
from transformers import (
    FalconConfig,
    FalconForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GPTNeoConfig,
    GPTNeoForCausalLM,
    Lfm2Config,
    Lfm2ForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    MptConfig,
    MptForCausalLM,
)

from breakeven.decoding import decode, plain_steps
from breakeven.decoding.cache import growing_cache
from breakeven.decoding.decode import generate
from breakeven.decoding.plain_steps import PlainSteps, last_logits
from breakeven.decoding.sampling import chooser, draw
from breakeven.params import Decoding

GREEDY = Decoding()
SAMPLED = Decoding(temperature=1.0, top_p=0.9, samples=4, seed=3)


def prompts(count=12, seed=0, vocabulary=200, shared=()):
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, 30, (count,), generator=generator).tolist()
    return [
        [*shared, *torch.randint(5, vocabulary, (length,), generator=generator).tolist()]
        for length in lengths
    ]


def greedy(model, batch, limit=20, end_ids=(7, 9), **settings):
    choose = chooser(GREEDY, [""] * len(batch), limit)
    return generate(model, batch, limit=limit, end_ids=end_ids, choose=choose, **settings)


def library_greedy(model, prompt, limit=20, end_ids=(7, 9)):
    out = model.generate(
        torch.tensor([prompt]),
        attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
        max_new_tokens=limit,
        do_sample=False,
        eos_token_id=list(end_ids),
        pad_token_id=0,
    )
    return out[0, len(prompt) :].tolist()


@pytest.fixture(scope="module")
def model():
    return tiny_model(seed=1)


@pytest.fixture(scope="module")
def ends(model):
    """End tokens that this model does write, so that samples end at different steps."""
    rows = [set(library_greedy(model, prompt, end_ids=())) for prompt in prompts()]
    shares = {token: sum(token in row for row in rows) for row in rows for token in row}
    return [token for token, count in sorted(shares.items()) if count in (4, 5)][:2]


def test_a_batch_writes_what_the_library_writes_for_each_prompt_alone(model, ends):
    batch = prompts()
    found = greedy(model, batch, end_ids=ends)
    assert [one.ids for one in found] == [
        library_greedy(model, prompt, end_ids=ends) for prompt in batch
    ]
    assert len({len(one.ids) for one in found}) > 2, "all rows ended alike; nothing was tested"


def test_a_row_has_ended_only_where_its_last_token_is_an_end_token(model, ends):
    found = greedy(model, prompts(), end_ids=ends)
    for one in found:
        assert one.ended == (one.ids[-1] in ends)
        assert not set(one.ids[:-1]) & set(ends)
    assert {one.ended for one in found} == {True, False}


@pytest.mark.parametrize("share", [0.0, 0.5, 2.0])
def test_shrinking_batches_changes_nothing(model, ends, share, monkeypatch):
    batch = prompts(count=20, seed=4)
    usual = greedy(model, batch, end_ids=ends)
    monkeypatch.setattr(PlainSteps, "shrink_share", share)
    assert greedy(model, batch, end_ids=ends) == usual


def test_finished_rows_are_not_computed_any_further(model, ends, monkeypatch):
    rows = []
    for place in (decode, plain_steps):
        monkeypatch.setattr(
            place,
            "last_logits",
            lambda model, ids, *rest: rows.append(len(ids)) or last_logits(model, ids, *rest),
        )
    monkeypatch.setattr(PlainSteps, "shrink_share", 0.0)
    found = greedy(model, prompts(), end_ids=ends)
    steps = [sum(len(one.ids) > step for one in found) for step in range(20)]
    assert rows == [count for count in steps if count]


def test_a_beginning_that_all_prompts_share_is_read_once_and_changes_nothing(model, monkeypatch):
    batch = prompts(count=8, shared=range(20, 60))
    read = []
    forward = model.forward
    monkeypatch.setattr(
        model,
        "forward",
        lambda *args, **kwargs: read.append(kwargs["input_ids"].shape) or forward(*args, **kwargs),
    )
    together = greedy(model, batch)
    assert read[0] == (1, 40)
    assert read[1] == (8, max(map(len, batch)) - 40)
    monkeypatch.undo()
    assert [one.ids for one in together] == [library_greedy(model, prompt) for prompt in batch]


def test_equal_prompts_each_get_a_last_token_of_their_own(model):
    batch = [list(range(20, 60))] * 3
    assert [one.ids for one in greedy(model, batch)] == [library_greedy(model, batch[0])] * 3


SMALL = {
    "vocab_size": 200,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "initializer_range": 0.4,
    "bos_token_id": None,
    "eos_token_id": None,
    "pad_token_id": None,
}


def gemma():
    kinds = ["sliding_attention", "full_attention", "sliding_attention"]
    config = Gemma3TextConfig(**SMALL, head_dim=16, sliding_window=8, layer_types=kinds)
    return Gemma3ForCausalLM(config)


def mistral():
    """Its configuration has a window and lists no layers."""
    return MistralForCausalLM(MistralConfig(**SMALL, sliding_window=8))


def lfm2():
    kinds = ["conv", "full_attention", "conv"]
    return Lfm2ForCausalLM(Lfm2Config(**SMALL, layer_types=kinds))


def falcon():
    return FalconForCausalLM(FalconConfig(**SMALL, alibi=True))


def mpt():
    config = MptConfig(d_model=32, n_heads=2, n_layers=2, max_seq_len=256, vocab_size=200)
    return MptForCausalLM(config)


def gpt_neo():
    """Its window is a mask by places over a cache that only grows."""
    kinds = [[["local"], 2]]
    shape = {"hidden_size": 32, "num_heads": 2, "num_layers": 2, "max_position_embeddings": 256}
    config = GPTNeoConfig(**shape, attention_types=kinds, window_size=8, vocab_size=200)
    model = GPTNeoForCausalLM(config)
    with torch.no_grad():
        # What is attended to decides, rather than the token itself.
        for layer in model.transformer.h:
            layer.attn.attention.v_proj.weight *= 40
            layer.attn.attention.out_proj.weight *= 40
    return model


@pytest.mark.parametrize("family", [gemma, mistral, lfm2, falcon, mpt, gpt_neo])
def test_what_counts_places_or_keeps_a_state_is_in_a_batch_as_alone(family):
    """Sliding windows, convolutions, and biases by distance instead of positions."""
    torch.manual_seed(0)
    model = family().eval()
    batch = prompts(count=6, shared=range(20, 60))
    usual = [library_greedy(model, prompt, limit=12, end_ids=()) for prompt in batch]
    ends = sorted({row[3 + place] for place, row in enumerate(usual[:4])})  # they end one by one
    assert [one.ids for one in greedy(model, batch, limit=12, end_ids=ends)] == [
        library_greedy(model, prompt, limit=12, end_ids=ends) for prompt in batch
    ]


def test_the_limit_is_the_number_of_new_tokens(model):
    assert {len(one.ids) for one in greedy(model, prompts(), limit=5, end_ids=())} == {5}
    assert {len(one.ids) for one in greedy(model, prompts(), limit=1, end_ids=())} == {1}


def test_a_sample_is_the_same_alone_and_in_any_batch(model, ends):
    batch = prompts(count=10, seed=2)
    names = [f"task/item/{number}" for number in range(10)]

    def sampled(numbers):
        choose = chooser(SAMPLED, [names[number] for number in numbers], 15)
        rows = [batch[number] for number in numbers]
        return generate(model, rows, limit=15, end_ids=ends, choose=choose)

    together = sampled(range(10))
    for numbers in ([7, 3], [5]):
        for one, number in zip(sampled(numbers), numbers, strict=True):
            assert one[:2] == together[number][:2]
            # Sums over other padding round otherwise.
            assert one.logprobs == pytest.approx(together[number].logprobs, abs=1e-4)


def test_samples_of_one_item_differ_and_another_seed_gives_others(model):
    rows = prompts(count=1) * 4
    samples = [f"task/item/{number}" for number in range(4)]
    other = SAMPLED.model_copy(update={"seed": 4})
    first, second = (
        generate(model, rows, limit=15, end_ids=(), choose=chooser(decoding, samples, 15))
        for decoding in (SAMPLED, other)
    )
    assert len({tuple(one.ids) for one in first}) == 4
    assert first != second


def test_drawn_tokens_follow_their_probabilities():
    # Probabilities 0.5, 0.25, 0.125, 0.125; 4,000 evenly spread points hit each its share.
    logits = torch.log(torch.tensor([0.125, 0.5, 0.125, 0.25])).expand(4000, 4)
    points = (torch.arange(4000) + 0.5) / 4000
    counts = torch.bincount(draw(logits, points, Decoding(temperature=1.0)), minlength=4)
    assert counts.tolist() == [500, 2000, 500, 1000]


def test_the_nucleus_leaves_out_the_tail_and_keeps_the_ratio_of_the_rest():
    # 0.5 + 0.25 reach 0.7: two tokens are kept, at 2 to 1.
    logits = torch.log(torch.tensor([0.125, 0.5, 0.125, 0.25])).expand(3000, 4)
    points = (torch.arange(3000) + 0.5) / 3000
    counts = torch.bincount(draw(logits, points, Decoding(temperature=1.0, top_p=0.7)), minlength=4)
    assert counts.tolist() == [0, 2000, 0, 1000]


def test_a_low_temperature_draws_the_likeliest():
    logits = torch.tensor([[1.0, 3.0, 2.0]]).expand(50, 3)
    assert set(
        draw(logits, torch.linspace(0.001, 0.999, 50), Decoding(temperature=0.05)).tolist()
    ) == {1}


def test_the_highest_point_never_falls_past_the_last_token():
    logits = torch.zeros(1, 1000)
    for top_p in (1.0, 0.35):
        assert (
            draw(logits, torch.tensor([1.0]), Decoding(temperature=1.0, top_p=top_p)).item() < 1000
        )


def test_the_cache_copies_only_new_tokens_until_its_buffer_is_full(model):
    cache = growing_cache(model.config)
    states = torch.arange(2 * 2 * 3 * 8, dtype=torch.float32).view(2, 2, 3, 8)
    layer = cache.layers[0]
    layer.update(states, states)
    place = layer.keys.data_ptr()
    layer.update(states, states)
    assert layer.keys.data_ptr() == place
    assert torch.equal(layer.keys, torch.cat([states, states], dim=2))
    layer.reorder_cache(torch.tensor([1]))
    layer.update(states[:1], states[:1])
    assert torch.equal(layer.keys, torch.cat([states[1:], states[1:], states[:1]], dim=2))
