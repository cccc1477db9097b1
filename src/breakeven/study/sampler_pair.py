"""Which two decodings of a study show what greedy decoding does to it."""

from collections.abc import Mapping

from breakeven.findings.sampling import SamplerPair
from breakeven.params import Decoding

# What a decoding and a plain greedy one may differ in and yet decode alike.
_NOT_DECODING = {"arms", "seed"}
# What a sampler may set. A decoding that sets more answers another way, not only in other words.
_SAMPLER = {
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "repetition_penalty",
    "presence_penalty",
    "frequency_penalty",
    "by_style",
    "samples",
}


def sampler_pair(decodings: Mapping[str, Decoding]) -> SamplerPair | None:
    """The first greedy decoding and the first that samples, with nothing else set in either.

    None where the study has not both.
    """
    plain = [name for name, row in decodings.items() if not _sets(row)]
    sampled = [
        name
        for name, row in decodings.items()
        if "temperature" in _sets(row) and _sets(row) <= _SAMPLER
    ]
    return SamplerPair(plain[0], sampled[0]) if plain and sampled else None


def _sets(decoding: Decoding) -> set[str]:
    """The fields that are other than in plain greedy decoding."""
    return set(decoding.model_dump(exclude=_NOT_DECODING, exclude_defaults=True))
