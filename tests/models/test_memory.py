"""Memory of training and answering: hand-checkable shapes, and a real training's measured peak."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

from breakeven.costs.architecture import Architecture
from breakeven.costs.model_shapes import load_architecture
from breakeven.models.memory import (
    Memory,
    TrainingPlan,
    answering_memory,
    fitting_changes,
    training_memory,
)

ROOT = Path(__file__).parents[2]
# Layers hold 4·(2·2) + 3·(2·4) = 40 weights, the head (and look-up) 2·10 = 20.
TOY = Architecture(
    name="toy",
    hidden=2,
    layers=1,
    heads=1,
    kv_heads=1,
    head_dim=2,
    intermediate=4,
    vocab=10,
    tied_embeddings=True,
)
# A token keeps two norms' inputs, outputs before their weights, and scales (2·2·2 + 2), what linear
# layers read (2·2 + 4), queries, keys, values, output and a logarithm (4·2 + 1), and gate, up and
# activation (3·4); the last norm and the head 2·2 + 1 + 2.
KEPT, HEAD_KEPT = 39, 7


def test_full_training_holds_weights_gradients_and_two_moments_in_float32():
    plan = TrainingPlan("full", micro_batch_tokens=3, several_passes=True)
    memory = training_memory(TOY, plan)
    assert memory == Memory(
        weights=4 * 60,
        gradients=4 * 60,
        optimizer=8 * 60,
        activations=3 * 4 * (KEPT + HEAD_KEPT),
        logits=3 * 3 * 4 * 10,
    )
    assert memory.total == 240 + 240 + 480 + 552 + 360


def test_the_gradients_of_one_pass_come_when_logits_and_activations_have_gone():
    at_the_loss = training_memory(TOY, TrainingPlan("full", 3))
    assert at_the_loss.gradients == 0
    at_the_end = training_memory(TOY, TrainingPlan("full", 1))
    # Those of the tied embeddings, by the look-up and by the head, are still to be added.
    assert at_the_end.gradients == 4 * 60 + 2 * 4 * 20
    assert (at_the_end.activations, at_the_end.logits) == (0, 0)


def test_computing_in_bfloat16_adds_a_copy_of_the_weights_and_halves_most_activations():
    memory = training_memory(TOY, TrainingPlan("full", 3, compute_bytes=2))
    assert memory.weights == (4 + 2) * 60
    # What norms and logarithms hold stays in float32; each of five layers reads a copy of its own.
    layer = 4 * (2 * 2 * 2 + 2 + 1) + 2 * (5 * 2 + 4 + 4 * 2 + 3 * 4)
    assert memory.activations == 3 * (layer + 4 * (2 * 2 + 1) + 2 * 2)
    assert memory.logits == 3 * 10 * 3 * 4


def test_an_adapter_has_gradients_and_moments_of_its_own_parameters_only():
    # Rank 1 on q, k, v, o (2 + 2 each), gate, up and down (2 + 4 each).
    adapter = 4 * 4 + 3 * 6
    memory = training_memory(TOY, TrainingPlan("lora", 3, lora_rank=1, several_passes=True))
    assert memory.weights == 4 * 60 + 4 * adapter
    assert (memory.gradients, memory.optimizer) == (4 * adapter, 8 * adapter)


def test_nf4_takes_half_a_byte_and_its_scales_for_linear_layers_only():
    memory = training_memory(TOY, TrainingPlan("qlora", 3, lora_rank=1))
    scales = 1 / 64 + 4 / (64 * 256)
    assert memory.weights == pytest.approx(40 * (0.5 + scales) + 4 * 20 + 4 * 34)
    half = training_memory(TOY, TrainingPlan("qlora", 3, lora_rank=1, compute_bytes=2))
    # The rest of the base is in what is computed with, and so is a copy of the adapter.
    assert memory.weights - half.weights == 2 * 20 - 2 * 34


def test_gradient_checkpointing_keeps_one_input_a_layer():
    deep = Architecture(**{**TOY.__dict__, "layers": 50, "vocab": 1000})
    kept = training_memory(deep, TrainingPlan("full", 3)).activations
    again = training_memory(deep, TrainingPlan("full", 3, gradient_checkpointing=True)).activations
    assert kept == 3 * 4 * (50 * KEPT + HEAD_KEPT)
    assert again == 3 * 4 * (50 * 2 + HEAD_KEPT)  # a layer's inner values come after the logits


def test_shards_divide_what_is_kept_but_not_what_a_pass_needs():
    whole = training_memory(TOY, TrainingPlan("full", 3))
    part = training_memory(TOY, TrainingPlan("full", 3, shards=4))
    assert part[:3] == tuple(value / 4 for value in whole[:3])
    assert part[3:] == whole[3:]


def test_a_seven_billion_model_in_full_is_about_sixteen_bytes_a_weight():
    shape = load_architecture("Qwen/Qwen2.5-7B")
    memory = training_memory(shape, TrainingPlan("full", 1))
    # 7.616 billion parameters (model card) · 16 bytes = 122 GB.
    assert memory.total == pytest.approx(121.9e9, rel=0.01)


def test_the_cache_of_an_answer_counts_key_value_heads():
    # Qwen2.5-7B: 28 layers · 2 · 4 heads · 128 · 2 bytes = 57,344 bytes a token.
    shape = load_architecture("Qwen/Qwen2.5-7B")
    memory = answering_memory(shape, sequences=3, tokens=1000, weight_bytes=2, cache_bytes=2)
    assert memory.cache == 3 * 1000 * 57_344
    assert memory.weights == 2 * shape.total_parameters
    assert memory.gradients == memory.optimizer == 0


def test_layers_with_a_window_cache_no_more_than_it():
    shape = Architecture(**{**TOY.__dict__, "layers": 6, "window": 10, "window_layers": 5})
    memory = answering_memory(shape, sequences=1, tokens=100, weight_bytes=1, cache_bytes=1)
    assert memory.cache == 2 * 2 * (100 + 5 * 10)


@pytest.mark.parametrize(
    ("plan", "gigabytes", "expected"),
    [
        # 3B in full on 80 GB: 3.1 · 18 bytes and what 4,096 tokens keep.
        (
            TrainingPlan("full", 4096, compute_bytes=2, several_passes=True),
            80,
            ["method: lora", "method: qlora"],
        ),
        # 24 GB take it in NF4, with checkpoints or short passes.
        (
            TrainingPlan("qlora", 16384, compute_bytes=2),
            24,
            ["training.micro_batch_tokens: "],
        ),
    ],
)
def test_single_changes_that_are_enough_come_first(plan, gigabytes, expected):
    shape = load_architecture("Qwen/Qwen2.5-3B")
    assert training_memory(shape, plan).total > gigabytes * 1e9
    ways = fitting_changes(shape, plan, gigabytes * 1e9)
    assert [words for words, _ in ways if any(words.startswith(one) for one in expected)]
    for _, memory in ways:
        assert memory.total <= gigabytes * 1e9


def test_changes_are_combined_where_no_single_one_is_enough():
    shape = load_architecture("Qwen/Qwen2.5-7B")
    (words, memory), *others = fitting_changes(shape, TrainingPlan("full", 2**17), 24e9)
    assert others == []
    assert words.startswith("method: qlora with training.gradient_checkpointing: true and")
    assert memory.total <= 24e9


def test_nothing_is_advised_where_nothing_helps():
    shape = load_architecture("Qwen/Qwen2.5-14B")
    assert fitting_changes(shape, TrainingPlan("full", 16384), 1e9) == []


@pytest.fixture(scope="module")
def small_model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=4096,
        hidden_size=256,
        num_hidden_layers=6,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=768,
        tie_word_embeddings=True,
    )
    Qwen2ForCausalLM(config).save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    "arguments",
    [["full", "2048"], ["lora", "2048"], ["full", "4096", "checkpointing"]],
    ids=" ".join,
)
def test_the_estimate_is_near_the_peak_of_a_real_training(small_model, arguments):
    """Large blocks straight from the system: a heap that does not shrink would be measured else."""
    done = subprocess.run(
        [sys.executable, ROOT / "tests/models/measure_memory.py", small_model, *arguments],
        env={**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536", "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    ratio = json.loads(done.stdout.splitlines()[-1])["ratio"]
    assert 0.75 < ratio < 1.25
