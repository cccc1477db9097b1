"""How students are trained: the shared settings, and the arms that differ from them."""

from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from breakeven.params.names import (
    CompletionStyle,
    Count,
    CountOrZero,
    DtypeName,
    Flag,
    Name,
    NotNegative,
    Positive,
    ProjectPath,
    RealNumber,
    ResultStyle,
    Section,
    Share,
    SmallCount,
    Style,
    WholeNumber,
)

Method = Literal["none", "full", "lora", "qlora"]
BudgetUnit = Literal["samples", "tokens", "supervised_tokens", "train_flops"]
# What is learnt in place of a trace (train/trace_forms.py); any but the first is a control.
Traces = Literal[
    "as-written",
    "answer-only",
    "shuffled",
    "filler",
    "truncated-50",
    "wrong-trace",
    "compressed",
]


class Budget(Section):
    """How much an arm trains: an amount in one unit, or as much as another arm uses of a `unit`.

    Exactly one is given, of the four amounts and `match`. What a matched arm uses is that of the
    same student and seed.

    Attributes:
        samples: Pairs, as often as they are learnt.
        tokens: Prompts and completions, as often as they are read.
        supervised_tokens: What the loss is on: completions with their end token.
        train_flops: Exact training FLOPs; refused where the base's shape is not known.
        match: Another arm, whose use of `unit` is the budget.
        unit: What of the other arm is matched; goes with `match`.
    """

    samples: Count | None = None
    tokens: Count | None = None
    supervised_tokens: Count | None = None
    train_flops: Positive | None = None
    match: Name | None = None
    unit: BudgetUnit | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Budget":
        ways = (*BUDGET_UNITS, "match")
        given = [name for name in ways if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"give exactly one of {', '.join(ways)} (found: {', '.join(given) or 'none'})"
            )
        if self.match is not None and self.unit is None:
            raise ValueError(
                f"unit: missing; what of {self.match!r} is matched? Use {' or '.join(BUDGET_UNITS)}"
            )
        if self.match is None and self.unit is not None:
            raise ValueError("unit: goes with match; remove it")
        return self

    @property
    def amount(self) -> tuple[BudgetUnit, float]:
        """The unit and how much of it, of a budget that matches none."""
        for unit in BUDGET_UNITS:
            value = getattr(self, unit)
            if value is not None:
                return unit, value
        raise ValueError(f"what {self.match} uses is not known here")


BUDGET_UNITS: tuple[BudgetUnit, ...] = get_args(BudgetUnit)


