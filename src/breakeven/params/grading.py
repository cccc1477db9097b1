"""Who judges what rules cannot: one language model or a jury, asked only where rules are silent."""

from typing import Annotated

from pydantic import Field, HttpUrl, StringConstraints, model_validator

from breakeven.params.names import Count, Name, Positive, Section


class Judge(Section):
    """A judge behind an OpenAI-compatible endpoint; its key is in the environment."""

    model: str
    base_url: HttpUrl
    key_variable: Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]*$")] = (
        "OPENAI_API_KEY"
    )
    architecture: str | None = None
    concurrency: Count = 16
    timeout_seconds: Positive = 120.0
    attempts: Count = 6


class Grading(Section):
    """How answers are graded; without judges, what rules cannot read is unparsed and wrong.

    `ending_words` bounds how much of an answer's end a judge is shown.
    """

    math_seconds: Positive = 5.0
    judges: dict[Name, Judge] = Field(default_factory=dict)
    ending_words: Count = 200

    @model_validator(mode="after")
    def _a_majority_exists(self) -> "Grading":
        if self.judges and len(self.judges) % 2 == 0:
            raise ValueError(f"judges: {len(self.judges)} judges can tie; use an odd number")
        return self
