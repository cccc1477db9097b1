"""Which two decodings of a study show what greedy decoding does to it."""

from collections.abc import Mapping

from breakeven.findings.sampling import SamplerPair
from breakeven.params import COMPLETION_STYLES, Decoding
from breakeven.params.decodings import Sampler

_SAMPLER = {*Sampler.model_fields, "by_style"}
# Who is asked, how often and from which seed changes no answer of a greedy decoding.
_NO_ANSWER = {"arms", "seed", "samples"}


def sampler_pair(decodings: Mapping[str, Decoding]) -> SamplerPair | None:
    """The first greedy decoding with the first that samples and is the same in all else.

    None where the study has no such two.
    """
    return next(
        (
            SamplerPair(greedy, sampled)
            for greedy, one in decodings.items()
            if not one.model_dump(include=_SAMPLER, exclude_defaults=True)
            for sampled, other in decodings.items()
            if _samples(other) and _besides(one) == _besides(other)
        ),
        None,
    )


def _samples(decoding: Decoding) -> bool:
    """Whether both styles are sampled, each perhaps in a way of its own."""
    return all(decoding.of_style(style).temperature > 0 for style in COMPLETION_STYLES)


def _besides(decoding: Decoding) -> dict[str, object]:
    """What is set besides the sampler: it answers another way, not only in other words."""
    return decoding.model_dump(exclude=_SAMPLER | _NO_ANSWER, exclude_defaults=True)
