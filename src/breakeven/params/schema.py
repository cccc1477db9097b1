"""The schema of params.yaml: every key, its type, its default and what it must agree with."""

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from breakeven.params.references import check_references

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)]
Family = Literal["general-mc", "general-open", "math-mc", "math-open"]
Style = Literal["ift", "reasoning", "mixed"]
Method = Literal["none", "full", "lora", "qlora"]
ProblemKind = Literal["chain", "addition", "most-digit", "hops", "lookup", "odd-one-out"]
Format = Literal["open", "choice"]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0.0)]


def _inside_the_project(path: str) -> str:
    if path.startswith(("/", "~")) or ".." in path.split("/"):
        raise ValueError("must be a path inside the project, relative to its root")
    return path


ProjectPath = Annotated[str, AfterValidator(_inside_the_project)]


class Section(BaseModel):
    """A part of params.yaml: unknown keys are refused, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, allow_inf_nan=False)


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


Source = Annotated[ProceduralSource | JsonlSource, Field(discriminator="kind")]


class SolverTeacher(Section):
    """Exact worked solutions of procedural prompts; its cost is counted in this tokenizer."""

    kind: Literal["solver"]
    tokenizer: ProjectPath


Teacher = SolverTeacher


class Decontamination(Section):
    """How training pairs are kept apart from the tasks: exact content always, n-grams if asked."""

    ngram_words: Count | None = None


class Corpus(Section):
    """Sources whose pairs are put together."""

    sources: Annotated[tuple[Name, ...], Field(min_length=1)]
    decontamination: Decontamination = Decontamination()


class FolderBase(Section):
    """A base model in a folder of the project: safetensors, config and tokenizer."""

    kind: Literal["folder"]
    path: ProjectPath


class ScratchBase(Section):
    """A base model that the `base` stage trains from nothing on generated plain text."""

    kind: Literal["scratch"]
    tokenizer: ProjectPath
    hidden: Count
    layers: Count
    heads: Count
    kv_heads: Count
    intermediate: Count
    tokens: Count
    learning_rate: Positive = 3e-3
    seed: int = 0

    @model_validator(mode="after")
    def _dimensions_fit(self) -> "ScratchBase":
        step = 2 * self.heads  # rotary embeddings turn pairs: a head's size must be even
        if self.hidden % step:
            lower = self.hidden - self.hidden % step
            what = (
                "is an odd head size for"
                if self.hidden % self.heads == 0
                else "is not a multiple of"
            )
            raise ValueError(
                f"hidden: {self.hidden} {what} heads ({self.heads}); "
                f"use {lower or step} or {(lower or step) + step}"
            )
        if self.heads % self.kv_heads:
            raise ValueError(
                f"kv_heads: {self.kv_heads} does not divide heads ({self.heads}); "
                f"use one of {[n for n in range(1, self.heads + 1) if self.heads % n == 0]}"
            )
        return self


Base = Annotated[FolderBase | ScratchBase, Field(discriminator="kind")]


class Student(Section):
    """One size: its base, and what it overrides of `training`."""

    base: Base
    method: Literal["full", "lora", "qlora"] | None = None
    learning_rates: dict[Style, Positive] = Field(default_factory=dict)
    lora_rank: Count | None = None


class Budget(Section):
    """How much an arm trains: exactly one of the three."""

    samples: Count | None = None
    tokens: Count | None = None
    train_flops: Positive | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Budget":
        given = [name for name, value in self if value is not None]
        if len(given) != 1:
            raise ValueError(
                f"give exactly one of samples, tokens, train_flops (found: {given or 'none'})"
            )
        return self


class Arm(Section):
    """One way to train a student. `method: none` leaves it as it is and shows it `shots` examples.

    `reasoning_share` is the share of the corpus's prompts that are learnt with their trace: 0 is
    plain instruction tuning, 1 is reasoning. `sequential` puts the plain ones first.
    """

    method: Method | None = None
    corpus: Name | None = None
    reasoning_share: Share | None = None
    order: Literal["mixed", "sequential"] = "mixed"
    budget: Budget | None = None
    learning_rate: Positive | None = None
    shots: Annotated[int, Field(ge=0, le=32)] = 0

    @model_validator(mode="after")
    def _trained_or_not(self) -> "Arm":
        trained_only = ("corpus", "reasoning_share", "budget", "learning_rate")
        if self.method == "none":
            given = [name for name in trained_only if getattr(self, name) is not None]
            if given:
                raise ValueError(f"{given[0]}: an arm with method none is not trained; remove it")
        else:
            for name in ("corpus", "reasoning_share"):
                if getattr(self, name) is None:
                    raise ValueError(f"{name}: missing; a trained arm needs it")
        return self

    @property
    def trained(self) -> bool:
        """Whether the arm changes the student's weights."""
        return self.method != "none"

    @property
    def style(self) -> Literal["base", "ift", "reasoning", "mixed"]:
        """What the arm teaches, from its share of traces."""
        if not self.trained:
            return "base"
        return {0.0: "ift", 1.0: "reasoning"}.get(self.reasoning_share or 0.0, "mixed")  # type: ignore[return-value]


