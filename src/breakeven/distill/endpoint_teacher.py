"""A teacher behind OpenAI-compatible endpoints."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from breakeven.distill.journal import Reply, prompt_digest
from breakeven.distill.model_teacher import (
    KEY,
    KeepReplies,
    ModelTeacher,
    named_architecture,
    teacher_style,
)
from breakeven.distill.reply_parts import CountTokens
from breakeven.distill.teacher_prompts import generation_settings, messages, sampling
from breakeven.params import OpenAITeacher, TeacherStyle
from breakeven.rows.prompt import Prompt
from breakeven.serving.chat_replies import read_chat


def openai_teacher(settings: OpenAITeacher, style_name: str) -> ModelTeacher:
    """The teacher as its model's name: which of the endpoints answers does not matter.

    Raises InputError where `architecture` leads nowhere.
    """
    style = teacher_style(settings, style_name)

    def complete(prompts: Sequence[Prompt], replies: KeepReplies) -> None:
        _complete_by_endpoints(settings, style, prompts, replies)

    return ModelTeacher(
        key={
            "kind": "openai",
            "model": settings.model,
            "seed": settings.seed,
            "style": generation_settings(style),
        },
        complete=complete,
        count_tokens=token_counter(settings),
        architecture=named_architecture(settings.architecture, settings.model),
    )


def _complete_by_endpoints(
    settings: OpenAITeacher, style: TeacherStyle, prompts: Sequence[Prompt], replies: KeepReplies
) -> None:
    """Send every prompt and hand on each reply before its worker sends the next prompt.

    Raises:
        InputError: no key or a wrong one, an unknown model, a prompt that is too long.
        MachineError: no endpoint can be reached or answers in time, or one says what is not
            understood, which the first reply shows before another is paid for.
    """
    from breakeven.serving.client import Endpoints, key_from_environment, run_requests
    from breakeven.serving.request import Request

    by_id = {prompt.id: prompt for prompt in prompts}

    def handle_body(request: Request, body: dict[str, Any]) -> None:
        replies.keep(reply_from_body(by_id[request.id], body))

    run_requests(
        (Request(prompt.id, request_body(settings, style, prompt)) for prompt in prompts),
        Endpoints(
            base_urls=tuple(str(url).rstrip("/") for url in settings.base_urls),
            model=settings.model,
            key=key_from_environment(settings.key_variable, KEY),
            key_name=KEY,
        ),
        on_result=handle_body,
        settle=replies.settle,
        concurrency=settings.concurrency,
        attempts=settings.attempts,
        timeout_seconds=settings.timeout_seconds,
        # What its reply shows, such as a shape that is not understood, is paid for once only.
        first_alone=True,
    )


def request_body(settings: OpenAITeacher, style: TeacherStyle, prompt: Prompt) -> dict[str, Any]:
    """The chat completion to request. What only some servers know is sent only where it is set."""
    template = {"chat_template_kwargs": style.template} if style.template else {}
    return {
        "messages": messages(style, prompt),
        settings.limit_name: style.max_new_tokens,
        **sampling(style, settings.seed, prompt),
        **template,
    }


def reply_from_body(prompt: Prompt, body: dict[str, Any]) -> Reply:
    """The reply in the JSON of a chat completion.

    Raises:
        UnreadableReplyError: the server's replies have a shape that is not known.
    """
    return Reply(prompt_digest(prompt), **read_chat(body)._asdict())


def token_counter(settings: OpenAITeacher) -> CountTokens | None:
    """The teacher's own tokenizer, where `architecture` names a folder that has it."""
    file = Path(settings.architecture or "") / "tokenizer.json"
    if settings.architecture is None or not file.is_file():
        return None
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)
