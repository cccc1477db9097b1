"""What a student has to answer: one piece of work a cell, decoding and task, kept in scratch.

Each batch of a piece is written whole, before the next starts, under a key of all that decides
its answers. A batch that is there is never made again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

from breakeven.core.files import digest_json, read_json, read_rows, write_json, write_rows
from breakeven.core.scratch import scratch_folder
from breakeven.decoding.batching import BatchRow, batches
from breakeven.params import Decoding
from breakeven.rendering import Shot
from breakeven.rows.answer import Answer


class Reading(NamedTuple):
    """A task as a student reads it: its items' prompts as token ids, and the shots in them."""

    task: str
    prompts: tuple[tuple[str, tuple[int, ...]], ...]
    shots: tuple[Shot, ...]
    end_ids: frozenset[int]


class Piece(NamedTuple):
    """One cell's work on one task with one decoding."""

    decoding: str
    reading: Reading
    batches: list[list[BatchRow]]
    folder: Path

    @property
    def pending(self) -> list[int]:
        """The numbers of the batches that are still to be made."""
        return [n for n in range(len(self.batches)) if not self._answers_file(n).is_file()]

    def keep(self, number: int, answers: Sequence[Answer], device_seconds: float) -> None:
        """Write a batch. Its answers come last: where they are, the batch is done."""
        write_json(self._seconds_file(number), {"device_seconds": device_seconds})
        write_rows(self._answers_file(number), answers)

    def answers(self) -> list[Answer]:
        """All answers, in the order of the items."""
        found = {
            (answer.item, answer.sample): answer
            for number in range(len(self.batches))
            for answer in read_rows(self._answers_file(number), Answer)
        }
        place = {item: number for number, (item, _) in enumerate(self.reading.prompts)}
        return [found[key] for key in sorted(found, key=lambda key: (place[key[0]], key[1]))]

    def device_seconds(self) -> float:
        """What the batches held of the device, whenever they were made."""
        numbers = range(len(self.batches))
        return sum(float(read_json(self._seconds_file(n))["device_seconds"]) for n in numbers)

    def _answers_file(self, number: int) -> Path:
        return self.folder / f"batch-{number:05d}.jsonl"

    def _seconds_file(self, number: int) -> Path:
        return self.folder / f"batch-{number:05d}.json"


def make_piece(
    name: str, decoding: Decoding, reading: Reading, batch_size: int, key: Mapping[str, Any]
) -> Piece:
    """The work whose answers are decided by its prompts, its decoding and `key`."""
    folder = scratch_folder(
        "answers",
        {
            **key,
            "decoding": decoding.model_dump(mode="json"),
            "batch_size": batch_size,
            "prompts": digest_json([reading.task, reading.prompts]),
            "end_ids": digest_json(sorted(reading.end_ids)),
            "kept": [field.name for field in fields(Answer)],
        },
    )
    return Piece(name, reading, batches(reading.prompts, decoding.samples, batch_size), folder)
