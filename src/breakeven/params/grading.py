"""Who judges what rules cannot: one language model or a jury, asked only where rules are silent."""

from pydantic import Field, model_validator

from breakeven.params.names import (
    Count,
    CountOrZero,
    Endpoint,
    LimitName,
    Name,
    Seconds,
    Section,
    SmallCount,
    Text,
    VariableName,
)


class Judge(Section):
    """A judge behind an OpenAI-compatible endpoint; its key is in the environment.

    Attributes:
        model: The model as the endpoint calls it.
        base_url: The endpoint's address, without a user or password.
        key_variable: The environment variable that holds the key.
        limit_name: What the endpoint calls the limit of new tokens.
        architecture: A model of the bundled table, or a folder with its config.json, for FLOPs.
        template: Values for the chat template, such as `enable_thinking: false`.
        max_new_tokens: Limit of each of its two replies.
        concurrency: Requests at once.
        timeout_seconds: Limit of a whole reply.
        attempts: Tries of a request in all, after errors that may pass.
    """

    model: Text
    base_url: Endpoint
    key_variable: VariableName = "OPENAI_API_KEY"
    limit_name: LimitName = "max_tokens"
    architecture: Text | None = None
    template: dict[str, bool | int | float | str] = Field(default_factory=dict)
    max_new_tokens: Count = 512
    concurrency: SmallCount = 16
    timeout_seconds: Seconds = 120.0
    attempts: SmallCount = 6


class Grading(Section):
    """How answers are graded; without judges, what rules cannot read is unparsed and wrong.

    Attributes:
        math_seconds: Processor time for all that one mathematical answer asks of sympy; what takes
            longer is not equal.
        judges: One judge or a jury, by name; an odd number of different models, so that none can
            tie.
        ending_words: How much of an answer's end a judge is shown.
        audit: Answers that rules can read are shown to the judges too, to count how often both
            differ; no score changes.
    """

    math_seconds: Seconds = 5.0
    judges: dict[Name, Judge] = Field(default_factory=dict)
    ending_words: Count = 200
    audit: CountOrZero = 100

    @model_validator(mode="after")
    def _a_jury_can_decide(self) -> "Grading":
        if self.judges and len(self.judges) % 2 == 0:
            raise ValueError(f"judges: {len(self.judges)} judges can tie; use an odd number")
        if len({judge.model for judge in self.judges.values()}) < len(self.judges):
            raise ValueError("judges: two of them ask one model, and would agree; use others")
        return self
