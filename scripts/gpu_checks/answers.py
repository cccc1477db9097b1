"""Answers by the project's decoder and by transformers' own, timed and held side by side."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import torch

from breakeven.models.loading import load_base, placed_base
from gpu_checks.bench import Bench
from gpu_checks.examples import make_prompts
from gpu_checks.settings import GREEDY

# bfloat16's logits against float32's, as a share of their standard deviation.
ROUNDING_TOLERANCE = 0.05
# Two greedy tokens are a tie where float32's logits are no further apart than so many times the
# error that rounding makes at that very place.
TIE_ERRORS = 8.0


class Decoded(NamedTuple):
    """Tokens of each prompt, and median seconds to write all of them, and one."""

    tokens: list[list[int]]
    seconds: float
    first_seconds: float


def project_tokens(
    model: Any,  # noqa: ANN401
    prompts: Sequence[Sequence[int]],
    limit: int,
    decoding: Mapping[str, Any] = GREEDY,
    *,
    first: int = 0,
    budget: Any = None,  # noqa: ANN401
) -> list[list[int]]:
    """Tokens by the project's decoder; row i is the sample `first` + i of its task."""
    from breakeven.decoding.decode import generate
    from breakeven.decoding.forcing import within_budget
    from breakeven.decoding.sampling import chooser

    names = [f"check/{first + row}/0" for row in range(len(prompts))]
    choose = chooser(SimpleNamespace(**decoding), names, limit, prompts)
    if budget is not None:
        choose = within_budget(choose, budget, len(prompts))
    made = generate(model, prompts, limit=limit, end_ids=(), choose=choose)
    return [one.ids for one in made]


def plain_tokens(model: Any, prompts: Sequence[Sequence[int]], limit: int) -> list[list[int]]:  # noqa: ANN401
    """Tokens by transformers' own greedy `generate`."""
    width = max(map(len, prompts))
    ids = torch.tensor([[0] * (width - len(one)) + list(one) for one in prompts])
    mask = torch.tensor([[0] * (width - len(one)) + [1] * len(one) for one in prompts])
    with torch.inference_mode():
        made = model.generate(
            input_ids=ids.to(model.device),
            attention_mask=mask.to(model.device),
            do_sample=False,
            max_new_tokens=limit,
            pad_token_id=0,
        )
    return [row[width:] for row in made.tolist()]


def decoded(write: Callable[[int], list[list[int]]], limit: int) -> Decoded:
    """Decode and time it: reading the tokens waits for the device."""
    write(2)
    seconds: dict[int, list[float]] = {limit: [], 1: []}
    tokens: list[list[int]] = []
    for _ in range(3):
        for count in (limit, 1):
            before = time.perf_counter()
            made = write(count)
            seconds[count].append(time.perf_counter() - before)
            tokens = made if count == limit else tokens
    return Decoded(tokens, *(statistics.median(seconds[count]) for count in (limit, 1)))


def measure_decoding(bench: Bench) -> dict[str, Any]:
    """Greedy answers of each batch by the project's decoder and by transformers' own."""
    sizes, found = bench.sizes, {}
    prompts = make_prompts(sizes, max(sizes.batches))
    with placed_base(
        bench.base, device=bench.device.kind, dtype=bench.dtype, threads=None
    ) as model:
        for batch in sizes.batches:
            rows = prompts[:batch]
            found[batch] = [
                decoded(lambda limit, rows=rows, by=by: by(model, rows, limit), sizes.new_tokens)
                for by in (project_tokens, plain_tokens)
            ]
        parted = [
            (prompts[row], *tokens)
            for batch in sizes.batches
            for row, tokens in enumerate(zip(*(one.tokens for one in found[batch]), strict=True))
            if tokens[0] != tokens[1]
        ]
        return {
            "prompts": prompts,
            "decoded": found,
            "partings": examine_partings(bench, model, parted[:32]),
        }


def examine_partings(bench: Bench, model: Any, rows: Sequence[Any]) -> dict[str, Any]:  # noqa: ANN401
    """Whether two decoders part only where float32 hardly tells the two tokens apart.

    Of each row, at the first token that differs: the gap of float32's logits between both tokens,
    over the error of the logits that `model` itself has there.
    """
    single = load_base(bench.base, torch.float32).to(bench.torch_device).eval()
    gaps, errors = [], []
    # Of one prompt at least: rounding is told, too, where nothing parts.
    seen = [(*row, _first_difference(row[1], row[2])) for row in rows]
    prompt = make_prompts(bench.sizes, 1)[0]
    with torch.inference_mode():
        for start, ours, theirs, place in [*seen, (prompt, [], [], 0)]:
            ids = torch.tensor([[*start, *ours[:place]]], device=bench.torch_device)
            exact, rounded = (one(ids).logits[0, -1].double() for one in (single, model))
            error = float((rounded - exact).square().mean().sqrt())
            errors.append(error / float(exact.std()))
            if ours:
                gap = float((exact[ours[place]] - exact[theirs[place]]).abs())
                # Sums in another order part what float32 calls a tie, too.
                gaps.append(gap / max(error, 1e-6 * float(exact.std())))
    return {
        "examined": len(gaps),
        "first_places": [place for *_, place in seen],
        "largest_gap_in_errors": max(gaps, default=0.0),
        "tie_tolerance_in_errors": TIE_ERRORS,
        "largest_rounding_error": max(errors),
        "rounding_tolerance": ROUNDING_TOLERANCE,
        "passed": max(gaps, default=0.0) <= TIE_ERRORS and max(errors) <= ROUNDING_TOLERANCE,
    }


def _first_difference(one: Sequence[int], other: Sequence[int]) -> int:
    return next(
        place for place, pair in enumerate(zip(one, other, strict=True)) if len({*pair}) > 1
    )
