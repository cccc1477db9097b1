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

    `template` goes to the chat template (`enable_thinking: false`), `max_new_tokens` bounds each of
    its two replies and goes to the endpoint as `limit_name`. `architecture` names a model of the
    bundled table or a folder with its config.json, for FLOPs.
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

    `ending_words` bounds how much of an answer's end a judge is shown. `audit` is how many answers
    that rules can read are shown to the judges too, to count how often they disagree with the
    rules; whose word the score takes does not change.
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
