"""Which two decodings of a study show what greedy decoding does to it."""

from collections.abc import Mapping

from breakeven.findings.sampling import SamplerPair
from breakeven.params import COMPLETION_STYLES, Decoding
from breakeven.params.decodings import Sampler

# What a decoding and a plain greedy one may differ in and yet decode alike.
_NOT_DECODING = {"arms", "seed"}
# A decoding that sets more than its sampler answers another way, not only in other words.
_SAMPLER = {*Sampler.model_fields, "by_style", "samples"}


def sampler_pair(decodings: Mapping[str, Decoding]) -> SamplerPair | None:
    """The first greedy decoding and the first that samples, with nothing else set in either.

    None where the study has not both.
    """
    plain = [name for name, row in decodings.items() if not _sets(row)]
    sampled = [name for name, row in decodings.items() if _samples(row) and _sets(row) <= _SAMPLER]
    return SamplerPair(plain[0], sampled[0]) if plain and sampled else None


def _samples(decoding: Decoding) -> bool:
    """Whether both styles are sampled, each perhaps in a way of its own."""
    return all(decoding.of_style(style).temperature > 0 for style in COMPLETION_STYLES)


def _sets(decoding: Decoding) -> set[str]:
    """The fields that are other than in plain greedy decoding."""
    return set(decoding.model_dump(exclude=_NOT_DECODING, exclude_defaults=True))
