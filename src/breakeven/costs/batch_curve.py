"""How long a mean answer takes as more are given at once: a roofline in a few numbers.

    curve = batch_curve(served, lengths)
    curve.seconds(64), curve.within(2.0), curve.most

It is `query_costs.at_batch` for every batch (a test holds the two together): of its terms only the
linear layers know the batch in another way than once or in proportion, and only those of reading
prompts know how long each prompt is. So few numbers travel into the page of a report, whose script
computes what is computed here.
"""

from typing import NamedTuple

import numpy as np

from breakeven.costs.counts import Array
from breakeven.costs.query_costs import Lengths, largest_within, no_room
from breakeven.costs.roofline import Serving, begun_seconds, largest_batch, pass_seconds
from breakeven.costs.serving_work import (
    PassWork,
    cache_bytes,
    decode_work,
    distinct_experts,
    prefill_work,
)

_NOTHING = PassWork(0.0, 0.0, 0.0, 0.0, 0.0)


class LinearSeconds(NamedTuple):
    """What the linear layers of a model take on a device, in seconds.

    `fixed` is the time of a pass whatever is in it. Moved are the weights that every pass reads
    (`weights`), each expert that is visited (`expert`, in all layers together) and a token's new
    keys and values (`written`). Multiplied are a token through the layers (`body`) and its logits
    (`head`). `between` is what moves of a token between the products, whichever of them is longer.
    """

    fixed: float
    weights: float
    expert: float
    experts: int
    active_experts: int
    written: float
    body: float
    head: float
    between: float

    def of(self, tokens: Array, logits: float) -> Array:
        """Of a pass over so many tokens with so many logits, without its fixed time."""
        visited = distinct_experts(self.experts, self.active_experts, tokens)
        moved = self.weights + self.expert * visited + self.written * tokens
        longer = np.maximum(moved, self.body * tokens + self.head * logits)
        return longer + self.between * tokens


class BatchCurve(NamedTuple):
    """The mean answer of some lengths on a device, at any batch up to `most`, which fits.

    `steps` are the passes after the prompt's own, `attention` its seconds of attention when alone,
    `begun` those that the beginning of its steps takes once, whatever the batch;
    `prompts` and `weights` are the lengths of prompts and how much of the answers has each.
    """

    model: LinearSeconds
    steps: float
    attention: float
    begun: float
    prompts: Array
    weights: Array
    devices: int
    most: int

    def seconds(self, batch: int) -> float:
        """Until a mean answer's last token, with so many at once."""
        read = self.weights @ self.model.of(batch * self.prompts, batch)
        step = self.model.of(np.array(float(batch)), batch)
        once = self.model.fixed * (1 + self.steps) + self.begun
        return float(once + read + self.steps * step + batch * self.attention)

    def device_seconds(self, batch: int) -> float:
        """A mean answer's share of the devices."""
        return self.seconds(batch) * self.devices / batch

    def within(self, latency_seconds: float) -> int:
        """The largest batch whose mean answer ends in time; 0 where not even one alone does."""
        return largest_within(self.seconds, latency_seconds, self.most)


def batch_curve(served: Serving, lengths: Lengths) -> BatchCurve | str:
    """The curve, or the reason why there is none: not one answer fits."""
    tokens = lengths.prompt + lengths.new
    if reason := no_room(served, tokens):
        return reason
    # Prompts come in few lengths, if in many answers.
    prompts, of_answer = np.unique(lengths.prompt_tokens, return_inverse=True)
    return BatchCurve(
        model=linear_seconds(served),
        steps=float(lengths.weights @ (lengths.new_tokens - 1)),
        attention=float(lengths.weights @ _attention(served, lengths)),
        begun=float(lengths.weights @ begun_seconds(served, lengths.new_tokens - 1)),
        prompts=prompts,
        weights=np.bincount(of_answer, weights=lengths.weights),
        devices=served.devices,
        most=largest_batch(served, tokens),
    )


def linear_seconds(served: Serving) -> LinearSeconds:
    """The linear layers of a served model; what they do is told by `costs.serving_work`."""
    shape, numbers = served.shape, served.numbers
    # A pass over no token visits no expert and writes nothing; one over one token visits its own.
    nothing = prefill_work(shape, numbers, batch=0, prompt_tokens=0)
    one = prefill_work(shape, numbers, batch=1, prompt_tokens=1)
    two = prefill_work(shape, numbers, batch=1, prompt_tokens=2)
    written = cache_bytes(shape, numbers, 1)
    experts = one.linear_bytes - nothing.linear_bytes - written
    body = two.linear_flops - one.linear_flops
    return LinearSeconds(
        fixed=_seconds(served, _NOTHING, passes=1),
        weights=_seconds(served, _NOTHING._replace(linear_bytes=nothing.linear_bytes)),
        expert=_seconds(served, _NOTHING._replace(linear_bytes=experts / shape.active_experts))
        if shape.experts > shape.active_experts
        else 0.0,
        experts=shape.experts,
        active_experts=shape.active_experts,
        written=_seconds(served, _NOTHING._replace(linear_bytes=written)),
        body=_seconds(served, _NOTHING._replace(linear_flops=body)),
        head=_seconds(served, _NOTHING._replace(linear_flops=one.linear_flops - body)),
        between=_seconds(served, _NOTHING._replace(activation_bytes=one.activation_bytes)),
    )


def _attention(served: Serving, lengths: Lengths) -> Array:
    """Seconds of attention of each answer alone, reading and writing."""
    shape, numbers = served.shape, served.numbers
    read = prefill_work(shape, numbers, batch=1, prompt_tokens=lengths.prompt_tokens)
    steps = lengths.new_tokens - 1
    written = decode_work(shape, numbers, batch=1, context=lengths.prompt_tokens, steps=steps)
    none = np.zeros(len(steps))

    def seconds(work: PassWork[Array]) -> Array:
        alone = work._replace(linear_bytes=none, linear_flops=none, activation_bytes=none)
        return pass_seconds(served, alone, none)

    return seconds(read) + seconds(written)


def _seconds(served: Serving, work: PassWork[float], passes: float = 0) -> float:
    return float(pass_seconds(served, work, passes))
