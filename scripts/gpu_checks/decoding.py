"""How fast are answers, and are they the right ones?"""

from typing import Any

from breakeven.models.loading import placed_base
from gpu_checks.answers import measure_decoding, project_tokens
from gpu_checks.bench import Bench
from gpu_checks.examples import make_prompts
from gpu_checks.settings import SAMPLED


def check_decoding_speed(bench: Bench) -> dict[str, Any]:
    """Greedy tokens a second against plain `generate`, and the same tokens but for ties.

    H100: 24 layers start their kernels in 10 ms a token, whatever the batch: 129 tokens 1.3 s, 3
    times, 2 decoders, 3 batches: 24 s. Loading, and 33 passes in both formats: 10 s.
    """
    measured = bench.once("decoding", lambda: measure_decoding(bench))
    rows = {}
    for batch, (ours, plain) in measured["decoded"].items():
        count = batch * bench.sizes.new_tokens
        pairs = list(zip(ours.tokens, plain.tokens, strict=True))
        rows[f"batch {batch}"] = {
            "tokens_per_second": count / ours.seconds,
            "plain_tokens_per_second": count / plain.seconds,
            "ratio": plain.seconds / ours.seconds,
            "rows_alike": sum(one == other for one, other in pairs),
            "rows": len(pairs),
        }
    partings = measured["partings"]
    shared = {"dtype": bench.dtype, "new_tokens": bench.sizes.new_tokens}
    return {**shared, **rows, "partings": partings, "passed": partings["passed"]}


def check_decoding_tokens(bench: Bench) -> dict[str, Any]:
    """A batch in float32 on the device writes what the CPU writes row by row.

    Greedily, by a sampler with every cut, and held to a budget of thinking; prompts begin alike, so
    that their beginning is read once. H100: 4 rows × 16 tokens × 60 ms of a CPU, and prompts of 190
    tokens, three times: 20 s; loading twice 6 s.
    """
    from breakeven.decoding.budget import Budget
    from breakeven.rendering.encoding import ThinkMarks

    sizes = bench.sizes
    prompts = make_prompts(sizes, sizes.compared_rows, shared=32)
    budget = Budget(
        marks=ThinkMarks(1, 2),
        tokens=sizes.compared_tokens // 2,
        closing=(3, 2),
        asking=(4,),
        waiting=(5,),
        waits=1,
        opened=True,
    )
    ways: dict[str, dict[str, Any]] = {
        "greedy": {},
        "sampled": {"decoding": SAMPLED},
        "budget": {"decoding": SAMPLED, "budget": budget},
    }
    limit = sizes.compared_tokens
    with placed_base(bench.base, device=bench.device.kind, dtype="float32", threads=None) as model:
        batched = {way: project_tokens(model, prompts, limit, **more) for way, more in ways.items()}
    with placed_base(bench.base, device="cpu", dtype="float32", threads=None) as model:
        single = {
            way: [
                project_tokens(model, [prompt], limit, first=row, **more)[0]
                for row, prompt in enumerate(prompts)
            ]
            for way, more in ways.items()
        }
    alike = {
        way: sum(one == other for one, other in zip(batched[way], single[way], strict=True))
        for way in ways
    }
    closed = sum(2 in row[: budget.tokens] for row in batched["budget"])
    return {
        "rows": len(prompts),
        "rows_alike": alike,
        "rows_closed_in_budget": closed,
        "passed": {*alike.values(), closed} == {len(prompts)},
    }
