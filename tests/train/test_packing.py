"""Packed sequences do not see each other: logits, loss, gradients are those of the padded way."""

import pytest
import torch
from tests.train.families import FAMILIES, lfm2, saved
from tests.train.tiny import settings_for

from breakeven.core.errors import InputError
from breakeven.rendering import Example
from breakeven.train.losses import (
    collate,
    collate_packed,
    gated_head,
    gated_logits,
    summed_loss,
)
from breakeven.train.packing import check_packing
from breakeven.train.trained_model import trainable_model, trained_parameters
from breakeven.train.trainer import train


def examples(*lengths):
    """Random sequences; the second half of each is learnt."""
    draw = torch.Generator().manual_seed(1)
    return [
        Example(tuple(torch.randint(0, 64, (length,), generator=draw).tolist()), length // 2)
        for length in lengths
    ]


# Longer and shorter than Gemma's window of 4, two of one token to read.
EXAMPLES = examples(14, 9, 9, 5, 3, 2, 2)


def model_of(family):
    torch.manual_seed(0)
    return FAMILIES[family]().train()


def learnt(model, batches):
    """Loss and gradients of batches, added up."""
    with gated_head(model) as gate:
        loss = sum(summed_loss(model, batch, gate) for batch in batches)
        loss.backward()
    return float(loss.detach()), {name: one.grad for name, one in model.named_parameters()}


def test_packed_row_says_where_each_sequence_begins():
    batch = collate_packed([Example((5, 6, 7, 8), 2), Example((9, 10, 11), 1)], flash=True)
    assert batch.input_ids.tolist() == [[5, 6, 7, 9, 10]]
    assert batch.predicts.tolist() == [1, 2, 3, 4]
    assert batch.targets.tolist() == [7, 8, 10, 11]
    assert batch.more["position_ids"].tolist() == [[0, 1, 2, 0, 1]]
    assert batch.more["cu_seq_lens_q"].tolist() == [0, 3, 5]
    assert batch.more["max_length_k"] == 3


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("family", FAMILIES)
def test_packed_logits_are_those_of_each_sequence_alone(family, attention):
    model = model_of(family)
    model.set_attn_implementation(attention)
    with torch.no_grad(), gated_head(model) as gate:
        packed = gated_logits(model, collate_packed(EXAMPLES), gate)
        alone = [gated_logits(model, collate([one]), gate) for one in EXAMPLES]
    torch.testing.assert_close(packed, torch.cat(alone), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_packed_loss_and_gradients_are_those_of_the_padded_way(family):
    padded_loss, padded = learnt(model_of(family), [collate(EXAMPLES)])
    loss, gradients = learnt(model_of(family), [collate_packed(EXAMPLES)])
    assert loss == pytest.approx(padded_loss, rel=1e-5)
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradient, padded[name], rtol=1e-3, atol=1e-4, msg=name)


@pytest.mark.parametrize("family", FAMILIES)
def test_sequences_that_see_each_other_would_have_other_logits(family):
    """What the equality above would miss if a tiny model's attention counted for nothing."""
    model = model_of(family)
    batch = collate_packed(EXAMPLES)
    leaking = batch._replace(more={})
    with torch.no_grad(), gated_head(model) as gate:
        logits = [gated_logits(model, one, gate) for one in (batch, leaking)]
    assert float((logits[0] - logits[1]).abs().max()) > 0.1


def checked(model):
    with gated_head(model) as gate:
        check_packing(model, gate, vocabulary=64, flash=False, device=torch.device("cpu"))


@pytest.mark.parametrize("family", FAMILIES)
def test_attention_that_keeps_sequences_apart_is_accepted(family):
    model = model_of(family)
    checked(model)
    assert model.training


def test_convolution_over_neighbours_is_refused():
    torch.manual_seed(0)
    with pytest.raises(InputError, match=r"training\.packing: value is true; in this model a seq"):
        checked(lfm2())


def test_model_that_takes_no_positions_is_refused():
    from transformers import BloomConfig, BloomForCausalLM

    model = BloomForCausalLM(BloomConfig(vocab_size=64, hidden_size=32, n_layer=1, n_head=2))
    with pytest.raises(InputError, match=r"training\.packing: value is true; in this model"):
        checked(model)


def test_model_that_ignores_where_sequences_begin_is_refused():
    model = model_of("gemma3")
    forward = model.model.forward

    def without_positions(*args, position_ids, **more):
        return forward(*args, **more)

    model.model.forward = without_positions
    with pytest.raises(InputError, match="a sequence sees those before it"):
        checked(model)


@pytest.mark.parametrize("method", ["full", "lora", "qlora"])
@pytest.mark.parametrize("family", FAMILIES)
def test_packed_curve_is_the_padded_one(bench, tmp_path, family, method):
    base = saved(FAMILIES[family], tmp_path / "base")
    steps = [[EXAMPLES[:3], EXAMPLES[3:]], [EXAMPLES[::2], EXAMPLES[1::2]], [EXAMPLES]]
    curves = []
    for packing in (False, True):
        settings = settings_for(method=method, packing=packing)
        model = trainable_model(base, settings, device=torch.device("cpu"), seed=0)
        assert trained_parameters(model)
        curves.append(
            train(
                model,
                steps,
                device=bench.device,
                label="test",
                **bench.rest(settings, len(steps), f"packing-{packing}"),
            )
        )
    assert curves[1].loss == pytest.approx(curves[0].loss, rel=1e-4)
    assert curves[1].gradient_norm == pytest.approx(curves[0].gradient_norm, rel=1e-3)