class ProceduralTask(Section):
    """Test items from a built-in generator, in its test partition."""

    kind: Literal["procedural"]
    problem: ProblemKind
    format: Format
    family: Family
    items: Count = 400
    min_depth: Count | None = None
    max_depth: Count | None = None
    seed: int = 0

    @model_validator(mode="after")
    def _family_has_the_format(self) -> "ProceduralTask":
        wanted = "mc" if self.format == "choice" else "open"
        if not self.family.endswith(wanted):
            raise ValueError(
                f"family: {self.family!r} does not hold format {self.format!r} tasks; "
                f"use {self.family.split('-')[0]}-{wanted}"
            )
        return self


class JsonlTask(Section):
    """Test items from a JSON-lines file in the project: `question`, `reference`, `choices`…"""

    kind: Literal["jsonl"]
    path: ProjectPath
    family: Family
    grader: Literal["exact", "letter", "math"] = "exact"
    items: Count | None = None
    seed: int = 0


Task = Annotated[ProceduralTask | JsonlTask, Field(discriminator="kind")]


class Schedule(Section):
    """Warm-up, constant, linear decay, in optimizer steps; `floor` is a share of the peak rate."""

    warmup_steps: Annotated[int, Field(ge=0)] = 150
    decay_steps: Annotated[int, Field(ge=0)] = 300
    floor: Share = 0.1


class Lora(Section):
    """Low-rank adapters on every linear layer but the output head."""

    rank: Count = 32
    alpha: Positive = 64.0
    dropout: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0


class Training(Section):
    """How every arm is trained, unless a student or arm says otherwise."""

    method: Literal["full", "lora", "qlora"] = "lora"
    epochs: Count = 1
    batch_tokens: Count = 4096
    max_length: Count = 512
    learning_rate: Positive = 3e-3
    schedule: Schedule = Schedule()
    weight_decay: Annotated[float, Field(ge=0.0)] = 0.0
    adam_betas: tuple[Share, Share] = (0.9, 0.95)
    max_gradient_norm: Positive = 1.0
    lora: Lora = Lora()
    gradient_checkpointing: bool = False
    checkpoint_steps: Count = 100
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    threads: Count | None = None


class Decoding(Section):
    """How answers are sampled: temperature 0 is greedy."""

    temperature: Annotated[float, Field(ge=0.0)] = 0.0
    top_p: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    samples: Count = 1
    seed: int = 0

    @model_validator(mode="after")
    def _greedy_is_one_sample(self) -> "Decoding":
        if self.temperature == 0 and self.samples > 1:
            raise ValueError(f"samples: {self.samples} greedy samples are all the same; use 1")
        return self


class Answering(Section):
    """How every cell answers: one engine, one limit, the same for both styles."""

    engine: Literal["transformers"] = "transformers"
    max_new_tokens: Count
    batch_size: Count = 256
    decodings: Annotated[dict[Name, Decoding], Field(min_length=1)]
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    threads: Count | None = None


class Costs(Section):
    """What a device-hour costs, in any one currency; absent where nobody pays."""

    price_per_device_hour: Annotated[float, Field(ge=0.0)] | None = None
    currency: str = "USD"


class Report(Section):
    """How the report computes its intervals."""

    confidence: Annotated[float, Field(gt=0.5, lt=1.0)] = 0.95
    bootstrap_draws: Annotated[int, Field(ge=200)] = 2000
    seed: int = 0


class Params(Section):
    """The whole of params.yaml."""

    study: Name
    seeds: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)] = (0,)
    sources: Annotated[dict[Name, Source], Field(min_length=1)]
    teacher: Teacher
    corpora: Annotated[dict[Name, Corpus], Field(min_length=1)]
    students: Annotated[dict[Name, Student], Field(min_length=1)]
    arms: Annotated[dict[Name, Arm], Field(min_length=1)]
    tasks: Annotated[dict[Name, Task], Field(min_length=1)]
    training: Training = Training()
    answering: Answering
    costs: Costs = Costs()
    report: Report = Report()

    @model_validator(mode="after")
    def _references_exist(self) -> "Params":
        check_references(
            sources=self.sources,
            corpora={name: corpus.sources for name, corpus in self.corpora.items()},
            arms={name: arm.corpus for name, arm in self.arms.items()},
        )
        return self
