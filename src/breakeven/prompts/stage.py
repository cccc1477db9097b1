"""What the `prompts` stage does: pin the training prompts of one source, and record them."""

import time

from breakeven.core.files import digest_path, write_rows
from breakeven.core.layout import prompts_path
from breakeven.core.records import Record, versions
from breakeven.hubdata.load_notes import LoadNotes
from breakeven.params import Params
from breakeven.params.references import pick_row
from breakeven.pipeline.reads import params_digest
from breakeven.prompts.source_prompts import stream_prompts


def run(params: Params, source: str) -> None:
    """Write `data/prompts/<source>.jsonl` and its record."""
    started, notes = time.perf_counter(), LoadNotes()
    prompts = stream_prompts(source, pick_row(params.sources, "sources", source), notes)
    # The prompts come as a stream, so that `notes` are complete only once they have been written.
    written = write_rows(prompts_path(source), prompts)
    Record(
        stage="prompts",
        cell={"source": source},
        part=params_digest(params, "prompts", source),
        metrics={"prompts": written, "dropped": notes.dropped.total()},
        device_seconds={"cpu": time.perf_counter() - started},
        outputs={str(prompts_path(source)): digest_path(prompts_path(source))},
        details=notes.details(),
        versions=versions(),
    ).write()
