"""How long a sequence a model reads at most, as its configuration says."""

from pathlib import Path

from breakeven.core.files import read_json


def context_length(folder: Path) -> int | None:
    """The longest sequence of the model in a folder, None where its config.json does not say."""
    config = read_json(folder / "config.json")
    # Models that see images too keep their language model's settings apart.
    text = config.get("text_config") or config
    longest = text.get("max_position_embeddings")
    return None if longest is None else int(longest)
