"""Answer sheets: one cell's answers on one task with one decoding, kept in scratch as they come.

Each batch of a sheet is written whole, before the next starts, under a key of all that decides its
answers. A batch that is there is never made again, unless its digest says that it is not what was
written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

from breakeven.answer.task_prompts import TaskPrompts
from breakeven.core.errors import InputError
from breakeven.core.files import atomic_path, digest_file, digest_json, read_rows, write_rows
from breakeven.core.scratch import scratch_folder
from breakeven.core.sealed import read_sealed, tell_damaged, write_sealed
from breakeven.decoding.batching import BatchRow, batches
from breakeven.decoding.budget import Budget
from breakeven.params import Decoding
from breakeven.params.cells import Asking
from breakeven.rows.answer import Answer


class AnswerSheet(NamedTuple):
    """One cell's answers on one task with one decoding, of which some batches may be missing."""

    decoding_name: str
    asking: Asking
    prompts: TaskPrompts
    batches: list[list[BatchRow]]
    folder: Path
    budget: Budget | None = None

    @property
    def decoding(self) -> Decoding:
        """How its answers are made, as the arm has it."""
        return self.asking.decoding

    @property
    def task(self) -> str:
        """The task that is answered."""
        return self.prompts.task

    @property
    def missing(self) -> list[int]:
        """The numbers of the batches that are still to be made."""
        return [n for n in range(len(self.batches)) if not self._is_made(n)]

    def write_batch(
        self,
        number: int,
        answers: Sequence[Answer],
        device_seconds: float,
        halvings: Sequence[Sequence[int]],
    ) -> None:
        """Keep the answers of a batch, what it held of the device, and how memory ran out on it."""
        file = self._answers_file(number)
        # The answers come last: a run that is killed in between makes the batch again, and no batch
        # that counts as made is without its seal.
        with atomic_path(file) as whole:
            write_rows(whole, answers)
            seal = {
                "batch": f"{self.folder.name}/{number}",
                "answers": digest_file(whole),
                "device_seconds": device_seconds,
                "halvings": halvings,
            }
            write_sealed(self._seal_file(number), seal)

    def read_answers(self) -> list[Answer]:
        """All answers in the order of the items, which batches are not in."""
        answers = {
            (answer.item, answer.sample): answer
            for number in range(len(self.batches))
            for answer in read_rows(self._answers_file(number), Answer)
        }
        order = {item: number for number, (item, _) in enumerate(self.prompts.token_ids)}
        return [answers[key] for key in sorted(answers, key=lambda key: (order[key[0]], key[1]))]

    def device_seconds(self) -> float:
        """What the batches held of the device, whichever run made them."""
        return sum(float(self._seal(n)["device_seconds"]) for n in range(len(self.batches)))

    def halvings(self) -> list[list[int]]:
        """Each time that memory ran out, whichever run it was: prompts at a time, tokens each."""
        return [one for n in range(len(self.batches)) for one in self._seal(n)["halvings"]]

    def _is_made(self, number: int) -> bool:
        file, seal_file = self._answers_file(number), self._seal_file(number)
        seal = read_sealed(seal_file)
        if seal is None or not file.is_file():
            return False
        # Of this batch, too: files that changed places are whole, each by itself.
        here = seal["batch"] == f"{self.folder.name}/{number}"
        if here and digest_file(file) == seal["answers"]:
            return True
        tell_damaged(file, "these answers are made again")
        seal_file.unlink()
        return False

    def _seal(self, number: int) -> Any:  # noqa: ANN401 - what `write_batch` wrote
        seal = read_sealed(self._seal_file(number))
        if seal is None:
            raise InputError(f"{self._seal_file(number)}: has gone meanwhile; run the stage again")
        return seal

    def _answers_file(self, number: int) -> Path:
        return self.folder / f"batch-{number:05d}.jsonl"

    def _seal_file(self, number: int) -> Path:
        return self.folder / f"batch-{number:05d}.json"


def answer_sheet(
    decoding_name: str,
    asking: Asking,
    prompts: TaskPrompts,
    batch_size: int,
    key: Mapping[str, Any],
    *,
    budget: Budget | None = None,
) -> AnswerSheet:
    """The sheet whose answers are decided by its prompts, how they are asked, and `key`.

    Neither the arm nor the seed is in the key, so that untrained cells with the same shots share
    one sheet.
    """
    folder = scratch_folder(
        "answers",
        {
            **key,
            # All that is set: a new field of decodings, None where it is not used, makes no
            # other's answers anew.
            "decoding": asking.decoding.model_dump(mode="json", exclude_none=True),
            "max_new_tokens": asking.max_new_tokens,
            # Who shares a batch changes how sums round, and with it a token now and then.
            "batch_size": batch_size,
            "prompts": digest_json([prompts.task, prompts.token_ids]),
            "end_ids": digest_json(sorted(prompts.end_ids)),
            # Answers that were kept before a field of theirs came are made again.
            "kept": [field.name for field in fields(Answer)],
        },
    )
    parts = batches(prompts.token_ids, asking.decoding.samples, batch_size)
    return AnswerSheet(decoding_name, asking, prompts, parts, folder, budget)
