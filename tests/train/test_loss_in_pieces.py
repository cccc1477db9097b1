"""A loss in pieces is the loss, with its gradients; what follows a head is not left out."""

import pytest
import torch
from tests.answer.tiny import tiny_model
from tests.train.families import SHAPE
from tests.train.tiny import settings_for
from torch import nn
from transformers import CohereConfig, CohereForCausalLM, Gemma2Config, Gemma2ForCausalLM

from breakeven.models.memory import piece_tokens
from breakeven.rendering import Example
from breakeven.train import trainer
from breakeven.train.loss_in_pieces import HeadLoss, ends_in_its_head
from breakeven.train.losses import collate, gated_head, summed_loss

CPU = torch.device("cpu")


def drawn(tokens=37, vocabulary=50, width=16, seed=0):
    torch.manual_seed(seed)
    hidden = torch.randn(tokens, width, requires_grad=True)
    head = nn.Linear(width, vocabulary)
    return hidden, head, torch.randint(0, vocabulary, (tokens,))


def gradients(loss, *of):
    return torch.autograd.grad(3.0 * loss, of)


@pytest.mark.parametrize("size", [1, 5, 36, 37, 100])
def test_loss_and_gradients_are_those_of_the_usual_way(size):
    hidden, head, targets = drawn()
    parts = (hidden, head.weight, head.bias)
    usual = nn.functional.cross_entropy(head(hidden), targets, reduction="sum")
    pieces = HeadLoss.apply(*parts, targets, size)
    torch.testing.assert_close(pieces, usual)
    torch.testing.assert_close(gradients(pieces, *parts), gradients(usual, *parts))


def test_a_frozen_head_has_no_gradient_and_one_without_bias_is_a_head():
    hidden, head, targets = drawn()
    head.requires_grad_(False)
    loss = HeadLoss.apply(hidden, head.weight, None, targets, 8)
    usual = nn.functional.cross_entropy(hidden @ head.weight.T, targets, reduction="sum")
    torch.testing.assert_close(gradients(loss, hidden), gradients(usual, hidden))
    assert head.weight.grad is None


def test_in_bfloat16_only_the_rounding_differs():
    hidden, head, targets = drawn(tokens=200, vocabulary=300, width=64)
    parts = (hidden, head.weight, head.bias)
    with torch.autocast("cpu", torch.bfloat16):
        logits = head(hidden)
        pieces = HeadLoss.apply(*parts, targets, 64)
    usual = nn.functional.cross_entropy(logits.float(), targets, reduction="sum")
    torch.testing.assert_close(pieces, usual, rtol=1e-3, atol=0)
    for one, other in zip(gradients(pieces, *parts), gradients(usual, *parts), strict=True):
        assert float((one - other).norm() / other.norm()) < 1e-2
        assert one.dtype == other.dtype


def test_a_model_learns_the_same_and_its_head_gives_no_logits():
    model = tiny_model(seed=1)
    examples = [Example(tuple(range(5, 5 + length)), 2) for length in (9, 14, 30)]
    batch, found, widths = collate(examples), {}, []
    with gated_head(model) as gate:
        handle = model.get_output_embeddings().register_forward_hook(
            lambda _head, _inputs, output: widths.append(len(output))
        )
        for size in (None, 10):
            gate.piece_tokens = size
            model.zero_grad()
            loss = summed_loss(model, batch, gate)
            loss.backward()
            found[size] = [loss.detach()] + [one.grad.clone() for one in model.parameters()]
        handle.remove()
    torch.testing.assert_close(found[10], found[None])
    assert widths == [len(batch.targets), 1]


def test_a_pass_that_one_piece_holds_is_computed_at_once():
    model = tiny_model(seed=1)
    batch = collate([Example(tuple(range(5, 15)), 2)])
    with gated_head(model) as gate:
        usual = summed_loss(model, batch, gate)
        gate.piece_tokens = len(batch.targets)
        assert torch.equal(summed_loss(model, batch, gate), usual)
    assert piece_tokens(151_936) == 588
    assert piece_tokens(10**12) == 1


def test_logits_that_are_capped_or_scaled_after_the_head_are_not_left_out():
    assert ends_in_its_head(tiny_model(seed=1), CPU)
    assert not ends_in_its_head(Gemma2ForCausalLM(Gemma2Config(**SHAPE, head_dim=16)), CPU)
    assert not ends_in_its_head(CohereForCausalLM(CohereConfig(**SHAPE, logit_scale=0.5)), CPU)


def test_a_training_in_pieces_takes_the_same_steps(bench, monkeypatch):
    settings = settings_for(method="full")
    steps = [[[*bench.examples.ift[start : start + 4]]] for start in range(3)]
    found, made = {}, []
    apply = HeadLoss.apply
    monkeypatch.setattr(HeadLoss, "apply", lambda *args: made.append(args[-1]) or apply(*args))
    for size in (2**20, 3):
        monkeypatch.setattr(trainer, "piece_tokens", lambda _vocabulary, size=size: size)
        rest = bench.rest(settings, len(steps), str(size))
        model = bench.model(settings)
        found[size] = trainer.train(model, steps, device=bench.device, label="test", **rest)
    assert made == [3] * len(steps)
    assert found[3].loss == pytest.approx(found[2**20].loss, rel=1e-5)
    assert found[3].gradient_norm == pytest.approx(found[2**20].gradient_norm, rel=1e-4)
