"""A teacher behind OpenAI-compatible endpoints."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from breakeven.distill.journal import Reply, prompt_digest
from breakeven.distill.model_teacher import KEY, Keep, Teaching, named_architecture, style_of
from breakeven.distill.reply_parts import CountTokens
from breakeven.distill.teacher_prompts import asked_settings, messages, sampling
from breakeven.params import OpenAITeacher, TeacherStyle
from breakeven.rows.prompt import Prompt
from breakeven.serving.chat_replies import read_chat


def openai_teaching(teacher: OpenAITeacher, style_name: str) -> Teaching:
    """The teacher as its model's name: which of the endpoints answers does not matter.

    Raises InputError where `architecture` leads nowhere.
    """
    style = style_of(teacher, style_name)

    def ask(prompts: Sequence[Prompt], keep: Keep) -> None:
        _ask_endpoints(teacher, style, prompts, keep)

    return Teaching(
        key={
            "kind": "openai",
            "model": teacher.model,
            "seed": teacher.seed,
            "style": asked_settings(style),
        },
        ask=ask,
        count_tokens=token_counter(teacher),
        architecture=named_architecture(teacher.architecture, teacher.model),
    )


def _ask_endpoints(
    teacher: OpenAITeacher, style: TeacherStyle, prompts: Sequence[Prompt], keep: Keep
) -> None:
    """Ask for every prompt and keep each reply before the next is asked for.

    Raises:
        InputError: no key or a wrong one, an unknown model, a prompt that is too long.
        MachineError: no endpoint can be reached or answers in time, or one says what is not
            understood, which the first reply shows before another is paid for.
    """
    from breakeven.serving.client import Endpoints, key_from_environment, run_requests
    from breakeven.serving.request import Request

    by_id = {prompt.id: prompt for prompt in prompts}

    def keep_body(request: Request, body: dict[str, Any]) -> None:
        keep(reply_of(by_id[request.id], body))

    run_requests(
        (Request(prompt.id, request_body(teacher, style, prompt)) for prompt in prompts),
        Endpoints(
            base_urls=tuple(str(url).rstrip("/") for url in teacher.base_urls),
            model=teacher.model,
            key=key_from_environment(teacher.key_variable, KEY),
            key_name=KEY,
        ),
        on_result=keep_body,
        concurrency=teacher.concurrency,
        attempts=teacher.attempts,
        timeout_seconds=teacher.timeout_seconds,
        first_alone=True,
    )


def request_body(teacher: OpenAITeacher, style: TeacherStyle, prompt: Prompt) -> dict[str, Any]:
    """The chat completion to ask for. What only some servers know is sent only where it is set."""
    template = {"chat_template_kwargs": style.template} if style.template else {}
    return {
        "messages": messages(style, prompt),
        teacher.limit_name: style.max_new_tokens,
        **sampling(style, teacher.seed, prompt),
        **template,
    }


def reply_of(prompt: Prompt, body: dict[str, Any]) -> Reply:
    """The reply in the JSON of a chat completion.

    Raises:
        UnreadableReplyError: the server's replies have a shape that is not known.
    """
    return Reply(prompt_digest(prompt), **read_chat(body)._asdict())


def token_counter(teacher: OpenAITeacher) -> CountTokens | None:
    """The teacher's own tokenizer, where `architecture` names a folder that has it."""
    file = Path(teacher.architecture or "") / "tokenizer.json"
    if teacher.architecture is None or not file.is_file():
        return None
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)
