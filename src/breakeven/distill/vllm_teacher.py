"""A teacher behind a vLLM server that this stage starts and stops."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from breakeven.core.errors import MachineError
from breakeven.costs.devices import describe_device
from breakeven.costs.dtypes import best_dtype, chosen_dtype
from breakeven.costs.model_shapes import known_architecture
from breakeven.distill.journal import Reply
from breakeven.distill.model_teacher import (
    KEY,
    KeepReplies,
    LocalModel,
    ModelTeacher,
    load_local_model,
    local_key,
    reply_from_ids,
    teacher_style,
)
from breakeven.distill.teacher_prompts import (
    RenderedPrompt,
    RenderedPrompts,
    check_context,
    render_prompts,
    sampling,
)
from breakeven.models.context import context_length
from breakeven.params import TeacherStyle, VllmTeacher
from breakeven.rows.prompt import Prompt
from breakeven.serving.token_replies import read_tokens

if TYPE_CHECKING:
    from breakeven.serving.server import RunningServer

SERVER_KEY = f"{KEY}.server"


def vllm_teacher(settings: VllmTeacher, style_name: str) -> ModelTeacher:
    """The teacher in vLLM's own environment; its server runs while prompts are completed.

    Raises InputError where there is no such model, MachineError where there is no vLLM.
    """
    from breakeven.serving.launch import vllm_build

    style, local = teacher_style(settings, style_name), load_local_model(settings)
    build = vllm_build(settings.server, SERVER_KEY)
    dtype = chosen_dtype(settings.server.dtype, best_dtype(build.device))

    def complete(prompts: Sequence[Prompt], replies: KeepReplies) -> None:
        rendered = render_prompts(local.tokenizer, style, prompts, f"{KEY}.styles.{style_name}")
        label = f"teacher-{prompts[0].source}-{style_name}"
        with _server(settings, style, local, rendered, label) as server:
            _complete_by_server(settings, style, rendered, server, replies)

    elsewhere = "the server's processes hold it, and they are not metered"
    return ModelTeacher(
        key=local_key(settings, local, dtype, style),
        complete=complete,
        count_tokens=None,
        architecture=known_architecture(local.folder),
        device=describe_device(build.device),
        devices=1 if build.cpu else settings.server.tensor_parallel * settings.server.data_parallel,
        unmeasured={"peak_memory_bytes": elsewhere},
    )


@contextmanager
def _server(
    settings: VllmTeacher,
    style: TeacherStyle,
    local: LocalModel,
    rendered: RenderedPrompts,
    label: str,
) -> "Iterator[RunningServer]":
    """The running server, with as long a context as params.yaml says or else the prompts need.

    Raises InputError where a prompt does not fit it.
    """
    from breakeven.serving.server import vllm_server

    server_settings = settings.server
    room = server_settings.max_model_len or context_length(local.folder)
    needed = check_context(rendered, style.max_new_tokens, room)
    # Left to itself vLLM takes the model's whole context, and refuses to start where its cache
    # cannot hold one sequence of that length.
    server_settings = server_settings.model_copy(
        update={"max_model_len": server_settings.max_model_len or needed}
    )
    with vllm_server(local.folder, server_settings, label=label, key=SERVER_KEY) as server:
        yield server


def _complete_by_server(
    settings: VllmTeacher,
    style: TeacherStyle,
    rendered: RenderedPrompts,
    server: "RunningServer",
    replies: KeepReplies,
) -> None:
    """Send every prompt and hand on each reply before its worker sends the next prompt.

    A reply's device-seconds are those since the reply before it: together, the time that the server
    answered, whichever run it was. Its start is left out, as loading is for every engine.
    """
    from breakeven.serving.client import Endpoints, run_requests
    from breakeven.serving.request import Request

    by_id = {one.prompt.id: one for one in rendered.prompts}
    last = time.perf_counter()

    def handle_body(request: Request, body: dict[str, Any]) -> None:
        nonlocal last
        now = time.perf_counter()
        replies.keep(_reply(rendered, by_id[request.id], body, now - last))
        last = now

    run_requests(
        (Request(name, _body(settings, style, rendered, one)) for name, one in by_id.items()),
        Endpoints((server.base_url,), server.model, server.key, KEY, server.check),
        on_result=handle_body,
        settle=replies.settle,
        concurrency=settings.concurrency,
        attempts=settings.attempts,
        timeout_seconds=settings.timeout_seconds,
    )


def _body(
    settings: VllmTeacher, style: TeacherStyle, rendered: RenderedPrompts, one: RenderedPrompt
) -> dict[str, Any]:
    return {
        "prompt": list(one.ids),
        "max_tokens": style.max_new_tokens,
        # The end tokens alone end a reply, whatever else the model's configuration says.
        "stop_token_ids": sorted(rendered.end_ids),
        "ignore_eos": True,
        "return_token_ids": True,
        **sampling(style, settings.seed, one.prompt),
    }


def _reply(
    rendered: RenderedPrompts, prompt: RenderedPrompt, body: dict[str, Any], seconds: float
) -> Reply:
    read = read_tokens(body)
    if read.stop not in ("stop", "length"):
        raise MachineError(
            f"{KEY}: vLLM ended the reply to {prompt.prompt.id} with {read.stop!r}; run this again"
        )
    return reply_from_ids(rendered, prompt, read.ids, read.stop, seconds)
