"""How answers are decoded: the sampler, what is forced, who is asked that way, task by task."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationError, model_validator

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
    WholeNumber,
)

# An instruction can be long.
LongText = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
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
    """How answers are made: temperature 0 is greedy.

    `arms` are those that are asked this way, all where it is left out. `by_style` gives arms of a
    style another sampler, `max_new_tokens` every task another limit. `prompt_suffix` stands at the
    end of the prompt, `prefill` at the beginning of the answer. `thinking` begins the answer with
    an empty trace or an open one. A trace of `thinking_tokens`, its marks included, is closed, and
    `ask` is written behind its mark; before that, its first `wait` closing marks become
    `wait_text` (budget forcing, Muennighoff et al. 2025, arXiv 2501.19393). What is None is not
    used, and makes no answer anew.
    """

    temperature: NotNegative = 0.0
    top_p: _TopP = 1.0
    samples: SmallCount = 1
    seed: Seed = 0
    arms: Annotated[tuple[Name, ...], Field(min_length=1), EachOnce] | None = None
    by_style: Annotated[dict[Style, Sampler], Field(min_length=1)] | None = None
    max_new_tokens: Count | None = None
    prompt_suffix: LongText | None = None
    prefill: LongText | None = None
    thinking: Literal["off", "forced"] | None = None
    thinking_tokens: Count | None = None
    ask: LongText | None = None
    wait: SmallCount | None = None
    wait_text: LongText | None = None

    @model_validator(mode="after")
    def _greedy_is_one_sample(self) -> "Decoding":
        if self.temperature == 0 and self.samples > 1:
            raise ValueError(f"samples: {self.samples} greedy samples are all the same; use 1")
        return self

    @model_validator(mode="after")
    def _forced_within_a_budget(self) -> "Decoding":
        for name in ("ask", "wait"):
            if getattr(self, name) is not None and self.thinking_tokens is None:
                raise ValueError(
                    f"{name}: needs a budget, or a trace might never be closed; give "
                    "thinking_tokens"
                )
        if self.wait_text is not None and self.wait is None:
            raise ValueError("wait_text: is written in the place of a mark; give wait, how often")
        if self.thinking == "off" and self.thinking_tokens is not None:
            raise ValueError(
                "thinking: value is off, so that there is no trace that thinking_tokens could "
                "close; remove one"
            )
        if (
            self.max_new_tokens is not None
            and self.thinking_tokens is not None
            and self.thinking_tokens >= self.max_new_tokens
        ):
            raise ValueError(
                f"thinking_tokens: value is {self.thinking_tokens}; max_new_tokens is "
                f"{self.max_new_tokens}, so that no answer could follow the trace; use less"
            )
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


class TaskAnswering(Section):
    """What one task has of its own: a limit, samples of every decoding that draws, and shots.

    `shots` are for arms that are shown examples; the others are shown none.
    """

    max_new_tokens: Count | None = None
    samples: SmallCount | None = None
    shots: Annotated[WholeNumber, Field(ge=1, le=32)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "TaskAnswering":
        if not self.model_dump(exclude_none=True):
            raise ValueError("is empty; give max_new_tokens, samples or shots, or remove it")
        return self
