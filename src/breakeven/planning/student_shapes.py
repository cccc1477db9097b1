"""A student as far as it can be known without downloading it: its shape, and how it counts."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from breakeven.core.errors import InputError
from breakeven.costs.architecture import Architecture
from breakeven.costs.families import architecture_from_config
from breakeven.costs.model_shapes import known_architecture, load_architecture
from breakeven.params import FolderBase, HubBase, ScratchBase, Student
from breakeven.planning.earlier_run import EarlierRun
from breakeven.planning.lengths import TokenCounter

Counters = Callable[[Path], TokenCounter]


class StudentShape(NamedTuple):
    """Architecture of a student (or why it is not known), and what counts texts in its tokens.

    `counter` is None where its tokenizer is not on disk.
    """

    architecture: Architecture | str
    counter: TokenCounter | None


def shared_counters() -> Counters:
    """Counters by the folder of a tokenizer: folders that read the same tokens share one."""
    from breakeven.models.loading import load_tokenizer
    from breakeven.models.same_tokens import reading_of

    known: dict[object, TokenCounter] = {}

    def counter_of(folder: Path) -> TokenCounter:
        # One that cannot be loaded is told of by the loading.
        reading = reading_of(folder) if folder.is_dir() else folder
        if reading not in known:
            known[reading] = TokenCounter(load_tokenizer(folder))
        return known[reading]

    return counter_of


def student_shape(
    name: str, student: Student, earlier_run: EarlierRun, counters: Counters
) -> StudentShape:
    """The shape of a student from its base on disk, or from the table of known models.

    Raises:
        InputError: the base is not on disk and its shape is not in the table.
    """
    base = student.base
    if isinstance(base, FolderBase):
        return StudentShape(known_architecture(base.path), counters(Path(base.path)))
    if isinstance(base, ScratchBase):
        counter = counters(Path(base.tokenizer))
        return StudentShape(_scratch_architecture(base, counter.vocabulary), counter)
    # Where `base` has run, what it found counts: a branch of the hub may have moved since.
    if earlier_run.base(name) is not None:
        from breakeven.models.pointer import read_pointer

        folder = read_pointer(name).path
        return StudentShape(known_architecture(folder), counters(Path(folder)))
    if isinstance(base, HubBase):
        # Without its tokenizer, too: lengths are then in bytes.
        return StudentShape(_known_shape(name, base.repo), None)
    from breakeven.models.weights import weights_folder

    folder = str(weights_folder(base, f"params.yaml: students.{name}.base"))
    return StudentShape(known_architecture(folder), counters(Path(folder)))


def _known_shape(name: str, repo: str) -> Architecture:
    try:
        return load_architecture(repo)
    except InputError as error:
        raise InputError(
            f"params.yaml: students.{name}.base.repo: value is {repo!r}; its shape is not known "
            f"before it is there: run `dvc repro base@{name}` first"
        ) from error


def _scratch_architecture(base: ScratchBase, vocabulary: int) -> Architecture:
    config = {
        "model_type": "qwen2",
        "hidden_size": base.hidden,
        "num_hidden_layers": base.layers,
        "num_attention_heads": base.heads,
        "num_key_value_heads": base.kv_heads,
        "intermediate_size": base.intermediate,
        "vocab_size": vocabulary,
        "tie_word_embeddings": True,
    }
    return architecture_from_config(config, "params.yaml")
