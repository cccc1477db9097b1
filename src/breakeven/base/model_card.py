"""The card of a tabletop base: what it was trained on, what that took, and its digest."""

from pathlib import Path
from typing import Any

import torch
import transformers

from breakeven.base.pretraining import Pretrained, PretrainingSettings
from breakeven.base.tabletop_shapes import Qwen2Shape
from breakeven.core.files import digest_file, write_json, write_text

LICENSE = "Apache-2.0"
WEIGHTS = "model.safetensors"


def write_card(
    folder: Path,
    shape: Qwen2Shape,
    settings: PretrainingSettings,
    trained: Pretrained,
    *,
    command: str,
    before: dict[str, Any] | None = None,
) -> None:
    """Write `card.json` and `README.md` beside the weights in `folder`.

    `before` is the card of what the training began from.
    """
    card = {
        "name": folder.name,
        "license": LICENSE,
        "architecture": "Qwen2ForCausalLM",
        "shape": shape._asdict(),
        "parameters": trained.parameters,
        "data": "generated plain text of breakeven.base.plain_text, train partition only",
        "settings": settings.as_dict(),
        "tokens": trained.tokens,
        "train_flops": trained.train_flops,
        "final_loss": trained.final_loss,
        "device": "cpu",
        "device_seconds": trained.device_seconds,
        "losses": trained.losses,
        "weights_sha256": digest_file(folder / WEIGHTS),
        "command": command,
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
        "before": before,
    }
    write_json(folder / "card.json", card)
    write_text(folder / "README.md", readme(card))


def readme(card: dict[str, Any]) -> str:
    """The card in a few sentences."""
    parts = [part for part in (card["before"], card) if part]
    tokens = " and then ".join(f"{part['tokens']:,}" for part in parts)
    flops = sum(part["train_flops"] for part in parts)
    seconds = sum(part["device_seconds"] for part in parts)
    return f"""# {card["name"]}

A base model of {card["parameters"]:,} parameters (Qwen2 architecture, tied embeddings) for the
tabletop study, trained from nothing on {card["data"]}:
facts, worked notes, results, lettered lists and copied strings, then also notes that check
themselves; never a question, never a content of the test partition.

- Tokens: {tokens}; training FLOPs: {flops:.3g}; device-seconds: {seconds:.0f} \
(CPU, one thread of a shared machine).
- Final loss: {card["final_loss"]:.3f} nats a token. Most of it is the text's own randomness.
- Weights: half-precision safetensors, SHA-256 `{card["weights_sha256"]}`.
- Made by `{card["command"]}`.
- Licence: {card["license"]}, as the project.

`card.json` holds the same with every setting and the loss curve.
"""
