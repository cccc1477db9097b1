"""How answers are decoded: the sampler, and who is asked that way."""

from typing import Annotated

from pydantic import Field, ValidationError, model_validator

from breakeven.params.names import (
    Count,
    EachOnce,
    Name,
    NotNegative,
    RealNumber,
    Section,
    Seed,
    Share,
    SmallCount,
    Style,
)

_TopP = Annotated[RealNumber, Field(gt=0.0, le=1.0)]
# The range that OpenAI's interface and vLLM take.
_AddedPenalty = Annotated[RealNumber, Field(ge=-2.0, le=2.0)]


class Sampler(Section):
    """How the next token is drawn; in `by_style`, what is other than in the decoding itself.

    What each value does stands at `decoding.sampling`, which follows transformers and vLLM.
    """

    temperature: NotNegative | None = None
    top_p: _TopP | None = None
    top_k: Count | None = None
    min_p: Share | None = None
    repetition_penalty: Annotated[RealNumber, Field(gt=0.0, le=10.0)] | None = None
    presence_penalty: _AddedPenalty | None = None
    frequency_penalty: _AddedPenalty | None = None


class Decoding(Sampler):
    """How answers are sampled: temperature 0 is greedy.

    `arms` are those that are asked this way, all where it is left out. `by_style` gives arms of a
    style another sampler. What is None is not used, and makes no answer anew.
    """

    temperature: NotNegative = 0.0
    top_p: _TopP = 1.0
    samples: SmallCount = 1
    seed: Seed = 0
    arms: Annotated[tuple[Name, ...], Field(min_length=1), EachOnce] | None = None
    by_style: Annotated[dict[Style, Sampler], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _greedy_is_one_sample(self) -> "Decoding":
        if self.temperature == 0 and self.samples > 1:
            raise ValueError(f"samples: {self.samples} greedy samples are all the same; use 1")
        return self

    @model_validator(mode="after")
    def _styles_can_be_sampled(self) -> "Decoding":
        for style in self.by_style or {}:
            try:
                self.of_style(style)
            except ValidationError as error:
                problem = error.errors(include_url=False, include_context=False)[0]["msg"]
                raise ValueError(
                    f"by_style: {style}: {problem.removeprefix('Value error, ')}"
                ) from error
        return self

    def of_style(self, style: Style) -> "Decoding":
        """This decoding as arms of a style are asked, for any arm."""
        other = (self.by_style or {}).get(style)
        changes = {} if other is None else other.model_dump(exclude_none=True)
        kept = self.model_dump(exclude={"arms", "by_style"}, exclude_none=True)
        return Decoding.model_validate({**kept, **changes})
