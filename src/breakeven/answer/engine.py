"""What answers batches: an engine, its placement, and the sessions in which it serves cells.

An engine is a module with one function that makes an `Engine`, and a line in `engines`. Nothing
outside those modules knows which one it is.

Another way to decode, such as a budget of thinking that is forced, is a field of
`params.schema.Decoding`, which every engine reads off a job's sheet and which is in the sheet's key
without more ado. Every token of the transformers engine comes out of `decoding.sampling.chooser`;
the vLLM engine puts it into its requests. Votes are no way to decode: all samples are kept one by
one. A vote is among what graders read out of them, which a `Grade` would have to carry.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from breakeven.answer.answer_sheet import AnswerSheet
from breakeven.core.errors import InputError
from breakeven.decoding.batching import BatchRow
from breakeven.models.pointer import BasePointer
from breakeven.params import Params
from breakeven.params.training import Method
from breakeven.rows.answer import Answer

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


# Of what an engine runs, all that turns prompts into answers: what other code has written is not
# found again in scratch.
ENGINE_CODE = (
    "answer/",
    "costs/dtypes.py",
    "decoding/",
    "models/",
    "rendering/",
    "rows/",
    "serving/launch.py",
)


class Placement(NamedTuple):
    """Where a model decodes, in which number format, and how many batches at a time.

    `threads` is what each batch computes with; None where another process decides. `devices` are
    all held while a batch runs.
    """

    device: str
    dtype: str
    workers: int
    threads: int | None
    devices: int = 1


class AnsweringCell(NamedTuple):
    """One arm and seed of the student: where its weights are, and what it has to answer."""

    arm: str
    seed: int
    folder: Path
    method: Method
    sheets: list[AnswerSheet]


class Job(NamedTuple):
    """One batch of one sheet, which holds `device_share` of the device while it runs.

    The engine takes down in `halvings` each time that memory ran out: with how many prompts, and of
    how many tokens at most.
    """

    cell: AnsweringCell
    sheet: AnswerSheet
    number: int
    device_share: float
    halvings: list[list[int]]

    @property
    def rows(self) -> list[BatchRow]:
        """The samples that are to be made."""
        return self.sheet.batches[self.number]


class Session(NamedTuple):
    """Some cells while their weights are ready: `answer` makes any batch of theirs.

    `answer` runs in several threads at once. `interrupt` makes those that run end soon, where the
    engine can.
    """

    cells: list[AnsweringCell]
    # Asked only between this session's start and the next one's: then other weights are loaded.
    answer: Callable[[Job], list[Answer]]
    interrupt: Callable[[], None] = lambda: None


class Engine(NamedTuple):
    """What answers batches.

    `identity` and `versions` are what of the engine decides answers, a part of every key: its name,
    the revision of its module, and the versions of its libraries. `sessions` gives cells, all in
    the end, with what answers them; closing it frees what it holds. `unmeasured` are numbers of a
    record that this engine cannot meter, with the reason.
    """

    # The revision, because an edit of this package changes no version of a library.
    identity: Mapping[str, object]
    versions: Mapping[str, str]
    placement: Placement
    sessions: "Callable[[Setup, Sequence[AnsweringCell]], Generator[Session, None, None]]"
    unmeasured: Mapping[str, str]


class Setup(NamedTuple):
    """What all cells of a student share."""

    params: Params
    student: str
    base: BasePointer
    tokenizer: "PreTrainedTokenizerBase"
    engine: Engine


def non_finite_weights(cell: AnsweringCell) -> InputError:
    """The error to raise for weights that are not numbers, or give none."""
    return InputError(
        f"{cell.folder}: the weights give logits that are not numbers; "
        f"train arms.{cell.arm} with a smaller learning_rate"
    )
