"""Who answers every training prompt twice, and how a vLLM server is started where one is needed."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from breakeven.params.bases import Weights
from breakeven.params.names import (
    COMPLETION_STYLES,
    Count,
    DtypeName,
    Endpoint,
    LimitName,
    NotNegative,
    ProjectPath,
    RealNumber,
    Seconds,
    Section,
    Seed,
    Share,
    SmallCount,
    Text,
    VariableName,
)


class SolverTeacher(Section):
    """Exact worked solutions of prompts that have them, offline.

    Attributes:
        tokenizer: The folder of the tokenizer that its tokens are counted in; this or `model`.
        model: A model whose tokenizer counts its tokens; this or `tokenizer`.
    """

    kind: Literal["solver"]
    tokenizer: ProjectPath | None = None
    model: Weights | None = None

    @model_validator(mode="after")
    def _one_tokenizer(self) -> "SolverTeacher":
        if (self.tokenizer is None) == (self.model is None):
            raise ValueError("tokenizer: give exactly one of tokenizer, model")
        return self


class TeacherStyle(Section):
    """How a model is made to answer in one style.

    Attributes:
        system: The system prompt, if any.
        template: Values for the chat template, such as `enable_thinking: true`.
        trace: Where the trace is: between `<think>` tags in the text, in the server's field for
            reasoning, or nowhere. A reply in another place stops the stage.
        temperature: Divides the logits; 0 takes the likeliest token.
        top_p: Keeps the fewest likeliest tokens whose probability together reaches p.
        top_k: Keeps the k likeliest tokens.
        max_new_tokens: Limit of a completion; one that it cuts makes no pair.
    """

    system: str | None = None
    template: dict[str, bool | int | float | str] = Field(default_factory=dict)
    trace: Literal["think-tags", "reasoning-content", "none"]
    temperature: NotNegative = 0.0
    top_p: Annotated[RealNumber, Field(gt=0.0, le=1.0)] = 1.0
    top_k: Count | None = None
    max_new_tokens: Count


class TeacherStyles(Section):
    """Both styles, each with all that its completions depend on.

    Attributes:
        ift: Plain answers.
        reasoning: Answers with a trace.
    """

    ift: TeacherStyle
    reasoning: TeacherStyle


def _traces_in_the_text(styles: TeacherStyles) -> TeacherStyles:
    for name in COMPLETION_STYLES:
        if getattr(styles, name).trace == "reasoning-content":
            raise ValueError(
                f"{name}.trace: value is 'reasoning-content', a field of servers; a model that "
                "runs here writes its trace into the text, use think-tags"
            )
    return styles


# Both styles of a model that runs here.
LocalStyles = Annotated[TeacherStyles, AfterValidator(_traces_in_the_text)]


class OpenAITeacher(Section):
    """Any OpenAI-compatible endpoint.

    Attributes:
        model: The model as the endpoint calls it.
        base_urls: Addresses, without a user or password; several are used evenly.
        key_variable: The environment variable that holds the key, which is never in params.
        limit_name: What the endpoint calls the limit of new tokens: OpenAI's own newer models take
            `max_completion_tokens` only, most other servers `max_tokens`.
        architecture: A model of the bundled table, or a folder with its config.json, for FLOPs.
        styles: How it is made to answer in both styles.
        concurrency: Requests at once.
        timeout_seconds: Limit of a whole reply.
        attempts: Tries of a request in all, after errors that may pass.
        seed: Of the draws, with the prompt's text.
    """

    kind: Literal["openai"]
    model: Text
    base_urls: Annotated[tuple[Endpoint, ...], Field(min_length=1)]
    key_variable: VariableName = "OPENAI_API_KEY"
    limit_name: LimitName = "max_tokens"
    architecture: Text | None = None
    styles: TeacherStyles
    concurrency: SmallCount = 32
    timeout_seconds: Seconds = 600.0
    attempts: SmallCount = 6
    seed: Seed = 0


class VllmServer(Section):
    """How a vLLM server is started: its own environment, on loopback, stopped with the stage.

    Attributes:
        python: Its Python; by default where `make vllm` puts it, apart from the project's own.
        max_model_len: Room for a prompt with its answer; as much as the longest takes where it is
            left out.
        tensor_parallel: Devices that share each layer.
        data_parallel: Copies of the model.
        memory_share: Of an accelerator's memory; without effect on a CPU.
        dtype: Number format of the weights.
        threads: Of one process on a CPU; vLLM decides where neither it nor OMP_NUM_THREADS says.
        startup_seconds: How long it may take to start.
    """

    python: Text = ".vllm/bin/python"
    max_model_len: Count | None = None
    tensor_parallel: SmallCount = 1
    data_parallel: SmallCount = 1
    memory_share: Share = 0.9
    dtype: DtypeName = "auto"
    threads: SmallCount | None = None
    startup_seconds: Seconds = 900.0


class VllmTeacher(Section):
    """A model that a vLLM server runs here for as long as the stage takes.

    That the server lives is known without a time limit, so that the limit is a day.

    Attributes:
        model: Where its weights come from.
        server: How its server is started.
        styles: How it is made to answer in both styles.
        concurrency: Requests at once.
        timeout_seconds: Limit of a whole reply.
        attempts: Tries of a request in all, after errors that may pass.
        seed: Of the draws, with the prompt's text.
    """

    kind: Literal["vllm"]
    model: Weights
    server: VllmServer = VllmServer()
    styles: LocalStyles
    concurrency: SmallCount = 32
    timeout_seconds: Seconds = 24 * 3600.0
    attempts: SmallCount = 6
    seed: Seed = 0


class TransformersTeacher(Section):
    """A model that runs in the stage's own process.

    Attributes:
        model: Where its weights come from.
        styles: How it is made to answer in both styles.
        batch_size: Prompts that are answered together.
        dtype: Number format of the weights.
        threads: Of the processor; PyTorch's own number where it is left out.
        seed: Of the draws, with the prompt's text.
    """

    kind: Literal["transformers"]
    model: Weights
    styles: LocalStyles
    batch_size: Count = 32
    dtype: DtypeName = "auto"
    threads: SmallCount | None = None
    seed: Seed = 0


Teacher = Annotated[
    SolverTeacher | OpenAITeacher | VllmTeacher | TransformersTeacher, Field(discriminator="kind")
]
