"""Students of other families than the tabletop's: Llama (SmolLM2) and Gemma 3."""

import pytest
import torch
from tests.train.families import FAMILIES, gemma3_that_sees, saved
from tests.train.tiny import settings_for

from breakeven.rendering import Example
from breakeven.train.losses import collate, gated_head, gated_logits, summed_loss
from breakeven.train.trained_model import save_trained, trainable_model, trained_parameters
from breakeven.train.trainer import train

EXAMPLES = [
    Example(tuple((3 * row + (1 + row % 3) * at) % 64 for at in range(7 + row)), 2 + row % 3)
    for row in range(8)
]
STEPS = [[EXAMPLES[:4], EXAMPLES[4:]]] * 4
CPU = torch.device("cpu")


@pytest.fixture(params=FAMILIES)
def base(request, tmp_path):
    return saved(FAMILIES[request.param], tmp_path / "base")


def load(folder):
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder)


def train_on(bench, base, settings):
    model = trainable_model(base, settings, device=CPU, seed=0)
    rest = bench.rest(settings, len(STEPS))
    curves = train(model, STEPS, device=bench.device, label="test", **rest)
    return model, curves


def test_loss_at_labels_is_that_of_the_whole_model(base):
    """Embedding scale, soft-capped logits, tied head: whatever the family does to its logits."""
    model = load(base)
    with torch.no_grad():
        expected = 0.0
        for one in EXAMPLES:
            logits = model(input_ids=torch.tensor([one.input_ids])).logits[0].double()
            scores = logits.log_softmax(-1)
            for at in range(one.labels_start, len(one.input_ids)):
                expected -= float(scores[at - 1, one.input_ids[at]])
        with gated_head(model) as gate:
            loss = float(summed_loss(model, collate(EXAMPLES), gate))
    assert loss == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("method", ["lora", "qlora"])
def test_adapters_sit_on_each_linear_layer_of_the_blocks(base, method):
    model = trainable_model(base, settings_for(method=method), device=CPU, seed=0)
    adapted = {name.split(".lora_")[0] for name in trained_parameters(model)}
    wanted = {
        f"base_model.model.model.layers.{layer}.{part}_proj"
        for layer in range(2)
        for part in (
            *(f"self_attn.{one}" for one in "qkvo"),
            *(f"mlp.{one}" for one in ("gate", "up", "down")),
        )
    }
    assert adapted == wanted
    assert all(one.dtype == torch.float32 for one in trained_parameters(model).values())


@pytest.mark.parametrize("method", ["full", "lora", "qlora"])
def test_model_that_also_sees_is_trained_on_its_text_part_only(bench, tmp_path, method):
    base = saved(gemma3_that_sees, tmp_path / "base")
    model, curves = train_on(bench, base, settings_for(method=method, learning_rate=0.02))
    assert curves.loss[-1] < curves.loss[0] - 0.05
    names = trained_parameters(model)
    assert not [name for name in names if "vision" in name or "projector" in name]
    assert len(names) == (2 * 7 * 2 if method != "full" else 2 * (7 + 6) + 2)


@pytest.mark.parametrize("method", ["full", "lora", "qlora"])
def test_training_lowers_the_loss_and_keeps_the_head_tied(bench, base, method):
    model, curves = train_on(bench, base, settings_for(method=method, learning_rate=0.02))
    assert curves.loss[-1] < curves.loss[0] - 0.05
    embeddings = model.get_input_embeddings().weight
    assert model.get_output_embeddings().weight is embeddings
    same = torch.equal(embeddings.detach(), load(base).get_input_embeddings().weight)
    assert same == (method != "full")


def logits_of(model):
    with torch.no_grad(), gated_head(model) as gate:
        return gated_logits(model, collate(EXAMPLES), gate)


@pytest.mark.filterwarnings("ignore::FutureWarning")  # names that transformers 6 will not take
@pytest.mark.parametrize("method", ["full", "lora"])
def test_saved_student_is_the_one_that_was_trained(bench, base, tmp_path, method):
    settings = settings_for(method=method)
    model, _ = train_on(bench, base, settings)
    expected = logits_of(model)
    save_trained(model, settings, tmp_path / "student")
    if method == "full":
        student = load(tmp_path / "student")
    else:
        from peft import PeftModel

        student = PeftModel.from_pretrained(load(base), tmp_path / "student")
    torch.testing.assert_close(logits_of(student), expected, rtol=1e-5, atol=1e-5)
    assert not torch.allclose(logits_of(load(base)), expected, atol=1e-3)


@pytest.mark.parametrize("method", ["full", "lora", "qlora"])
def test_bfloat16_is_what_is_computed_in_and_not_what_is_learnt(bench, base, tmp_path, method):
    """The path of GPUs: weights that train stay in float32, the loss is about the same."""
    settings = settings_for(method=method, dtype="bfloat16", learning_rate=0.02)
    model, curves = train_on(bench, base, settings)
    assert {one.dtype for one in trained_parameters(model).values()} == {torch.float32}
    frozen = {one.dtype for one in model.parameters() if not one.requires_grad}
    assert frozen - {torch.uint8} == (set() if method == "full" else {torch.bfloat16})
    whole, exact = train_on(bench, base, settings_for(method=method, learning_rate=0.02))
    assert whole.dtype == torch.float32
    assert curves.loss == pytest.approx(exact.loss, rel=0.03)
    assert curves.loss != exact.loss
    save_trained(model, settings, tmp_path / "student")
    if method == "full":
        assert load(tmp_path / "student").dtype == torch.bfloat16