class Arm(Section):
    """One way to train a student, or to leave it as it is (`method: none`).

    A `reasoning_share` of 0 is plain instruction tuning, 1 is reasoning. Share and order hold
    within each corpus; a budget is for both together, parted so that each is passed over equally
    often.

    Two kinds of control are made here. `traces` says what is learnt in place of the teacher's
    traces. With `answer_mode` every prompt of a mix carries a tag that tells the style of its
    completion, and the student answers with the tag of the one named: two arms that differ in
    nothing else are one training.

    Attributes:
        method: How the weights are changed; that of the student, else of `training`, where it is
            left out. `none` leaves the student as it is.
        corpus: The corpus that is learnt.
        then: A second corpus, learnt after the first in the same styles: general, then math.
        reasoning_share: Share of the prompts that are learnt with their trace.
        order: Both styles mixed, or the plain completions first.
        budget: How much it trains; `training.epochs` passes where it is left out.
        learning_rate: Peak learning rate; that of the student for the style, else of `training`,
            where it is left out.
        shots: Examples that answers are asked with, for an untrained arm.
        control: Trained, answered and shown as any arm, and in no pair of styles, no claim and on
            no frontier.
        traces: What is learnt in place of the teacher's traces; any but the first makes a control.
        answer_mode: The style that a tag asks the answers in; makes a control of a mix.
        students: Whom the arm is for, all students where it is left out.
    """

    method: Method | None = None
    corpus: Name | None = None
    then: Name | None = None
    reasoning_share: Share | None = None
    order: Literal["mixed", "sequential"] = "mixed"
    budget: Budget | None = None
    learning_rate: Positive | None = None
    shots: Annotated[WholeNumber, Field(ge=0, le=32)] = 0
    control: Flag = False
    traces: Traces = "as-written"
    answer_mode: CompletionStyle | None = None
    students: list[Name] | None = None

    @model_validator(mode="after")
    def _some_students(self) -> "Arm":
        students = self.students
        if students is None:
            return self
        if not students:
            raise ValueError("students: an arm for none is no arm; name some, or remove the key")
        for name in students:
            if students.count(name) > 1:
                raise ValueError(f"students: {name!r} is given twice; give it once")
        return self

    @model_validator(mode="after")
    def _trained_or_not(self) -> "Arm":
        trained_only = ("corpus", "then", "reasoning_share", "budget", "learning_rate")
        if self.method == "none":
            given = [name for name in trained_only if getattr(self, name) is not None]
            if given:
                raise ValueError(f"{given[0]}: an arm with method none is not trained; remove it")
            if self.order != "mixed":
                raise ValueError(
                    f"order: value is {self.order!r}; an arm with method none learns no styles; "
                    "remove it"
                )
            if self.control:
                raise ValueError(
                    "control: an arm with method none is in no pair of styles anyway; remove it"
                )
            if self.traces != "as-written":
                raise ValueError(
                    f"traces: value is {self.traces!r}; an arm with method none learns no trace; "
                    "remove it"
                )
            if self.answer_mode is not None:
                raise ValueError(
                    f"answer_mode: value is {self.answer_mode!r}; an arm with method none has "
                    "learnt no mode; remove it"
                )
        else:
            for name in ("corpus", "reasoning_share"):
                if getattr(self, name) is None:
                    raise ValueError(f"{name}: missing; a trained arm needs it")
            if self.shots:
                # Shown as plain text, an arm that learnt traces would write none and count as one
                # that thinks.
                raise ValueError(
                    f"shots: value is {self.shots}; examples are shown to untrained arms, a "
                    "trained one is asked as it has learnt; remove it"
                )
        if self.then is not None and self.then == self.corpus:
            raise ValueError(
                f"then: {self.then!r} is the corpus itself; remove it and use training.epochs or "
                "a budget"
            )
        return self

    @model_validator(mode="after")
    def _shares_make_sense(self) -> "Arm":
        share = self.reasoning_share
        if self.order == "sequential" and share in (0.0, 1.0):
            raise ValueError(
                "order: value is 'sequential', which puts plain completions before those with a "
                f"trace; reasoning_share is {share:g}; use one between 0 and 1, or leave order out"
            )
        if self.traces != "as-written" and share == 0.0:
            raise ValueError(
                f"traces: value is {self.traces!r}, and reasoning_share 0 learns no trace; use a "
                "reasoning_share above 0, or remove it"
            )
        if self.answer_mode is not None and share in (0.0, 1.0):
            raise ValueError(
                f"answer_mode: value is {self.answer_mode!r}, and reasoning_share {share:g} learns "
                "one style only; use one between 0 and 1, or remove it"
            )
        return self

    @model_validator(mode="after")
    def _a_change_is_a_control(self) -> "Arm":
        changes = {
            f"traces: value is {self.traces!r}": self.traces != "as-written",
            f"answer_mode: value is {self.answer_mode!r}": self.answer_mode is not None,
        }
        made = [change for change, there in changes.items() if there]
        if len(made) > 1:
            # A control that changes two things at once tells neither from the other.
            raise ValueError(f"{made[1]}, and {made[0]}; use an arm for each")
        if made and not self.control:
            raise ValueError(f"{made[0]}, which makes the arm a control; add control: true")
        return self

    @property
    def trained(self) -> bool:
        """Whether the arm changes the student's weights."""
        return self.method != "none"

    def is_for(self, student: str) -> bool:
        """Whether a student is taught this way."""
        return self.students is None or student in self.students

    @property
    def corpora(self) -> tuple[str, ...]:
        """The corpora that are learnt, in order; none where the arm is not trained."""
        return tuple(name for name in (self.corpus, self.then) if name is not None)

    @property
    def style(self) -> Style:
        """The style of the completions that the arm takes of the teacher, by its share."""
        if not self.trained:
            return "base"
        return {0.0: "ift", 1.0: "reasoning"}.get(self.reasoning_share or 0.0, "mixed")  # type: ignore[return-value]

    @property
    def taught_style(self) -> Style:
        """The style of what a student of the arm learns to write.

        It differs from what the teacher wrote where the traces are left out.
        """
        return "ift" if self.traces == "answer-only" else self.style

    @property
    def answered_style(self) -> Style:
        """The style that answers are expected in: what was asked for by a tag, or was taught."""
        return self.answer_mode or self.taught_style

    @property
    def result_style(self) -> ResultStyle:
        """What results count the arm under: whoever asks them for a style gets no control."""
        return "control" if self.control else self.style


