"""What is trained on and asked: sequences that can be learnt, and random prompts."""

import numpy as np

from breakeven.rendering import Example
from gpu_checks.sizes import Sizes

# What there is to learn: few words, so that the loss falls within tens of steps from that of the
# whole vocabulary (11.9 nats of 152K) towards theirs (4.2).
_WORDS = 64


def make_examples(sizes: Sizes, count: int, lengths: tuple[int, int], seed: int) -> list[Example]:
    """Sequences that can be learnt: each token leads to one other, but for a tenth of noise."""
    draw = np.random.default_rng(seed)
    follows = np.random.default_rng(0).permutation(_WORDS)
    examples = []
    for length in draw.integers(lengths[0], lengths[1], count, endpoint=True):
        noise, tokens = draw.integers(0, _WORDS, length), [int(draw.integers(_WORDS))]
        for drawn, known in zip(noise[1:], draw.random(length - 1) > 0.1, strict=True):
            tokens.append(int(follows[tokens[-1]] if known else drawn))
        examples.append(Example(tuple(tokens), max(1, int(length) // 4)))
    return examples


def full_step(sizes: Sizes) -> list[list[Example]]:
    """A step of one pass that is as full as it can be: nothing padded, every token supervised."""
    rows = sizes.step_tokens // sizes.row_tokens
    length = sizes.row_tokens + 1  # the last token is learnt and not read
    made = make_examples(sizes, rows, (length, length), seed=1)
    return [[Example(one.input_ids, 1) for one in made]]


def make_prompts(sizes: Sizes, count: int, shared: int = 0) -> list[list[int]]:
    """Prompts of random tokens and mixed lengths, which begin alike in `shared` tokens."""
    draw = np.random.default_rng(5)
    words = sizes.config["vocab_size"]
    beginning = draw.integers(0, words, shared).tolist()
    lengths = draw.integers(*sizes.prompt_lengths, count, endpoint=True)
    return [[*beginning, *draw.integers(0, words, length).tolist()] for length in lengths]
