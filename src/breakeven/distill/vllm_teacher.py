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
    Keep,
    Local,
    Teaching,
    load_local,
    reply_of_ids,
    style_of,
)
from breakeven.distill.teacher_prompts import (
    Rendered,
    RenderedPrompt,
    asked_settings,
    check_context,
    render_prompts,
    sampling,
)
from breakeven.models.context import context_length
from breakeven.params import TeacherStyle, VllmTeacher
from breakeven.rows.prompt import Prompt

if TYPE_CHECKING:
    from breakeven.serving.server import RunningServer

SERVER_KEY = f"{KEY}.server"


def vllm_teaching(teacher: VllmTeacher, style_name: str) -> Teaching:
    """The teacher in vLLM's own environment; its server runs while prompts are asked for.

    Raises InputError where there is no such model, MachineError where there is no vLLM.
    """
    from breakeven.serving.launch import vllm_build

    style, local = style_of(teacher, style_name), load_local(teacher)
    build = vllm_build(teacher.server, SERVER_KEY)
    dtype = chosen_dtype(teacher.server.dtype, best_dtype(build.device))

    def ask(prompts: Sequence[Prompt], keep: Keep) -> None:
        rendered = render_prompts(local.tokenizer, style, prompts, f"{KEY}.styles.{style_name}")
        label = f"teacher-{prompts[0].source}-{style_name}"
        with _server(teacher, style, local, rendered, label) as server:
            _ask_server(teacher, style, rendered, server, keep)

    elsewhere = "the server's processes hold it, and they are not metered"
    return Teaching(
        key={
            "kind": "vllm",
            "model": local.identity,
            "dtype": dtype,
            "seed": teacher.seed,
            "style": asked_settings(style),
        },
        ask=ask,
        count_tokens=None,
        architecture=known_architecture(local.folder),
        device=describe_device(build.device),
        devices=1 if build.cpu else teacher.server.tensor_parallel * teacher.server.data_parallel,
        unmeasured={"peak_memory_bytes": elsewhere},
    )


@contextmanager
def _server(
    teacher: VllmTeacher, style: TeacherStyle, local: Local, rendered: Rendered, label: str
) -> "Iterator[RunningServer]":
    """The running server, with as long a context as params.yaml says or else the prompts need.

    Raises InputError where a prompt does not fit it.
    """
    from breakeven.serving.server import vllm_server

    settings = teacher.server
    room = settings.max_model_len or context_length(local.folder)
    needed = check_context(rendered, style.max_new_tokens, room)
    settings = settings.model_copy(update={"max_model_len": settings.max_model_len or needed})
    with vllm_server(local.folder, settings, label=label, key=SERVER_KEY) as server:
        yield server


def _ask_server(
    teacher: VllmTeacher,
    style: TeacherStyle,
    rendered: Rendered,
    server: "RunningServer",
    keep: Keep,
) -> None:
    """Ask for every prompt and keep each reply before the next is asked for.

    A reply's device-seconds are those since the reply before it: together, the time that the server
    answered, whichever run it was. Its start is left out, as loading is for every engine.
    """
    from breakeven.serving.client import Endpoints, run_requests
    from breakeven.serving.request import Request

    asked = {one.prompt.id: one for one in rendered.prompts}
    last = time.perf_counter()

    def keep_body(request: Request, body: dict[str, Any]) -> None:
        nonlocal last
        now = time.perf_counter()
        keep(_reply(rendered, asked[request.id], body, now - last))
        last = now

    run_requests(
        (Request(name, _body(teacher, style, rendered, one)) for name, one in asked.items()),
        Endpoints((server.base_url,), server.model, server.key, KEY, server.check),
        on_result=keep_body,
        concurrency=teacher.concurrency,
        attempts=teacher.attempts,
        timeout_seconds=teacher.timeout_seconds,
    )


def _body(
    teacher: VllmTeacher, style: TeacherStyle, rendered: Rendered, one: RenderedPrompt
) -> dict[str, Any]:
    return {
        "prompt": list(one.ids),
        "max_tokens": style.max_new_tokens,
        # The end tokens alone end a reply, whatever else the model's configuration says.
        "stop_token_ids": sorted(rendered.end_ids),
        "ignore_eos": True,
        "return_token_ids": True,
        **sampling(style, teacher.seed, one.prompt),
    }


def _reply(
    rendered: Rendered, asked: RenderedPrompt, body: dict[str, Any], seconds: float
) -> Reply:
    choice = body["choices"][0]
    stop = choice["finish_reason"]
    if stop not in ("stop", "length"):
        raise MachineError(
            f"{KEY}: vLLM ended the reply to {asked.prompt.id} with {stop!r}; run this again"
        )
    return reply_of_ids(rendered, asked, choice["token_ids"], stop, seconds)
