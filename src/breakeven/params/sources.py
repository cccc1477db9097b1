"""Where training prompts come from, and how the two completions of one become a pair."""

from typing import Annotated, Any, Literal

from pydantic import Field

from breakeven.params.names import Count, Name, ProjectPath, RepoId, Revision, Section

ProblemKind = Literal["chain", "addition", "most-digit", "hops", "lookup", "odd-one-out"]
Format = Literal["open", "choice"]


class ProceduralSource(Section):
    """Training prompts from a built-in generator, shared out evenly over the formats."""

    kind: Literal["procedural"]
    problem: ProblemKind
    formats: Annotated[tuple[Format, ...], Field(min_length=1)] = ("open", "choice")
    prompts: Count
    min_depth: Count | None = None
    max_depth: Count | None = None
    seed: int = 0


class JsonlSource(Section):
    """Training prompts from a JSON-lines file in the project: `prompt`, and optionally more."""

    kind: Literal["jsonl"]
    path: ProjectPath
    prompts: Count | None = None
    seed: int = 0


class GymSource(Section):
    """Training prompts from a data set of reasoning-gym; `config` is that data set's own."""

    kind: Literal["reasoning-gym"]
    dataset: str
    prompts: Count
    config: dict[str, Any] = Field(default_factory=dict)
    seed: int = 0


class DatasetSource(Section):
    """Training prompts from a data set of the hub, streamed and sub-sampled by the seed.

    `prompt` and `reference` are paths to a field, dots for what is nested: `messages.0.content`.
    """

    kind: Literal["dataset"]
    repo: RepoId
    revision: Revision
    config: str | None = None
    split: str = "train"
    prompt: str
    reference: str | None = None
    prompts: Count | None = None
    seed: int = 0


class PublishedSource(Section):
    """Published pairs, `prompt` `reasoning` `ift`: both completions are there, no teacher runs."""

    kind: Literal["published-pairs"]
    repo: RepoId
    revision: Revision
    split: str = "reasoning_ift_pairs"
    prompts: Count | None = None
    seed: int = 0


Source = Annotated[
    ProceduralSource | JsonlSource | GymSource | DatasetSource | PublishedSource,
    Field(discriminator="kind"),
]


class Decontamination(Section):
    """How training pairs are kept apart from the tasks: exact content always, n-grams if asked."""

    ngram_words: Count | None = None


class PairRules(Section):
    """What a pair must fulfil in both styles beside being finished, closed and not empty.

    `max_tokens` bounds prompt and completion together, in the teacher's count. `agreement` asks
    that both answers agree with the prompt's reference; a prompt without one is dropped then.
    """

    max_tokens: Count | None = None
    agreement: bool = False


class Corpus(Section):
    """Sources whose pairs are put together."""

    sources: Annotated[tuple[Name, ...], Field(min_length=1)]
    decontamination: Decontamination = Decontamination()
    rules: PairRules = PairRules()
