"""Where training prompts come from, and how the two completions of one become a pair."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from breakeven.params.names import (
    Count,
    Digest,
    EachOnce,
    Flag,
    GeneratedCount,
    GraderName,
    Name,
    ProjectPath,
    RepoId,
    Revision,
    Section,
    Seed,
    Share,
    Text,
    WholeNumber,
)

ProblemKind = Literal["chain", "addition", "most-digit", "hops", "lookup", "odd-one-out", "search"]
Format = Literal["open", "choice"]


class WorkedCompletions(Section):
    """What the solver writes for generated prompts in the two styles.

    Attributes:
        working: Plain answers are bare, or show short working before the answer.
        choice: A choice is answered by its letter, or by item and letter, in both styles alike.
        checks: Rounds in which a trace checks each step and does all of it anew; 0 is the steps
            alone.
        slips: Share of the traces that begin with a pass that goes wrong, is found out and begins
            again; needs `checks`.
        search: A trace of a problem that takes a search goes along the way that was found, or tries
            ways, turns back and finds it.
    """

    working: Literal["none", "short"] = "none"
    choice: Literal["letter", "item"] = "letter"
    checks: Annotated[WholeNumber, Field(ge=0, le=8)] = 0
    slips: Share = 0.0
    search: Literal["forward", "explore"] = "forward"

    @model_validator(mode="after")
    def _slips_are_found_out(self) -> Self:
        if self.slips and not self.checks:
            raise ValueError("slips: a slip is found out by a check; use checks of at least 1")
        if self.search == "explore" and self.checks:
            raise ValueError(
                "search: a trace that explores is not checked anew; remove checks, or use forward"
            )
        return self


class ProceduralSource(Section):
    """Training prompts from a built-in generator, in its train partition.

    Attributes:
        problem: The generator.
        formats: The prompts are shared out evenly over these.
        prompts: How many.
        min_depth: Fewest serial steps; the generator's own where it is left out.
        max_depth: Most serial steps; the generator's own where it is left out.
        completions: What the solver writes for them.
        seed: Of the prompts.
    """

    kind: Literal["procedural"]
    problem: ProblemKind
    formats: Annotated[tuple[Format, ...], Field(min_length=1), EachOnce] = ("open", "choice")
    prompts: GeneratedCount
    min_depth: GeneratedCount | None = None
    max_depth: GeneratedCount | None = None
    completions: WorkedCompletions = WorkedCompletions()
    seed: Seed = 0

    @model_validator(mode="after")
    def _has_what_is_explored(self) -> Self:
        if self.completions.search == "explore" and self.problem != "search":
            raise ValueError(
                f"completions.search: value is 'explore', and {self.problem!r} takes no search; "
                "use problem: search, or remove it"
            )
        return self


class JsonlSource(Section):
    """Training prompts from a JSON-lines file in the project: `prompt`, and optionally more.

    Attributes:
        path: The file.
        grader: Compares an answer with the `reference` of a row that has one.
        prompts: A sample of so many; all where it is left out.
        seed: Of the sample.
    """

    kind: Literal["jsonl"]
    path: ProjectPath
    grader: GraderName = "exact"
    prompts: Count | None = None
    seed: Seed = 0


class GymSource(Section):
    """Training prompts from a data set of reasoning-gym.

    Attributes:
        dataset: Its name in reasoning-gym.
        prompts: How many.
        config: The data set's own settings.
        seed: Of the prompts.
    """

    kind: Literal["reasoning-gym"]
    dataset: Text
    prompts: GeneratedCount
    config: dict[str, Any] = Field(default_factory=dict)
    seed: Seed = 0


class DataSetPlace(Section):
    """Where a data set is: on the hub at a revision, or in a folder of the project.

    Attributes:
        repo: The repository, as the hub writes it; this or `folder`.
        revision: A commit; of a branch the newest is taken once, and recorded. Goes with `repo`.
        folder: A folder of the project that holds the files as the hub does; this or `repo`.
        digest: The SHA-256 that the folder must have.
        config: The data set's configuration, where it has several.
    """

    repo: RepoId | None = None
    revision: Revision | None = None
    folder: ProjectPath | None = None
    digest: Digest | None = None
    config: Text | None = None

    @model_validator(mode="after")
    def _is_in_one_place(self) -> Self:
        if (self.repo is None) == (self.folder is None):
            raise ValueError("repo: give a repo of the hub or a folder, one of the two")
        if self.repo is not None and self.revision is None:
            raise ValueError("revision: missing; use a commit, or main to take the newest once")
        if self.folder is not None and self.revision is not None:
            raise ValueError("revision: a folder has none; use digest to pin what is in it")
        if self.digest is not None and self.folder is None:
            raise ValueError("digest: a repo is pinned by its revision; leave it out")
        return self

    @property
    def place(self) -> str | Path:
        """The repository's name, or the folder."""
        return Path(self.folder) if self.folder is not None else str(self.repo)


