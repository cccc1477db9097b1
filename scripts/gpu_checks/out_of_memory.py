"""Is what does not fit into memory done in parts, with the same result?"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import torch

from breakeven.models.loading import placed_base
from gpu_checks.answers import examine_partings, project_tokens
from gpu_checks.bench import Bench, SkippedError, free_memory
from gpu_checks.examples import make_examples, make_prompts
from gpu_checks.loss_curves import CURVE_TOLERANCE_NATS
from gpu_checks.settings import GREEDY
from gpu_checks.training_runs import training_run


def check_out_of_memory(bench: Bench) -> dict[str, Any]:
    """A step and a batch for which memory does not suffice are done in parts, with the same result.

    The allocator is given less than the device has, and raises what it raises when all is used.
    H100: 65,000 tokens of a step in passes, three times: 10 s; 2,048 answers of 24 tokens, twice in
    parts: 15 s; loading 6 s.
    """
    if bench.device.kind != "cuda":
        raise SkippedError(
            "the allocator of a CPU has no limit; tests/train and tests/decoding limit the process"
        )
    rows = {"training": halved_training(bench), "answers": halved_answers(bench)}
    return {**rows, "passed": all(row["passed"] for row in rows.values())}


@contextmanager
def memory_limit(bytes_: int) -> Iterator[None]:
    """What the allocator may have of the device's memory, what it has already included."""
    free_memory()
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(bytes_ / total)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
        free_memory()


def halved_training(bench: Bench) -> dict[str, Any]:
    """Losses of two steps in passes that fit by planning, and in one pass that does not."""
    full = bench.sizes.full_memory
    length = (full.row_tokens, full.row_tokens)
    examples = make_examples(bench.sizes, full.rows, length, seed=7)
    found: dict[str, Any] = {}
    for name, part in (("planned", 4), ("halved", full.rows)):
        step = [examples[start : start + part] for start in range(0, full.rows, part)]
        with (
            training_run(bench, "full", "bfloat16", steps=10) as (run, gate),
            memory_limit(full.bytes_for_training),
        ):
            for _ in range(2):
                run.take_step(step, gate)
            found[name] = {"losses": run.curves.loss, "halvings": run.curves.halvings}
    pairs = zip(found["planned"]["losses"], found["halved"]["losses"], strict=True)
    difference = max(abs(one - other) for one, other in pairs)
    halved = [len(found[name]["halvings"]) for name in ("planned", "halved")]
    return {
        **found,
        "largest_difference_nats": difference,
        "tolerance_nats": CURVE_TOLERANCE_NATS,
        "passed": difference <= CURVE_TOLERANCE_NATS and halved[0] == 0 and halved[1] > 0,
    }


def halved_answers(bench: Bench) -> dict[str, Any]:
    """Answers of a batch that does not fit, beside those of the same rows a few at a time."""
    from breakeven.decoding.memory_room import MemoryRoom, generate_in_room
    from breakeven.decoding.sampling import chooser

    full = bench.sizes.full_memory
    prompts = make_prompts(bench.sizes, full.prompts)

    def choose_for(places: Sequence[int]) -> Any:  # noqa: ANN401
        names = [f"check/{place}/0" for place in places]
        rows = [prompts[place] for place in places]
        return chooser(SimpleNamespace(**GREEDY), names, full.new_tokens, rows)

    halvings: list[list[int]] = []
    with placed_base(
        bench.base, device=bench.device.kind, dtype=bench.dtype, threads=None
    ) as model:
        with memory_limit(full.bytes_for_answers):
            made = generate_in_room(
                model,
                prompts,
                MemoryRoom("answering.batch_size"),
                limit=full.new_tokens,
                end_ids=(),
                choose_for=choose_for,
                halvings=halvings,
            )
        few = project_tokens(model, prompts[:64], full.new_tokens)
        tokens = [one.ids for one in made]
        parted = [
            (prompts[row], *pair)
            for row, pair in enumerate(zip(tokens[:64], few, strict=True))
            if pair[0] != pair[1]
        ]
        partings = examine_partings(bench, model, parted[:32])
    whole = all(len(one) == full.new_tokens for one in tokens)
    return {
        "prompts": len(prompts),
        "halvings": len(halvings),
        "all_answered": whole,
        "partings": partings,
        "passed": whole and halvings != [] and partings["passed"],
    }
