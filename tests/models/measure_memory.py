"""Peak memory of one real training step beside what `breakeven.models.memory` expects.

OMP_NUM_THREADS=1 python tests/models/measure_memory.py FOLDER METHOD TOKENS [checkpointing]
"""

import json
import sys
import tempfile
from pathlib import Path

import torch

from breakeven.costs.model_shapes import load_architecture
from breakeven.models.memory import TrainingPlan, training_memory
from breakeven.params import Training
from breakeven.params.cells import TrainingSettings
from breakeven.params.training import LoraSettings
from breakeven.rendering import Example
from breakeven.train.losses import collate, gated_head, summed_loss
from breakeven.train.trained_model import trainable_model, trained_parameters
from breakeven.train.trainer import make_optimizer

ROW_TOKENS = 256


def resident(kind="VmRSS"):
    """Bytes that this process has resident, or had at most (`VmHWM`)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{kind}:"))


def settings_of(method, checkpointing):
    """Settings with everything at its default but these two."""
    training = Training(gradient_checkpointing=checkpointing, dtype="float32")
    return TrainingSettings(method, ("c",), 0.0, "mixed", None, 1e-4, LoraSettings(), training)


def measured(folder, method, tokens, checkpointing):
    """Peak of two steps over what the process held before: libraries loaded, no weights."""
    _load_libraries(method)
    before = resident()
    cpu, settings = torch.device("cpu"), settings_of(method, checkpointing)
    model = trainable_model(folder, settings, device=cpu, seed=0)
    parameters = trained_parameters(model)
    optimizer = make_optimizer(parameters, settings, cpu)
    generator = torch.Generator().manual_seed(0)
    rows = torch.randint(10, model.config.vocab_size, (tokens // ROW_TOKENS, ROW_TOKENS + 1))
    batch = collate([Example(tuple(row.tolist()), 1) for row in rows])
    with gated_head(model) as gate:
        for _ in range(2):
            (summed_loss(model, batch, gate) / tokens).backward()
            torch.nn.utils.clip_grad_norm_(parameters.values(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
    del generator
    return resident("VmHWM") - before


def _load_libraries(method):
    """Do all of a training once with a model of a few kilobytes."""
    from transformers import LlamaConfig, LlamaForCausalLM

    with tempfile.TemporaryDirectory() as folder:
        config = LlamaConfig(
            vocab_size=64,
            hidden_size=64,
            num_hidden_layers=1,
            num_attention_heads=1,
            intermediate_size=64,
        )
        LlamaForCausalLM(config).save_pretrained(folder)
        trainable_model(
            Path(folder), settings_of(method, False), device=torch.device("cpu"), seed=0
        )


def main(folder, method, tokens, checkpointing):
    """One line of JSON: bytes measured, bytes expected, their parts."""
    plan = TrainingPlan(method, tokens, gradient_checkpointing=checkpointing)
    expected = training_memory(load_architecture(folder), plan)
    peak = measured(Path(folder), method, tokens, checkpointing)
    print(
        json.dumps(
            {
                "method": method,
                "tokens": tokens,
                "checkpointing": checkpointing,
                "measured": peak,
                "expected": round(expected.total),
                "ratio": round(expected.total / peak, 3),
                "parts": {name: round(part) for name, part in expected._asdict().items()},
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), "checkpointing" in sys.argv)
