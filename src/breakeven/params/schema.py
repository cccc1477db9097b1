"""The schema of params.yaml as a whole: its sections, and what they must agree on."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from breakeven.core.errors import did_you_mean
from breakeven.params.bases import Base
from breakeven.params.decodings import Decoding, TaskAnswering
from breakeven.params.grading import Grading
from breakeven.params.matching import matched_arms
from breakeven.params.names import (
    Count,
    DtypeName,
    EachOnce,
    Name,
    Positive,
    RealNumber,
    Section,
    Seed,
    SmallCount,
    TrainedStyle,
    WholeNumber,
)
from breakeven.params.pricing import Pricing
from breakeven.params.prompt_counts import check_prompt_counts
from breakeven.params.references import check_references
from breakeven.params.sources import CatalogueSource, Corpus, PublishedSource, Source
from breakeven.params.tasks import Task
from breakeven.params.teachers import Teacher, VllmServer
from breakeven.params.training import Arm, Training

# Intervals, tests, power and the report's words are all at this level: a key that reached some of
# them and not others had to go (docs/decisions.md).
LEVEL = 0.95


class Student(Section):
    """One size: its base, and what it overrides of `training`.

    Attributes:
        base: Where its weights come from.
        method: How its weights are changed, where the arm does not say.
        learning_rates: Peak learning rates by the style that is taught: plain answers learn less
            than they can at the rate that suits traces.
        lora_rank: Another rank of its adapters.
    """

    base: Base
    method: Literal["full", "lora", "qlora"] | None = None
    learning_rates: dict[TrainedStyle, Positive] = Field(default_factory=dict)
    lora_rank: SmallCount | None = None


class Answering(Section):
    """How every cell answers: one engine, one limit a task, the same for both styles.

    Attributes:
        engine: In the stage's own process, or by a vLLM server that it starts.
        max_new_tokens: Limit of an answer, trace included; one that it cuts is wrong, in every
            style.
        batch_size: Answers that are written together.
        decodings: Ways to decode, by name; arms are compared in the first.
        by_task: What a task has of its own, by its name.
        dtype: Number format of the weights; `auto` chooses by the device.
        threads: Of the processor; PyTorch's own number where it is left out.
        server: How the vLLM server is started.
    """

    engine: Literal["transformers", "vllm"] = "transformers"
    max_new_tokens: Count
    batch_size: Count = 256
    decodings: Annotated[dict[Name, Decoding], Field(min_length=1)]
    by_task: Annotated[dict[Name, TaskAnswering], Field(min_length=1)] | None = None
    dtype: DtypeName = "auto"
    threads: SmallCount | None = None
    server: VllmServer = VllmServer()

    def of_task(self, task: str) -> TaskAnswering | None:
        """What a task has of its own."""
        return (self.by_task or {}).get(task)

    def limit(self, decoding: str, task: str) -> int:
        """Most new tokens of an answer: the decoding decides before the task, the task before all.

        An empty `task` is one that has nothing of its own.
        """
        return self._who_limits(decoding, task)[1]

    def limit_key(self, decoding: str, task: str) -> str:
        """Where in params.yaml that limit stands."""
        return self._who_limits(decoding, task)[0]

    def _who_limits(self, decoding: str, task: str) -> tuple[str, int]:
        own, row = self.decodings[decoding].max_new_tokens, self.of_task(task)
        if own is not None:
            return f"answering.decodings.{decoding}.max_new_tokens", own
        if row is not None and row.max_new_tokens is not None:
            return f"answering.by_task.{task}.max_new_tokens", row.max_new_tokens
        return "answering.max_new_tokens", self.max_new_tokens

    @property
    def longest(self) -> int:
        """Most new tokens of any answer."""
        tasks = ("", *(self.by_task or ()))
        return max(self.limit(name, task) for name in self.decodings for task in tasks)

    @model_validator(mode="after")
    def _tasks_have_samples_that_differ(self) -> "Answering":
        drawn = [
            (name, one)
            for name, row in self.decodings.items()
            for one in row.by_any_style
            if one.temperature > 0
        ]
        for task, own in (self.by_task or {}).items():
            if own.samples is None:
                continue
            key = f"by_task.{task}.samples: value is {own.samples}"
            if not drawn:
                raise ValueError(
                    f"{key}, which is for decodings that draw, and none does; give one a "
                    "temperature, or remove it"
                )
            for name, one in drawn:
                why = one.why_alike(own.samples)
                if why is not None:
                    raise ValueError(f"{key}; in decodings.{name} {why}")
        return self

    @model_validator(mode="after")
    def _one_number_format(self) -> "Answering":
        # A server can teach, too, so that it has a format of its own; who answers has one.
        if "auto" not in (self.dtype, self.server.dtype) and self.dtype != self.server.dtype:
            raise ValueError(
                f"dtype: value is {self.dtype} and that of server {self.server.dtype}; use one"
            )
        return self


def _the_only_level(confidence: float) -> float:
    if confidence != LEVEL:
        raise ValueError(f"value is {confidence}; every interval is at {LEVEL}, leave it out")
    return confidence


class Report(Section):
    """How the report resamples; its intervals and tests are at 95% and 5% throughout.

    Attributes:
        confidence: May be stated, and is no other: every interval is at this level.
        bootstrap_draws: Resamples of a bootstrap: of 200, five lie beyond each end of a 95%
            interval; of fewer, hardly any would.
        seed: Of the resamples.
    """

    confidence: Annotated[RealNumber, AfterValidator(_the_only_level)] = LEVEL
    bootstrap_draws: Annotated[WholeNumber, Field(ge=200, le=100_000)] = 2000
    seed: Seed = 0


class Params(Section):
    """The whole of params.yaml. Every section must be there, if only empty: DVC looks each up.

    Attributes:
        study: The study's name, which its experiment in MLflow has.
        seeds: Training seeds: with several, intervals hold the spread of training runs.
        sources: Where training prompts come from, by name.
        teacher: Who answers every prompt twice.
        corpora: What is learnt: sources put together, by name.
        students: The sizes, by name.
        arms: Ways to train a student, by name.
        tasks: Benchmarks, by name.
        training: How arms are trained.
        answering: How answers are asked for.
        grading: How answers are graded.
        costs: Prices and devices.
        report: How the report resamples.
    """

    study: Name
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1), EachOnce] = (0,)
    sources: Annotated[dict[Name, Source], Field(min_length=1)]
    teacher: Teacher
    corpora: Annotated[dict[Name, Corpus], Field(min_length=1)]
    students: Annotated[dict[Name, Student], Field(min_length=1)]
    arms: Annotated[dict[Name, Arm], Field(min_length=1)]
    tasks: Annotated[dict[Name, Task], Field(min_length=1)]
    training: Training = Training()
    answering: Answering
    grading: Grading = Grading()
    costs: Pricing = Pricing()
    report: Report = Report()

    @model_validator(mode="after")
    def _references_exist(self) -> "Params":
        corpora = {(name, "corpus"): arm.corpus for name, arm in self.arms.items()}
        later = {(name, "then"): arm.then for name, arm in self.arms.items()}
        check_references(
            sources=self.sources,
            corpora={name: corpus.sources for name, corpus in self.corpora.items()},
            arms={**corpora, **later},
        )
        return self

    @model_validator(mode="after")
    def _arms_are_for_students(self) -> "Params":
        for name, arm in self.arms.items():
            for student in arm.students or ():
                if student not in self.students:
                    raise ValueError(
                        f"arms.{name}.students: {student!r} is no student; "
                        f"{did_you_mean(student, self.students)}"
                    )
        for student in self.students:
            if not any(arm.is_for(student) for arm in self.arms.values()):
                raise ValueError(
                    f"students.{student}: no arm is for it; add it to the students of an arm, or "
                    "remove the row"
                )
        return self

    @model_validator(mode="after")
    def _matched_budgets_end_in_an_amount(self) -> "Params":
        for name, arm in self.arms.items():
            for other in matched_arms(self.arms, name):
                for student in self.students:
                    if arm.is_for(student) and not self.arms[other].is_for(student):
                        raise ValueError(
                            f"arms.{name}.budget.match: {other!r} is not for {student}, which "
                            f"{name!r} is for; add it to arms.{other}.students, or take it out of "
                            f"arms.{name}.students"
                        )
        return self

    @model_validator(mode="after")
    def _prompts_are_enough(self) -> "Params":
        for name, arm in self.arms.items():
            check_prompt_counts(name, arm, self.corpora, self.sources, self.training)
        return self

    @model_validator(mode="after")
    def _decodings_ask_arms(self) -> "Params":
        for place, (name, decoding) in enumerate(self.answering.decodings.items()):
            if decoding.arms is None:
                continue
            where = f"answering.decodings.{name}.arms"
            if not place:
                raise ValueError(
                    f"{where}: the first decoding is the one that arms are compared in, so that "
                    "all of them are asked that way; remove it, or put another decoding first"
                )
            for arm in decoding.arms:
                if arm not in self.arms:
                    raise ValueError(f"{where}: {arm!r} is no arm; {did_you_mean(arm, self.arms)}")
        return self

    @model_validator(mode="after")
    def _tasks_have_room_for_a_trace(self) -> "Params":
        answering = self.answering
        for task in answering.by_task or {}:
            if task not in self.tasks:
                raise ValueError(
                    f"answering.by_task.{task}: there is no such task; "
                    f"{did_you_mean(task, self.tasks)}"
                )
        for name, decoding in answering.decodings.items():
            tokens = decoding.thinking_tokens
            for task in self.tasks if tokens is not None else ():
                limit = answering.limit(name, task)
                if tokens is not None and tokens >= limit:
                    raise ValueError(
                        f"answering.decodings.{name}.thinking_tokens: value is {tokens}; an "
                        f"answer to {task} has at most {limit} tokens, so that none could follow "
                        "the trace; use less"
                    )
        return self

    @model_validator(mode="after")
    def _examples_are_not_learnt(self) -> "Params":
        for name, corpus in self.corpora.items():
            for source in corpus.sources:
                if isinstance(self.sources[source], CatalogueSource):
                    raise ValueError(
                        f"corpora.{name}.sources: {source!r} holds examples for `shots`; "
                        "to train on a data set use a source of kind dataset"
                    )
        return self

    @model_validator(mode="after")
    def _traces_can_be_changed(self) -> "Params":
        for name, arm in self.arms.items():
            learnt = [source for corpus in arm.corpora for source in self.corpora[corpus].sources]
            key = f"arms.{name}.traces: value is {arm.traces!r}"
            if arm.traces == "compressed":
                published = [
                    source for source in learnt if isinstance(self.sources[source], PublishedSource)
                ]
                if self.teacher.kind != "solver" or published:
                    writer = f"source {published[0]!r}" if published else "the teacher"
                    raise ValueError(
                        f"{key}, which leaves out the words that worked solutions of one kind have "
                        f"in common; {writer} has traces that a model wrote, which a model would "
                        "have to sum up; use a solver as the teacher, or another control"
                    )
            if arm.traces == "wrong-trace":
                for source in learnt:
                    if getattr(self.sources[source], "prompts", None) == 1:
                        raise ValueError(
                            f"{key}, which is the trace of another prompt of the same source; "
                            f"sources.{source}.prompts is 1; use more"
                        )
        return self
