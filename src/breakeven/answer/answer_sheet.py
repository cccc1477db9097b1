"""Answer sheets: one cell's answers on one task with one decoding, kept in scratch as they come.

Each batch of a sheet is written whole, before the next starts, under a key of all that decides its
answers. A batch that is there is never made again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

from breakeven.answer.task_prompts import TaskPrompts
from breakeven.core.files import digest_json, read_json, read_rows, write_json, write_rows
from breakeven.core.scratch import scratch_folder
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
        return [n for n in range(len(self.batches)) if not self._answers_file(n).is_file()]

    def write_batch(self, number: int, answers: Sequence[Answer], device_seconds: float) -> None:
        """Keep the answers of a batch, and what it held of the device."""
        # The answers come last: a run that is killed in between makes the batch again, and no batch
        # that counts as made is without its seconds.
        write_json(self._seconds_file(number), {"device_seconds": device_seconds})
        write_rows(self._answers_file(number), answers)

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
        numbers = range(len(self.batches))
        return sum(float(read_json(self._seconds_file(n))["device_seconds"]) for n in numbers)

    def _answers_file(self, number: int) -> Path:
        return self.folder / f"batch-{number:05d}.jsonl"

    def _seconds_file(self, number: int) -> Path:
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
