"""The loss: what a person computes by hand, at labelled positions only."""

import pytest
import torch
from tests.train.tiny import settings_for

from breakeven.rendering import Example
from breakeven.train.losses import collate, gated_head, summed_loss

# Prompts of 3, 2 and 4 tokens; 2, 3 and 1 tokens to learn.
EXAMPLES = [
    Example((5, 6, 7, 8, 9), 3),
    Example((10, 11, 12, 13, 14), 2),
    Example((20, 21, 22, 23, 24), 4),
    Example((30, 31, 32), 1),
]


@pytest.fixture
def model(bench):
    return bench.model(settings_for(method="full"))


@torch.no_grad()
def by_hand(model, examples):
    """Sum over labelled tokens of −log p(token | tokens before), one example at a time."""
    total = 0.0
    for example in examples:
        logits = model(input_ids=torch.tensor([example.input_ids])).logits[0]
        for position in range(example.labels_start, len(example.input_ids)):
            scores = logits[position - 1].double()
            total += float(scores.logsumexp(0) - scores[example.input_ids[position]])
    return total


@torch.no_grad()
def loss_of(model, examples):
    with gated_head(model) as gate:
        return summed_loss(model, collate(examples), gate)


@pytest.mark.parametrize("examples", [EXAMPLES[:1], EXAMPLES[1:2], EXAMPLES])
def test_loss_is_what_is_computed_by_hand(model, examples):
    assert float(loss_of(model, examples)) == pytest.approx(by_hand(model, examples), rel=1e-5)


def test_prompt_tokens_as_labels_would_be_another_loss(model):
    unmasked = [Example(one.input_ids, 1) for one in EXAMPLES]
    assert by_hand(model, unmasked) > by_hand(model, EXAMPLES) + 1
    assert float(loss_of(model, unmasked)) == pytest.approx(by_hand(model, unmasked), rel=1e-5)


def test_head_gets_a_gradient_from_labelled_positions_only(model):
    """The hidden states that the head reads: as many as labels; the others get no gradient."""
    seen = []
    norm = model.model.norm

    def keep(_module, _inputs, hidden):
        hidden.retain_grad()
        seen.append(hidden)

    handle = norm.register_forward_hook(keep)
    batch = collate(EXAMPLES)
    with gated_head(model) as gate:
        summed_loss(model, batch, gate).backward()
    handle.remove()
    has_gradient = seen[0].grad.abs().sum(-1) > 0
    expected = torch.tensor(
        [[0, 0, 1, 1], [0, 1, 1, 1], [0, 0, 0, 1], [1, 1, 0, 0]], dtype=torch.bool
    )
    assert torch.equal(has_gradient, expected)


def test_logits_are_computed_at_labelled_positions_only(model):
    sizes = []
    head = model.get_output_embeddings()
    handle = head.register_forward_hook(lambda _module, _inputs, out: sizes.append(out.shape))
    loss_of(model, EXAMPLES)
    handle.remove()
    assert [tuple(size) for size in sizes] == [(2 + 3 + 1 + 2, len(head.weight))]


def test_padding_changes_no_loss(model):
    alone = sum(float(loss_of(model, [one])) for one in EXAMPLES)
    assert float(loss_of(model, EXAMPLES)) == pytest.approx(alone, rel=1e-6)


def test_head_is_as_before_after_the_block(model):
    loss_of(model, EXAMPLES)
    assert model(input_ids=torch.tensor([[1, 2, 3]])).logits.shape[:2] == (1, 3)


def test_end_token_is_learnt_and_not_read():
    batch = collate(EXAMPLES[:1])
    assert batch.input_ids.tolist() == [[5, 6, 7, 8]]
    assert batch.targets.tolist() == [8, 9]
