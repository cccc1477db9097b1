"""A cell's weights on the base, and the base's own back afterwards."""

import warnings

import pytest
import torch
from tests.answer.conftest import save_adapter
from tests.answer.tiny import quantised, save_base, tiny_model

from breakeven.answer.cell_weights import cell_weights, copy_weights, digest_cell
from breakeven.core.errors import InputError
from breakeven.models.loading import load_base

IDS = torch.tensor([[20, 31, 45, 60, 12, 9], [7, 8, 9, 10, 11, 12]])


def logits(model):
    with torch.inference_mode():
        return model(input_ids=IDS).logits


def with_adapter(base, folder):
    """The base with its adapter apart from the weights, as peft runs it."""
    from peft import PeftModel

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return PeftModel.from_pretrained(base, str(folder)).eval()


@pytest.fixture
def adapter(tmp_path):
    save_adapter(tiny_model(seed=1), tmp_path / "adapter", seed=3)
    return tmp_path / "adapter"


def test_a_merged_adapter_computes_what_the_adapter_apart_computes(adapter):
    model = tiny_model(seed=1)
    apart = logits(with_adapter(tiny_model(seed=1), adapter))
    with cell_weights(model, copy_weights(model), adapter, "lora") as student:
        assert torch.allclose(logits(student), apart, atol=1e-4)
        assert not torch.allclose(logits(student), logits(tiny_model(seed=1)), atol=0.1)


def test_a_quantised_cell_answers_on_the_weights_that_it_was_trained_on(adapter, tmp_path):
    save_base(tmp_path / "base", seed=1)
    apart = logits(with_adapter(quantised(tmp_path / "base"), adapter).train())
    model = load_base(tmp_path / "base", torch.float32)
    with cell_weights(model, copy_weights(model), adapter, "qlora") as student:
        merged = logits(student)
    with cell_weights(model, copy_weights(model), adapter, "lora") as student:
        unrounded = logits(student)
    assert (merged - apart).abs().max() < 0.01 * (unrounded - apart).abs().max()


def test_full_weights_take_the_place_of_the_base(tmp_path):
    save_base(tmp_path / "full", seed=2)
    model = tiny_model(seed=1)
    with cell_weights(model, copy_weights(model), tmp_path / "full", "full") as student:
        assert torch.equal(logits(student), logits(tiny_model(seed=2)))


def test_an_untrained_cell_is_the_base(tmp_path):
    model = tiny_model(seed=1)
    with cell_weights(model, copy_weights(model), tmp_path, "none") as student:
        assert torch.equal(logits(student), logits(tiny_model(seed=1)))


@pytest.mark.parametrize("method", ["lora", "qlora", "full"])
def test_the_base_is_back_to_the_bit_after_every_cell(adapter, tmp_path, method):
    save_base(tmp_path / "full", seed=2)
    model, before = tiny_model(seed=1), tiny_model(seed=1).state_dict()
    base = copy_weights(model)
    folder = tmp_path / "full" if method == "full" else adapter
    for _ in range(2):
        with cell_weights(model, base, folder, method):
            pass
        after = model.state_dict()
        assert list(after) == list(before)
        assert all(torch.equal(after[name], before[name]) for name in before)


def test_the_base_is_back_after_an_error(adapter):
    model = tiny_model(seed=1)
    with (
        pytest.raises(RuntimeError),
        cell_weights(model, copy_weights(model), adapter, "lora"),
    ):
        raise RuntimeError
    assert torch.equal(logits(model), logits(tiny_model(seed=1)))


def test_full_weights_that_lack_a_tensor_are_refused(tmp_path):
    from safetensors.torch import save_file

    save_file({"model.norm.weight": torch.ones(32)}, tmp_path / "model.safetensors")
    model = tiny_model(seed=1)
    with (
        pytest.raises(InputError, match=r"lacks the weights model\.embed_tokens\.weight"),
        cell_weights(model, copy_weights(model), tmp_path, "full"),
    ):
        pass


def test_the_digest_follows_the_weights_and_nothing_else(adapter):
    before = digest_cell(adapter, "lora")
    (adapter / "README.md").write_text("another card")
    assert digest_cell(adapter, "lora") == before
    save_adapter(tiny_model(seed=1), adapter, seed=4)
    assert digest_cell(adapter, "lora") != before
