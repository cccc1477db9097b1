"""The steps of `benchmarks.training` taken by TRL's SFTTrainer, in an environment of its own.

`.peers/bin/python benchmarks/peers/trl_training.py` in a folder laid by it. Same examples in the
same order, as many a step, float32, one thread, AdamW; labels on completions only.
"""

import json
import tempfile
import time
from pathlib import Path

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)
from trl import SFTConfig, SFTTrainer


class Clock(TrainerCallback):
    """Seconds of the processor from the end of the warm-up to the end of the last step."""

    def __init__(self, warm_up: int) -> None:
        self.warm_up, self.started, self.seconds = warm_up, 0.0, 0.0

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **more: object,
    ) -> None:
        """Start behind the warm-up; note the time of every later step."""
        if state.global_step == self.warm_up:
            self.started = time.process_time()
        self.seconds = time.process_time() - self.started


def main() -> None:
    """Train; print seconds and tokens."""
    laid = json.loads(Path("steps.json").read_text())
    examples, sequences, warm_up = laid["examples"], laid["sequences"], laid["warm_up"]
    rows = [
        {
            "input_ids": one["input_ids"],
            "completion_mask": [
                int(at >= one["labels_start"]) for at in range(len(one["input_ids"]))
            ],
        }
        for one in examples
    ]
    model = AutoModelForCausalLM.from_pretrained("base", dtype=torch.float32)
    clock = Clock(warm_up)
    with tempfile.TemporaryDirectory() as folder:
        config = SFTConfig(
            output_dir=folder,
            per_device_train_batch_size=sequences,
            max_steps=len(rows) // sequences,
            train_sampling_strategy="sequential",
            completion_only_loss=True,
            learning_rate=1e-4,
            gradient_checkpointing=False,
            bf16=False,
            use_cpu=True,
            save_strategy="no",
            report_to="none",
            logging_strategy="no",
            disable_tqdm=True,
            max_length=None,
        )
        adapter = LoraConfig(
            r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"
        )
        trainer = SFTTrainer(
            model,
            config,
            train_dataset=Dataset.from_list(rows),
            processing_class=AutoTokenizer.from_pretrained("base"),
            peft_config=adapter if laid["method"] == "lora" else None,
            callbacks=[clock],
        )
        trainer.train()
    timed = examples[warm_up * sequences :]
    tokens = sum(len(one["input_ids"]) for one in timed)
    print(json.dumps({"seconds": clock.seconds, "tokens": tokens}))


if __name__ == "__main__":
    main()
