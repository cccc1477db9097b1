"""The training loop: normalisation, clipping, schedule, frozen weights, checkpoints."""

import logging

import pytest
import torch
from tests.train.tiny import settings_for

from breakeven.core.errors import InputError
from breakeven.rendering import Example
from breakeven.train.losses import gated_head
from breakeven.train.trained_model import save_trained, trainable_model, trained_parameters
from breakeven.train.trainer import TrainingRun, make_optimizer, train

METHODS = ("full", "lora", "qlora")


def step_examples(bench, start, count=8):
    """One step of mixed lengths: plain and traced examples of some pairs."""
    corpus_examples = bench.examples
    return [
        *corpus_examples.ift[start : start + count // 2],
        *corpus_examples.reasoning[start : start + count // 2],
    ]


def run_steps(bench, settings, steps, name="run", log=None):
    model = bench.model(settings)
    curves = train(
        model, steps, device=bench.device, label="test", log=log, **bench.rest(settings, 6, name)
    )
    return model, curves


def trained_copy(model):
    return {name: one.detach().clone() for name, one in trained_parameters(model).items()}


@pytest.mark.parametrize("method", METHODS)
def test_step_in_one_batch_or_in_parts_is_the_same_step(bench, method):
    settings = settings_for(method=method)
    steps = [step_examples(bench, 0), step_examples(bench, 4)]
    whole, parts = [[step] for step in steps], [[step[:1], step[1:3], step[3:]] for step in steps]
    one, one_curves = run_steps(bench, settings, whole, "whole")
    other, other_curves = run_steps(bench, settings, parts, "parts")
    assert one_curves.loss == pytest.approx(other_curves.loss, rel=1e-5)
    for name, weight in trained_copy(one).items():
        torch.testing.assert_close(trained_parameters(other)[name], weight, rtol=1e-3, atol=1e-5)


def test_loss_is_a_mean_over_supervised_tokens_not_over_examples_or_batches(bench):
    """A step of a short and a long example: each alone, and their mean weighted by tokens."""
    settings = settings_for(method="full")
    short, long = bench.examples.ift[0], bench.examples.reasoning[1]
    tokens = [len(one.input_ids) - one.labels_start for one in (short, long)]
    assert tokens[1] > 5 * tokens[0]
    alone = [
        run_steps(bench, settings, [[[one]]], name)[1].loss[0]
        for name, one in (("short", short), ("long", long))
    ]
    together = run_steps(bench, settings, [[[short], [long]]], "both")[1].loss[0]
    expected = (alone[0] * tokens[0] + alone[1] * tokens[1]) / sum(tokens)
    assert together == pytest.approx(expected, rel=1e-5)
    assert abs(together - sum(alone) / 2) > 1e-3


@pytest.mark.parametrize(("limit", "clipped"), [(0.01, True), (1e6, False)])
def test_gradient_is_clipped_to_its_limit(bench, limit, clipped):
    settings = settings_for(method="full", max_gradient_norm=limit)
    model = bench.model(settings)
    run = TrainingRun(model, **bench.rest(settings, 4))
    norms = []

    def measure(*_):
        gradients = [one.grad.norm() for one in run.parameters.values()]
        norms.append(float(torch.stack(gradients).norm()))

    run.optimizer.register_step_pre_hook(measure)
    with gated_head(model) as gate:
        metrics = run.take_step([step_examples(bench, 0)], gate)
    assert metrics["gradient_norm"] > 0.01
    expected = limit if clipped else metrics["gradient_norm"]
    assert norms == [pytest.approx(expected, rel=1e-3)]


def test_learning_rate_follows_the_schedule(bench):
    settings = settings_for(method="full", learning_rate=0.01)
    steps = [[step_examples(bench, number)] for number in range(6)]
    _, curves = run_steps(bench, settings, steps)
    assert curves.learning_rate == pytest.approx([0.005, 0.01, 0.01, 0.01, 0.0055, 0.001])


def test_first_step_moves_a_weight_by_the_rate_of_the_schedule(bench):
    """Adam's first update is the rate in each element: half of the peak after one warm-up step."""
    settings = settings_for(method="full", learning_rate=0.01, max_gradient_norm=1e6)
    before = trained_copy(bench.model(settings))
    model, _ = run_steps(bench, settings, [[step_examples(bench, 0)]])
    name = "model.layers.0.mlp.up_proj.weight"
    moved = (trained_parameters(model)[name] - before[name]).abs()
    assert float(moved.detach().median()) == pytest.approx(0.005, rel=1e-2)


@pytest.mark.parametrize("method", METHODS)
def test_training_changes_what_the_method_trains_and_nothing_else(bench, method):
    settings = settings_for(method=method)
    before = {name: one.detach().clone() for name, one in bench.model(settings).named_parameters()}
    steps = [[step_examples(bench, number)] for number in range(3)]
    model, _ = run_steps(bench, settings, steps)
    after = dict(model.named_parameters())
    assert after.keys() == before.keys()
    changed = {name for name, one in after.items() if not torch.equal(one.detach(), before[name])}
    wanted = set(after) if method == "full" else {name for name in after if "lora_" in name}
    # Adapters sit on the seven linear layers of both blocks, never on the output head.
    assert method == "full" or len(wanted) == 2 * 7 * 2
    assert changed == wanted


@pytest.fixture(scope="session")
def golden_base(tmp_path_factory):
    """A random Qwen2 that depends on nothing of the project: 64 tokens, 12K parameters."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    folder = tmp_path_factory.mktemp("golden")
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=64,
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        intermediate_size=64,
        max_position_embeddings=64,
        tie_word_embeddings=True,
        initializer_range=0.1,
    )
    Qwen2ForCausalLM(config).save_pretrained(folder)
    return folder


def counting_step(number):
    """Eight sequences that count up from a start, by one or two; the second half is learnt."""
    starts = range(8 * number, 8 * number + 8)
    rows = [tuple((start + (1 + start % 2) * at) % 64 for at in range(12)) for start in starts]
    return [Example(row, 4 + row[0] % 3) for row in rows]


# Recorded on 2026-11-24 with torch 2.13.0+cpu, transformers 5.23.0, peft 0.21.2: the loss in nats a
# supervised token of six steps that take two sets in turn; ln(64) = 4.16 before training.
GOLDEN = {
    "full": [4.5101, 4.4732, 3.6870, 3.5366, 2.9939, 3.0510],
    "lora": [4.5101, 4.6218, 4.4002, 4.4534, 4.2361, 4.3017],
    "qlora": [4.4700, 4.5059, 4.3747, 4.3454, 4.2260, 4.2017],
}


@pytest.mark.parametrize("method", METHODS)
def test_loss_curve_is_the_golden_one(bench, golden_base, method):
    settings = settings_for(method=method)
    model = trainable_model(golden_base, settings, device=torch.device("cpu"), seed=0)
    steps = [[counting_step(number % 2)] for number in range(6)]
    curves = train(
        model, steps, device=bench.device, label="golden", **bench.rest(settings, len(steps))
    )
    assert curves.loss == pytest.approx(GOLDEN[method], rel=5e-4)


@pytest.mark.parametrize("method", METHODS)
def test_gradient_checkpointing_changes_no_loss(bench, method):
    curves = [
        run_steps(
            bench,
            settings_for(method=method, gradient_checkpointing=switched),
            [[step_examples(bench, number)] for number in range(3)],
            f"checkpointing-{switched}",
        )[1]
        for switched in (False, True)
    ]
    assert curves[0].loss == pytest.approx(curves[1].loss, rel=1e-5)
    assert curves[0].gradient_norm == pytest.approx(curves[1].gradient_norm, rel=1e-4)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("switched", "passes"), [(False, 1), (True, 2)])
def test_gradient_checkpointing_runs_each_layer_forward_twice(bench, method, switched, passes):
    settings = settings_for(method=method, gradient_checkpointing=switched)
    model = bench.model(settings)
    calls = []
    for name, module in model.named_modules():
        if name.endswith(".self_attn"):
            module.register_forward_hook(lambda *_, name=name: calls.append(name))
    run = TrainingRun(model, **bench.rest(settings, 4))
    with gated_head(model) as gate:
        run.take_step([step_examples(bench, 0)], gate)
    assert {name: calls.count(name) for name in calls} == dict.fromkeys(calls, passes)
    assert len(set(calls)) == 2


@pytest.mark.parametrize("method", METHODS)
def test_run_resumed_from_a_checkpoint_ends_with_the_same_bytes(bench, tmp_path, method):
    """Dropout on, so that its random numbers would differ if they were not tied to the step."""
    settings = settings_for(
        method=method, checkpoint_steps=2, lora={"rank": 4, "alpha": 8, "dropout": 0.3}
    )
    steps = [[step_examples(bench, number)] for number in range(6)]

    class Stop:
        def log(self, step, metrics):
            if step == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_steps(bench, settings, steps, "stopped", log=Stop())
    resumed, resumed_curves = run_steps(bench, settings, steps, "stopped")
    undisturbed, curves = run_steps(bench, settings, steps, "undisturbed")
    assert resumed_curves == curves
    for name, model in (("resumed", resumed), ("undisturbed", undisturbed)):
        save_trained(model, settings, tmp_path / name)
    (file,) = (tmp_path / "resumed").glob("*.safetensors")
    assert file.read_bytes() == (tmp_path / "undisturbed" / file.name).read_bytes()


def test_a_run_with_a_damaged_checkpoint_begins_anew(bench, tmp_path, capsys):
    settings = settings_for(method="lora", checkpoint_steps=2)
    steps = [[step_examples(bench, number)] for number in range(4)]

    class Stop:
        def log(self, step, metrics):
            if step == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_steps(bench, settings, steps, "stopped", log=Stop())
    (file,) = tmp_path.rglob("stopped/**/checkpoint.safetensors")
    file.write_bytes(file.read_bytes()[:-9])
    begun, begun_curves = run_steps(bench, settings, steps, "stopped")
    assert "training from the start" in capsys.readouterr().err
    undisturbed, curves = run_steps(bench, settings, steps, "undisturbed")
    assert begun_curves == curves
    for name, weight in trained_copy(begun).items():
        assert torch.equal(trained_parameters(undisturbed)[name], weight)


def test_loss_that_is_no_number_says_which_rate_to_lower(bench):
    settings = settings_for(method="full", learning_rate=1e20)
    steps = [[step_examples(bench, number)] for number in range(6)]
    with pytest.raises(InputError, match=r"training.learning_rate: value is 1e\+20; the loss is"):
        run_steps(bench, settings, steps)


def test_weight_decay_spares_norms_and_biases(bench):
    settings = settings_for(method="full", weight_decay=0.1)
    parameters = trained_parameters(bench.model(settings))
    decayed = {
        id(one)
        for group in make_optimizer(parameters, settings, torch.device("cpu")).param_groups
        if group["weight_decay"]
        for one in group["params"]
    }
    for name, one in parameters.items():
        assert (id(one) in decayed) == (not name.endswith(("bias", "norm.weight"))), name


def test_metrics_of_each_step_reach_the_log(bench):
    seen = []

    class Log:
        def log(self, step, metrics):
            seen.append((step, dict(metrics)))

    steps = [[step_examples(bench, number)] for number in range(3)]
    _, curves = run_steps(bench, settings_for(), steps, log=Log())
    assert [step for step, _ in seen] == [0, 1, 2]
    assert [metrics["loss"] for _, metrics in seen] == curves.loss
    assert set(seen[0][1]) == {"loss", "learning_rate", "gradient_norm", "supervised_tokens"}


def test_quantised_weights_are_nf4_quantised_twice(bench):
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    from bitsandbytes.nn import Linear4bit

    model = bench.model(settings_for(method="qlora"))
    layers = [one for one in model.modules() if isinstance(one, Linear4bit)]
    assert len(layers) == 2 * 7
    states = [layer.weight.quant_state for layer in layers]
    assert all(state.quant_type == "nf4" and state.nested for state in states)
