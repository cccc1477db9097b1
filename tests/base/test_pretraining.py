"""Pre-training: resumes to the same weights, learns, and reports what it used."""

import itertools
import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from breakeven.base import pretraining
from breakeven.base.plain_text import TextMix
from breakeven.base.pretraining import PretrainingSettings, learning_rate_share, pretrain
from breakeven.base.tabletop_shapes import TABLETOP_SHAPES, Qwen2Shape, qwen2_config
from breakeven.base.token_stream import StreamPosition, rows_from
from breakeven.base.tokenizer import build_tokenizer
from breakeven.costs.exact import train_flops
from breakeven.costs.model_shapes import load_architecture
from breakeven.models.loading import load_base, load_tokenizer

SHAPE = Qwen2Shape(hidden=16, layers=1, heads=2, kv_heads=1, intermediate=32)
SETTINGS = PretrainingSettings(tokens=24 * 4 * 64, row_tokens=64, batch_rows=4)


class KilledError(Exception):
    pass


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer()


def run(tokenizer, folder, **options):
    return pretrain(
        SHAPE, tokenizer, SETTINGS, scratch=folder / "scratch", out=folder / "out", **options
    )


def test_a_killed_run_goes_on_to_the_weights_of_an_undisturbed_one(
    tokenizer, tmp_path, monkeypatch
):
    undisturbed = run(tokenizer, tmp_path / "a")
    steps = []
    step = pretraining._PretrainingRun._train_step

    def killed_at_step_15(self, batch):
        if self.step == 15:
            raise KilledError
        steps.append(self.step)
        return step(self, batch)

    monkeypatch.setattr(pretraining._PretrainingRun, "_train_step", killed_at_step_15)
    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(pretraining, "CHECKPOINT_SECONDS", 0.0)
        run(tokenizer, tmp_path / "b")
    assert not (tmp_path / "b/out").exists()
    monkeypatch.setattr(pretraining._PretrainingRun, "_train_step", step)
    resumed = run(tokenizer, tmp_path / "b")
    assert steps == list(range(15))
    weights = [load_file(tmp_path / name / "out/model.safetensors") for name in "ab"]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert resumed.losses == undisturbed.losses


def test_a_finished_run_is_not_trained_again(tokenizer, tmp_path, monkeypatch):
    first = run(tokenizer, tmp_path)
    monkeypatch.setattr(pretraining._PretrainingRun, "_train_step", None)
    assert run(tokenizer, tmp_path) == first


def test_the_report_counts_tokens_flops_and_a_falling_loss(tokenizer, tmp_path):
    result = run(tokenizer, tmp_path)
    assert result.tokens == SETTINGS.tokens == 24 * 4 * 64
    architecture = load_architecture(str(tmp_path / "out"))
    assert result.train_flops == 24 * 4 * train_flops(architecture, 64)
    assert result.losses[0][1] > result.final_loss + 0.2
    assert result.losses[-1] == (result.tokens, result.final_loss)
    assert 0 < result.device_seconds < 60


def test_the_weights_are_float16_safetensors_that_load_with_their_tokenizer(tokenizer, tmp_path):
    run(tokenizer, tmp_path)
    out = tmp_path / "out"
    stored = load_file(out / "model.safetensors")
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}
    model = load_base(out, torch.float32)
    assert model.dtype == torch.float32
    assert len(load_tokenizer(out)) == model.config.vocab_size
    assert json.loads((out / "config.json").read_text())["architectures"] == ["Qwen2ForCausalLM"]


def test_rows_go_on_from_any_position(tokenizer):
    def rows(start, count):
        stream = rows_from(start, TextMix(), tokenizer, seed=0, length=4096)
        return [next(stream) for _ in range(count)]

    everything = rows(StreamPosition(), 90)
    assert everything[-1][1].shard == 1, "the test must cross a shard"
    for cut in (1, 40, 80):
        _, position = everything[cut - 1]
        for (row, place), (same_row, same_place) in zip(
            rows(position, 90 - cut), everything[cut:], strict=True
        ):
            assert (row == same_row).all()
            assert place == same_place


def test_the_rate_rises_stays_and_falls():
    settings = PretrainingSettings(
        tokens=100, row_tokens=1, batch_rows=1, warmup_share=0.1, decay_share=0.4
    )
    shares = [learning_rate_share(step, settings) for step in range(100)]
    assert shares[0] == pytest.approx(0.1)
    assert shares[9] == shares[60] == 1.0
    assert shares[80] == pytest.approx(0.5)
    assert shares[99] == pytest.approx(0.025)


def test_tabletop_sizes_are_two_to_four_times_apart_and_suit_blocks_of_64(tokenizer):
    from transformers import Qwen2ForCausalLM

    sizes = []
    for shape in TABLETOP_SHAPES.values():
        with torch.device("meta"):
            model = Qwen2ForCausalLM(qwen2_config(shape, tokenizer))
        sizes.append(model.num_parameters())
        linear = [m.weight for m in model.model.layers.modules() if hasattr(m, "weight")]
        assert all(weight.numel() % 64 == 0 for weight in linear if weight.dim() == 2)
    assert 25_000 < sizes[0] < 40_000
    assert 1_800_000 < sizes[-1] < 2_200_000
    assert all(1.7 < large / small < 4.5 for small, large in itertools.pairwise(sizes))


def test_training_that_begins_from_a_base_goes_on_from_its_weights(tokenizer, tmp_path):
    first = run(tokenizer, tmp_path / "first")
    later = replace(SETTINGS, seed=1, learning_rate=1e-9)
    pretrain(
        SHAPE,
        tokenizer,
        later,
        scratch=tmp_path / "scratch",
        out=tmp_path / "out",
        start=tmp_path / "first/out",
    )
    before, after = (
        load_file(folder / "model.safetensors")
        for folder in (tmp_path / "first/out", tmp_path / "out")
    )
    assert before.keys() == after.keys()
    for name, tensor in before.items():
        torch.testing.assert_close(after[name], tensor, atol=2e-3, rtol=0)
    assert first.parameters > 0
