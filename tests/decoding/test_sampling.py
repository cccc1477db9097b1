"""Samplers cut and penalise as transformers' and vLLM's own do."""

import pytest
import torch
from tests.answer.tiny import tiny_model
from tests.decoding.test_decode import prompts
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from breakeven.decoding.decode import generate
from breakeven.decoding.sampling import chooser, draw
from breakeven.params import Decoding

CUTS = {
    "top_k": {"top_k": 5},
    "top_k of all": {"top_k": 1000},
    "top_p": {"top_p": 0.8},
    "min_p": {"min_p": 0.2},
    "top_k and top_p": {"top_k": 6, "top_p": 0.7},
    "top_p and min_p": {"top_p": 0.9, "min_p": 0.1},
    "all": {"top_k": 7, "top_p": 0.9, "min_p": 0.15},
}


def library(decoding: Decoding) -> LogitsProcessorList:
    """Their processors in the order of `generate`."""
    given = [TemperatureLogitsWarper(decoding.temperature)] if decoding.temperature else []
    if decoding.repetition_penalty is not None:
        given.insert(0, RepetitionPenaltyLogitsProcessor(decoding.repetition_penalty))
    if decoding.top_k is not None:
        given.append(TopKLogitsWarper(decoding.top_k))
    if decoding.top_p < 1:
        given.append(TopPLogitsWarper(decoding.top_p))
    if decoding.min_p is not None:
        given.append(MinPLogitsWarper(decoding.min_p))
    return LogitsProcessorList(given)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("temperature", [0.6, 1.0, 1.7])
def test_tokens_are_drawn_with_the_probabilities_that_the_library_leaves(cut, temperature):
    decoding = Decoding(temperature=temperature, **CUTS[cut])
    logits = 2 * torch.randn(8, 30, generator=torch.Generator().manual_seed(1))
    wanted = library(decoding)(torch.zeros(8, 1, dtype=torch.long), logits.clone()).softmax(-1)
    points = (torch.arange(20_000) + 0.5) / 20_000
    for row, expected in zip(logits, wanted, strict=True):
        drawn = draw(row.expand(len(points), -1), points, decoding)
        shares = torch.bincount(drawn, minlength=30) / len(points)
        assert (shares - expected).abs().max() < 2e-4
        assert set(drawn.tolist()) <= set(expected.nonzero()[:, 0].tolist())


def last_choice(decoding, prompt, written, logits):
    """The likeliest token after `written`, alone in a batch whose other row has written others."""
    other = torch.randint(0, logits.shape[-1], (len(written),))
    history = torch.stack([other, torch.tensor(written)])
    choose = chooser(decoding, ["", ""], len(written) + 1, [[0], prompt])
    rows = torch.tensor([1])
    (token,) = choose(logits[None], rows, len(written), history)
    return int(token)


def test_a_repetition_penalty_is_the_library_s():
    generator = torch.Generator().manual_seed(3)
    choices = set()
    for penalty in (0.7, 1.3, 2.0):
        decoding = Decoding(repetition_penalty=penalty)
        for _ in range(50):
            logits = torch.randn(12, generator=generator)
            seen = torch.randint(0, 12, (9,), generator=generator).tolist()
            wanted = library(decoding)(torch.tensor([seen]), logits[None].clone()).argmax()
            found = last_choice(decoding, seen[:4], seen[4:], logits)
            assert found == int(wanted)
            choices.add(found == int(logits.argmax()))
    assert choices == {True, False}, "the penalty never decided; nothing was tested"


def test_presence_counts_a_token_once_and_frequency_every_time_and_the_prompt_not_at_all():
    logits = torch.tensor([3.0, 2.5, 2.0, 0.0])
    written = [0, 0, 0, 1]
    for penalties, wanted in (
        ({}, 0),
        ({"presence_penalty": 0.6}, 0),  # 2.4, 1.9, 2.0
        ({"presence_penalty": 1.2}, 2),  # 1.8, 1.3, 2.0
        ({"frequency_penalty": 0.2}, 0),  # 2.4, 2.3, 2.0
        ({"frequency_penalty": 0.3}, 1),  # 2.1, 2.2, 2.0
        ({"frequency_penalty": 0.6}, 2),  # 1.2, 1.9, 2.0
        ({"frequency_penalty": -1.0}, 0),
    ):
        # The prompt is full of the token that would lose by being counted.
        assert last_choice(Decoding(**penalties), [2] * 9, written, logits) == wanted


def test_penalties_follow_what_each_row_has_written_in_a_batch_that_shrinks():
    model = tiny_model(seed=1)
    batch = prompts()
    decoding = Decoding(repetition_penalty=1.4)
    choose = chooser(decoding, [""] * len(batch), 20, batch)
    found = generate(model, batch, limit=20, end_ids=(7, 9), choose=choose)
    for prompt, one in zip(batch, found, strict=True):
        alone = model.generate(
            torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
            max_new_tokens=20,
            do_sample=False,
            repetition_penalty=1.4,
            eos_token_id=[7, 9],
            pad_token_id=0,
        )
        assert one.ids == alone[0, len(prompt) :].tolist()


@pytest.mark.parametrize(
    "sampler", [{}, {"temperature": 0.7, "top_k": 9}, {"repetition_penalty": 1.5}]
)
def test_log_probabilities_are_the_model_s_own_whatever_the_sampler(sampler):
    model = tiny_model(seed=2)
    batch = prompts(count=6)
    choose = chooser(Decoding(**sampler), [str(n) for n in range(6)], 12, batch)
    found = generate(model, batch, limit=12, end_ids=(7, 9), choose=choose)
    for prompt, one in zip(batch, found, strict=True):
        assert len(one.logprobs) == len(one.ids)
        with torch.inference_mode():
            logits = model(torch.tensor([[*prompt, *one.ids]])).logits[0, len(prompt) - 1 : -1]
        wanted = logits.log_softmax(-1).gather(-1, torch.tensor(one.ids)[:, None])[:, 0]
        assert torch.tensor(one.logprobs).sub(wanted).abs().max() < 1e-4
