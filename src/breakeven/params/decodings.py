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
# Below it hardly a token but the likeliest is ever drawn. vLLM draws at this one instead
# (`_MAX_TEMP` in its sampling_params.py), so that the engines would differ.
LEAST_DRAWN_TEMPERATURE = 0.01
# In any vocabulary of up to a million tokens the likeliest has as much by itself.
TOP_P_OF_ONE_TOKEN = 1e-6


class Sampler(Section):
    """How the next token is drawn; in `by_style`, what is other than in the decoding itself.

    What each value does stands at `decoding.sampling`, which follows transformers and vLLM.

    Attributes:
        temperature: Divides the logits; 0 takes the likeliest token.
        top_p: Keeps the fewest likeliest tokens whose probability together reaches p.
        top_k: Keeps the k likeliest tokens.
        min_p: Keeps the tokens at least p times as likely as the likeliest.
        repetition_penalty: Logits of tokens in prompt or answer: divided by it where positive,
            multiplied where negative. 1 is none.
        presence_penalty: Taken once off the logits of tokens that the answer holds.
        frequency_penalty: Taken off the logits of tokens of the answer as often as they are there.
    """

    temperature: NotNegative | None = None
    top_p: _TopP | None = None
    top_k: Count | None = None
    min_p: Share | None = None
    repetition_penalty: Annotated[RealNumber, Field(gt=0.0, le=10.0)] | None = None
    presence_penalty: _AddedPenalty | None = None
    frequency_penalty: _AddedPenalty | None = None


class Decoding(Sampler):
    """How answers are made. What is None is not used, and makes no answer anew.

    Attributes:
        samples: Answers to an item; greedy ones are all the same, so that more need a temperature.
        seed: What the draws follow from, with the task, the item and the sample's number.
        arms: Arms that are asked this way, all where it is left out; the first decoding asks all.
        by_style: Another sampler for arms of a style.
        max_new_tokens: Another limit of an answer, for every task.
        prompt_suffix: Text at the end of every prompt, such as an instruction.
        prefill: Text that the answer begins with; it is read and paid with the prompt.
        thinking: Begins the answer with an empty trace (`off`) or an open one (`forced`).
        thinking_tokens: The most tokens of a trace, its marks included; a longer one is closed
            there (budget forcing, Muennighoff et al. 2025, arXiv 2501.19393).
        ask: Written behind the mark of a trace that the budget has closed.
        wait: How many first closing marks become `wait_text`, so that thinking goes on.
        wait_text: What stands in place of such a mark; " Wait" where it is left out.
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
    def _samples_differ(self) -> "Decoding":
        why = self.why_alike(self.samples)
        if why is not None:
            raise ValueError(f"samples: {why}")
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
        for style, sampler in (self.by_style or {}).items():
            if not sampler.model_dump(exclude_none=True):
                raise ValueError(
                    f"by_style: {style}: is empty; give what is other for this style, or remove it"
                )
            try:
                self.of_style(style)
            except ValidationError as error:
                problem = error.errors(include_url=False, include_context=False)[0]["msg"]
                raise ValueError(
                    f"by_style: {style}: {problem.removeprefix('Value error, ')}"
                ) from error
        return self

    def why_alike(self, samples: int) -> str | None:
        """Why so many samples of an item cannot differ, and what to use; None where they can."""
        if samples == 1:
            return None
        if self.temperature == 0:
            return f"{samples} greedy samples are all the same; use 1"
        if self.temperature < LEAST_DRAWN_TEMPERATURE:
            return (
                f"{samples} samples at temperature {self.temperature:g} are all of the likeliest "
                f"tokens; use 1, or a temperature of {LEAST_DRAWN_TEMPERATURE:g} or more"
            )
        one_token = {
            "top_k 1": (self.top_k == 1, "top_k of 2 or more"),
            "min_p 1": (self.min_p == 1, "min_p below 1"),
            f"top_p {self.top_p:g}": (
                self.top_p <= TOP_P_OF_ONE_TOKEN,
                f"top_p above {TOP_P_OF_ONE_TOKEN:g}",
            ),
        }
        for given, (holds, other) in one_token.items():
            if holds:
                return (
                    f"{samples} samples with {given}, which leaves one token to draw, are all the "
                    f"same; use 1, or a {other}"
                )
        return None

    @property
    def by_any_style(self) -> tuple["Decoding", ...]:
        """This decoding as arms are asked: without a style of its own, and in each of those."""
        return (self, *map(self.of_style, self.by_style or ()))

    def of_style(self, style: Style) -> "Decoding":
        """This decoding as arms of a style are asked, for any arm."""
        other = (self.by_style or {}).get(style)
        changes = {} if other is None else other.model_dump(exclude_none=True)
        kept = self.model_dump(exclude={"arms", "by_style"}, exclude_none=True)
        return Decoding.model_validate({**kept, **changes})


class TaskAnswering(Section):
    """What one task has of its own.

    Attributes:
        max_new_tokens: Another limit of an answer, for both styles.
        samples: Answers to an item in every decoding that draws.
        shots: Examples for arms that are shown some; the others are shown none.
    """

    max_new_tokens: Count | None = None
    samples: SmallCount | None = None
    shots: Annotated[WholeNumber, Field(ge=1, le=32)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "TaskAnswering":
        if not self.model_dump(exclude_none=True):
            raise ValueError("is empty; give max_new_tokens, samples or shots, or remove it")
        return self
