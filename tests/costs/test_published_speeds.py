"""The roofline against speeds that others measured and published."""

import csv
from pathlib import Path
from statistics import median

import pytest

from breakeven.costs.hardware import find_hardware
from breakeven.costs.model_shapes import load_architecture
from breakeven.costs.roofline import Achieved, Serving, answer_times, pass_seconds
from breakeven.costs.serving_work import decode_work

# Qwen2.5 Speed Benchmark, docs/source/benchmark/speed_benchmark.rst of QwenLM/Qwen2.5: bfloat16,
# batch 1, 2048 new tokens, vLLM 0.6.3 on one A100 80GB.
SPEEDS = Path(__file__).with_name("data") / "qwen25_speeds.csv"


def errors(achieved):
    found = []
    with SPEEDS.open(encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            shape = load_architecture(f"Qwen2.5-{row['size_b']}B")
            served = Serving(shape, find_hardware("A100"), achieved=achieved)
            times = answer_times(
                served, batch=1, prompt_tokens=int(row["input_tokens"]), new_tokens=2048
            )
            found.append(times.tokens_per_second / float(row["tokens_per_second"]) - 1)
    return found


def test_the_defaults_tell_the_speed_of_five_sizes_at_four_contexts():
    sizes = list(map(abs, errors(Achieved())))
    assert len(sizes) == 20
    assert max(sizes) < 0.11
    assert median(sizes) < 0.05


def test_without_a_fixed_time_of_a_layer_small_models_would_be_far_too_fast():
    assert max(errors(Achieved(layer_seconds=0.0))) > 3


def test_another_device_and_engine_agree():
    # Chen 2026, arXiv 2605.30571: Qwen2.5-7B in bfloat16 on an L4 at 2048 tokens of context,
    # 62.32 ms a step with transformers.
    served = Serving(load_architecture("Qwen2.5-7B"), find_hardware("L4"))
    step = pass_seconds(served, decode_work(served.shape, served.numbers, batch=1, context=2048))
    assert step == pytest.approx(62.32e-3, rel=0.05)
