"""Whether the weights of a folder are those of its configuration, and its tokenizer's too.

Asked once, by `base` and `breakeven check`: a training that ends in a traceback, or on weights that
nobody has, costs more than a look.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from breakeven.core.errors import InputError
from breakeven.core.files import read_json
from breakeven.models.loading import load_shapes, load_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel

WEIGHTS = "*.safetensors"


def check_weights(folder: Path) -> None:
    """Look at every weight, by name, shape and value; the largest model takes no memory for it.

    Raises:
        InputError: a file is damaged, a weight is missing, unexpected, of another shape or not a
            number, or the tokenizer has tokens that the model has not.
    """
    names = {name: file for file in sorted(folder.glob(WEIGHTS)) for name in _names(file)}
    _check_layers(folder, len(names))
    model = load_shapes(folder)
    _check_vocabulary(folder, model)
    found = first_non_finite(folder.glob(WEIGHTS))
    if found is not None:
        file, name = found
        raise InputError(f"{file}: {name}: not all of it are finite numbers; copy the file again")


def first_non_finite(files: Iterable[Path]) -> tuple[Path, str] | None:
    """The first weight that is not all finite numbers, with its file; None where all are."""
    from safetensors import safe_open

    for file in sorted(files):
        with safe_open(file, "pt") as weights:
            for name in weights.keys():  # noqa: SIM118 - not a mapping
                tensor = weights.get_tensor(name)
                if tensor.is_floating_point() and not tensor.isfinite().all():
                    return file, name
    return None


def _names(file: Path) -> list[str]:
    """The names of a file's weights; a file that is cut short has none."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, "pt") as weights:
            return list(weights.keys())
    except SafetensorError as error:
        raise InputError(f"{file}: is damaged: {error}; copy it again") from error


def _check_layers(folder: Path, weights: int) -> None:
    """Before a model of a billion layers is made, which takes hours even without memory."""
    path = folder / "config.json"
    config = read_json(path)
    layers = (config.get("text_config") or config).get("num_hidden_layers")
    if isinstance(layers, int) and layers > weights:
        raise InputError(
            f"{path}: num_hidden_layers: value is {layers}, and the folder has {weights} weights; "
            "copy both from one model"
        )


def _check_vocabulary(folder: Path, model: "PreTrainedModel") -> None:
    highest = max(load_tokenizer(folder).get_vocab().values())
    rows = int(model.get_input_embeddings().weight.shape[0])
    if highest >= rows:
        raise InputError(
            f"{folder / 'tokenizer.json'}: its highest token is {highest}, and the model's "
            f"embeddings have {rows} rows; use the tokenizer that belongs to the weights"
        )