class Schedule(Section):
    """Warm-up, constant, linear decay, in optimizer steps.

    Attributes:
        warmup_steps: Steps in which the rate rises to its peak.
        decay_steps: Last steps, in which it falls.
        floor: Where it ends, as a share of the peak.
    """

    warmup_steps: CountOrZero = 150
    decay_steps: CountOrZero = 300
    floor: Share = 0.1


class LoraSettings(Section):
    """Low-rank adapters on every linear layer but the output head.

    Attributes:
        rank: Their rank.
        alpha: Scales the adapter by alpha over rank.
        dropout: Share of the adapter's inputs that are dropped in training.
    """

    rank: SmallCount = 32
    alpha: Positive = 64.0
    dropout: Annotated[RealNumber, Field(ge=0.0, lt=1.0)] = 0.0


class Training(Section):
    """How every arm is trained, unless a student or arm says otherwise.

    A step holds about `batch_tokens` tokens, or exactly `batch_sequences` sequences where that is
    given instead. Micro-batches, packing and processes change how it is computed, not what it
    holds.

    Attributes:
        method: All weights, adapters, or adapters on a base rounded to four bits.
        epochs: Passes over the pairs of an arm without a budget.
        max_passes: How often a budget may pass over an arm's pairs: what would take more is refused
            before anything is trained. Repeated four times, data teach nearly as much as new ones,
            and less and less beyond (arXiv 2305.16264); the default keeps out what was hardly
            meant.
        batch_tokens: Tokens of an optimizer step, without padding.
        batch_sequences: Sequences of an optimizer step, instead of `batch_tokens`.
        micro_batch_tokens: The most padded tokens computed at once: bounds memory. `batch_tokens`
            where it is left out, on one GPU twice that if they fit.
        packing: Whether the sequences of a micro-batch are put end to end, where none sees another.
        max_length: The most tokens of an example; a pair that is longer in one style is left out of
            both.
        learning_rate: Peak learning rate of cells whose arm and student have none of their own.
        schedule: How the rate rises and falls.
        weight_decay: Of AdamW.
        adam_betas: Of AdamW.
        max_gradient_norm: Gradients are clipped to this norm.
        lora: The adapters of LoRA and QLoRA.
        gradient_checkpointing: Whether layers are computed again in the backward pass: less memory,
            more FLOPs.
        checkpoint_steps: Steps from one checkpoint to the next, which a killed training goes on
            from.
        dtype: Number format that is computed in; `auto` chooses by the device.
        threads: Of the processor; PyTorch's own number where it is left out.
        launch: An accelerate configuration: training then runs in as many processes as it says.
    """

    method: Literal["full", "lora", "qlora"] = "lora"
    epochs: SmallCount = 1
    max_passes: SmallCount = 16
    batch_tokens: Count = 4096
    batch_sequences: Count | None = None
    micro_batch_tokens: Count | None = None
    packing: Flag = False
    max_length: Count = 512
    learning_rate: Positive = 3e-3
    schedule: Schedule = Schedule()
    weight_decay: NotNegative = 0.0
    adam_betas: tuple[Share, Share] = (0.9, 0.95)
    max_gradient_norm: Positive = 1.0
    lora: LoraSettings = LoraSettings()
    gradient_checkpointing: Flag = False
    checkpoint_steps: Count = 100
    dtype: DtypeName = "auto"
    threads: SmallCount | None = None
    launch: ProjectPath | None = None

    @model_validator(mode="after")
    def _one_size_of_step(self) -> "Training":
        # By value: a default that is written out is no change anywhere, so it is none here.
        default = type(self).model_fields["batch_tokens"].default
        if self.batch_sequences is not None and self.batch_tokens != default:
            raise ValueError(
                f"batch_sequences: a step holds {self.batch_sequences} sequences or "
                f"{self.batch_tokens} tokens (batch_tokens), not both; remove one"
            )
        most = (
            self.batch_tokens
            if self.batch_sequences is None
            else self.batch_sequences * self.max_length
        )
        if self.micro_batch_tokens is not None and self.micro_batch_tokens > most:
            raise ValueError(
                f"micro_batch_tokens: {self.micro_batch_tokens} is more than a whole step holds; "
                f"use at most {most}"
            )
        return self

    @property
    def micro_batch_limit(self) -> int:
        """Most padded tokens of a micro-batch, unless it is one sequence."""
        return self.micro_batch_tokens or self.batch_tokens
