"""How long an answer takes on a device, by a roofline of its linear layers and its attention.

    served = Serving(shape, find_hardware("H100"))
    answer = answer_times(served, batch=64, prompt_tokens=250, new_tokens=1000)
    answer.first_token_seconds, answer.seconds, answer.tokens_per_second

A pass takes a fixed time, and for all linear layers and for all of attention the longer of
bytes / (bandwidth · share) and FLOPs / (peak · share) (Williams, Waterman and Patterson 2009, the
roofline model). The longer and not the sum: a kernel fetches the next numbers while it multiplies
these, so that the slower hides the other. The two parts are summed: engines run them one after
another (NanoFlow, arXiv 2408.12757, gains by not doing so). What an engine moves between products
is a time of its own, where it is not fused with them.

Sequences of a batch start together and are equally long. Under continuous batching they are at
different places; over an answer, each step's context has the same mean, and so has its cost.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from breakeven.core.errors import InputError
from breakeven.costs.architecture import Architecture
from breakeven.costs.counts import Counts
from breakeven.costs.hardware import Hardware
from breakeven.costs.serving_work import (
    FORMATS,
    NumberFormat,
    PassWork,
    cache_bytes,
    decode_work,
    prefill_work,
    stored_bytes,
)

# Tokens are chosen in float32, whatever is computed with.
_LOGIT_BYTES = 4


class Achieved(NamedTuple):
    """What serving reaches of a device's data sheet, and what no data sheet tells.

    `layer_seconds` is the fixed time of a layer in each pass (kernels are started, the host is
    waited for), `pass_seconds` that of a pass whatever its layers (tokens are chosen).
    `activation_moves` is how often an engine without fused kernels reads or writes a token's
    numbers in a layer, beside what its products do: norms, rotation, gates and sums.
    `batch_layer_seconds` is what a layer adds to a batch once: an engine that records its steps, to
    start all their kernels at once, takes the first ones singly. Servers have recorded theirs.

    The defaults are assumptions that agree with what was published: Qwen's speeds of Qwen2.5 at
    batch 1 (vLLM 0.6.3 on an A100) are best fitted by 79% of the bandwidth and 118 microseconds a
    layer (docs/costs.md). `costs.roofline_fit` fits all six to measured answers.
    """

    bandwidth_share: float = 0.8
    compute_share: float = 0.6
    layer_seconds: float = 118e-6
    pass_seconds: float = 0.0
    activation_moves: float = 0.0
    batch_layer_seconds: float = 0.0


ASSUMED = Achieved()


@dataclass(frozen=True)
class Serving:
    """A model on a device, or on several that share each layer (tensor parallelism).

    Each of `devices` holds its part of the weights, does its part of the products, and keeps the
    keys and values of its heads; with more devices than these heads, they are kept several times.
    What the devices send each other after every layer is not modelled: with NVLink it is small
    beside the rest, without it is not. `memory_share` is what weights and cache may take, the rest
    is for activations and the engine (vLLM's own default).
    """

    shape: Architecture
    hardware: Hardware
    numbers: NumberFormat = FORMATS["bfloat16"]
    devices: int = 1
    achieved: Achieved = ASSUMED
    memory_share: float = 0.9

    def __post_init__(self) -> None:
        shares = (self.achieved.bandwidth_share, self.achieved.compute_share, self.memory_share)
        if self.devices < 1 or not all(0 < share <= 1 for share in shares):
            raise ValueError(f"at least one device, shares above 0 and at most 1: {self}")
        if not all(one >= 0 for one in self.achieved[2:]):
            raise ValueError(f"fixed times and moves are at least 0: {self.achieved}")

    @property
    def kv_parts(self) -> int:
        """Among how many devices keys and values are divided."""
        return min(self.devices, self.shape.kv_heads)


class AnswerTimes(NamedTuple):
    """How long `batch` answers take side by side.

    `first_token_seconds` until all prompts are read and each has its first token, `seconds` until
    all `new_tokens` of each are written.
    """

    batch: int
    new_tokens: float
    devices: int
    first_token_seconds: float
    seconds: float

    @property
    def tokens_per_second(self) -> float:
        """New tokens a second of one device."""
        return self.batch * self.new_tokens / self.seconds / self.devices

    @property
    def device_seconds(self) -> float:
        """Seconds of a device that one answer takes."""
        return self.seconds * self.devices / self.batch


def answer_times(
    served: Serving, *, batch: int, prompt_tokens: float, new_tokens: float
) -> AnswerTimes:
    """The times of `batch` answers of `new_tokens` (the end token included), in closed form.

    Reading the prompts gives the first token, and nothing follows the last: new_tokens − 1 steps.
    Whether they fit is another question (`largest_batch`). Raises ValueError on fewer than one
    answer, prompt token or new token.
    """
    if not (batch >= 1 and prompt_tokens >= 1 and new_tokens >= 1):
        raise ValueError(
            f"use at least 1 each: batch {batch}, prompt {prompt_tokens}, new {new_tokens}"
        )
    first, whole = answer_seconds(
        served, batch=batch, prompt_tokens=prompt_tokens, new_tokens=new_tokens
    )
    return AnswerTimes(batch, new_tokens, served.devices, float(first), float(whole))


def answer_seconds(
    served: Serving, *, batch: float, prompt_tokens: Counts, new_tokens: Counts
) -> tuple[Counts, Counts]:
    """Seconds to the first token and to the last of an answer, one of `batch` as long as it.

    Of arrays each element is an answer by itself. Where answers of several lengths share a batch
    whose places are filled again, the mean over them is that of the batch: a step's time is a sum
    over the sequences in it, and what they share is the same in every step.
    """
    shape, numbers = served.shape, served.numbers
    first = pass_seconds(
        served, prefill_work(shape, numbers, batch=batch, prompt_tokens=prompt_tokens)
    )
    steps = new_tokens - 1
    # Exact though the context grows: a step's linear work is always the same, and the bytes and the
    # FLOPs of its attention grow alike, so that the same one of them is the longer in every step.
    work = decode_work(shape, numbers, batch=batch, context=prompt_tokens, steps=steps)
    return first, first + pass_seconds(served, work, steps) + begun_seconds(served, steps)


def begun_seconds(served: Serving, steps: Counts) -> Counts:
    """What the beginning of a batch's steps takes once; an answer of one token takes none."""
    begun: Any = served.shape.layers * served.achieved.batch_layer_seconds * np.minimum(steps, 1)
    return begun


def pass_seconds(served: Serving, work: PassWork[Counts], passes: Counts | None = None) -> Counts:
    """Seconds of one pass, or of several alike, on the devices together."""
    heads = work.attention_flops / served.devices
    attention = _longer(served, work.attention_bytes / served.kv_parts, heads)
    linear = _longer(served, work.linear_bytes / served.devices, work.linear_flops / served.devices)
    achieved = served.achieved
    fixed = achieved.pass_seconds + served.shape.layers * achieved.layer_seconds
    activations = achieved.activation_moves * _moving(served, work.activation_bytes)
    return fixed * (1 if passes is None else passes) + linear + attention + activations


def largest_batch(served: Serving, tokens: float) -> int:
    """How many answers of `tokens` (prompt included) fit beside the weights; 0 where not one does.

    Room is kept for each at its full length, so that none has to wait for another to end, and for
    its logits in float32. An engine may have a limit of its own (vLLM's `max_num_seqs`).
    """
    have = served.memory_share * served.hardware.memory_bytes
    left = have - stored_bytes(served.shape, served.numbers) / served.devices
    a_sequence = (
        cache_bytes(served.shape, served.numbers, tokens) / served.kv_parts
        + _LOGIT_BYTES * served.shape.vocab / served.devices
    )
    return max(0, int(left / a_sequence))


def require_fit(served: Serving, batch: int, tokens: float, key: str = "batch") -> None:
    """Raise InputError, with the largest batch that fits, where `batch` does not."""
    most = largest_batch(served, tokens)
    if batch <= most:
        return
    on = f"{served.devices} × {served.hardware.name}"
    if not most:
        raise InputError(
            f"{key}: value is {batch}; not one answer of {tokens:,.0f} tokens of "
            f"{served.shape.name} fits into {on}; use more devices or a larger one"
        )
    raise InputError(
        f"{key}: value is {batch}; of answers of {tokens:,.0f} tokens of {served.shape.name}, "
        f"{on} holds at most {most}; use {most} or fewer"
    )


def _longer(served: Serving, moved_bytes: Counts, flops: Counts) -> Counts:
    peak = served.hardware.peak(served.numbers.dtype)
    multiplying = flops / (peak * served.achieved.compute_share)
    longer: Any = np.maximum(_moving(served, moved_bytes), multiplying)
    return longer


def _moving(served: Serving, moved_bytes: Counts) -> Counts:
    bandwidth = served.hardware.bandwidth_bytes_per_second
    return moved_bytes / (bandwidth * served.achieved.bandwidth_share)
