"""Pin the training prompts of one source: `python stages/prompts.py --source chain`."""

import time

from breakeven.files import digest_path, write_rows
from breakeven.layout import prompts_path
from breakeven.params import load_params
from breakeven.pipeline.cells import digest_of_part
from breakeven.prompts.arrivals import Arrivals
from breakeven.prompts.load import stream_prompts
from breakeven.records import Record, versions
from breakeven.stage import pick, run_stage


def main(source: str) -> None:
    """Write `data/prompts/<source>.jsonl` and its record."""
    started = time.perf_counter()
    params, arrivals = load_params(), Arrivals()
    prompts = stream_prompts(source, pick(params.sources, "sources", source), arrivals)
    written = write_rows(prompts_path(source), prompts)
    Record(
        stage="prompts",
        cell={"source": source},
        part=digest_of_part(params, "prompts", source),
        metrics={"prompts": written, "dropped": arrivals.dropped.total()},
        device_seconds={"cpu": time.perf_counter() - started},
        outputs={str(prompts_path(source)): digest_path(prompts_path(source))},
        details=arrivals.details(),
        versions=versions(),
    ).write()


if __name__ == "__main__":
    run_stage(main)