class DatasetSource(DataSetPlace):
    """Training prompts from a data set, streamed and sub-sampled by the seed.

    Paths to a field have dots for what is nested: `messages.0.content`.

    Attributes:
        split: The split that is read.
        prompt: Path to the field of the prompt.
        reference: Path to the field of the right answer, where there is one.
        grader: Compares an answer with the reference.
        prompts: A sample of so many; all where it is left out.
        seed: Of the sample.
    """

    kind: Literal["dataset"]
    split: Text = "train"
    prompt: Text
    reference: Text | None = None
    grader: GraderName = "exact"
    prompts: Count | None = None
    seed: Seed = 0


class PublishedSource(DataSetPlace):
    """Published pairs, `prompt` `reasoning` `ift`: both completions are there, no teacher runs.

    Attributes:
        split: The split that is read, by default as the published data sets call it.
        prompts: A sample of so many; all where it is left out.
        seed: Of the sample.
    """

    kind: Literal["published-pairs"]
    split: Text = "reasoning_ift_pairs"
    prompts: Count | None = None
    seed: Seed = 0


class CatalogueSource(Section):
    """Examples of a benchmark of the catalogue with their answers, from a split that is not tested.

    They are what `shots` shows to untrained students; such a source is in no corpus.

    Attributes:
        benchmark: Its name in the catalogue.
        folder: A copy of the data set in the project, read instead of the hub.
        prompts: How many examples to draw from.
        seed: Of the sample.
    """

    kind: Literal["catalogue"]
    benchmark: Text
    folder: ProjectPath | None = None
    prompts: GeneratedCount = 20
    seed: Seed = 0


Source = Annotated[
    ProceduralSource | JsonlSource | GymSource | DatasetSource | PublishedSource | CatalogueSource,
    Field(discriminator="kind"),
]


class Decontamination(Section):
    """How training pairs are kept apart from the tasks: exact prompt and content always.

    Attributes:
        ngram_words: Also drops a prompt that shares so many words in a row with a test item, where
            they are more than half of the item or thirteen words; a task's own instruction is left
            aside.
    """

    ngram_words: Count | None = None


class PairRules(Section):
    """What a pair must fulfil in both styles beside being finished, closed and not empty.

    Attributes:
        max_tokens: The most tokens of prompt and completion together, in the teacher's count; a
            pair without counts passes, and is still held to `training.max_length` in the student's.
        agreement: Whether both answers must agree with the prompt's reference; a prompt without one
            is dropped then.
    """

    max_tokens: Count | None = None
    agreement: Flag = False


class Corpus(Section):
    """Sources whose pairs are put together.

    Attributes:
        sources: Their names.
        tuning: Keeps the pairs whose content is on the tune side, one in eight, from every arm:
            they are what `breakeven tune` chooses rates on.
        decontamination: How pairs are kept apart from the tasks.
        rules: What a pair must fulfil.
    """

    sources: Annotated[tuple[Name, ...], Field(min_length=1), EachOnce]
    tuning: Flag = False
    decontamination: Decontamination = Decontamination()
    rules: PairRules = PairRules()
