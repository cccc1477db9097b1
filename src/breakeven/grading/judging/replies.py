"""Replies of a judge as they are kept in `.work/judge/`: each is on disk before the next is asked.

A reply is found again by its judge's model and the request, so that nothing is paid twice: not
after a kill, not for another cell with the same answer, not in a later run of the stage.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from breakeven.files import digest_json, read_rows
from breakeven.grading.judging.texts import TEXTS_DIGEST
from breakeven.params import Judge
from breakeven.progress import Progress
from breakeven.scratch import scratch_folder
from breakeven.serving.client import Endpoints, Request, key_from_environment, run_requests


@dataclass(frozen=True)
class Reply:
    """What a judge said to one request, and the tokens that its server counted, if it did."""

    request: str
    text: str
    finished: bool
    prompt_tokens: int | None
    new_tokens: int | None


def ask(name: str, judge: Judge, texts: Sequence[str], step: str) -> list[Reply]:
    """The judge's reply to every text, those on disk first; the others are asked for.

    Raises:
        InputError: the key is missing or refused, or the model is not served.
        MachineError: the endpoint cannot be reached; the replies so far are kept.
    """
    path = scratch_folder("judge", {"model": judge.model, "texts": TEXTS_DIGEST}) / "replies.jsonl"
    kept = _kept(path)
    bodies = {digest_json(body): body for body in (_body(judge, text) for text in texts)}
    missing = [Request(key, body) for key, body in bodies.items() if key not in kept]
    if missing:
        kept |= _asked(name, judge, missing, path, step)
    return [kept[digest_json(_body(judge, text))] for text in texts]


def _asked(
    name: str, judge: Judge, missing: Sequence[Request], path: Path, step: str
) -> dict[str, Reply]:
    where = f"params.yaml: grading.judges.{name}"
    key = key_from_environment(judge.key_variable, where)
    endpoints = Endpoints((str(judge.base_url),), judge.model, key, where)
    asked: dict[str, Reply] = {}
    with (
        path.open("a", encoding="utf-8") as handle,
        Progress(f"judge {name}: {step}", total=len(missing)) as progress,
    ):

        def keep(request: Request, answer: Mapping[str, Any]) -> None:
            reply = asked[request.id] = _reply(request.id, answer)
            handle.write(json.dumps(asdict(reply)) + "\n")
            handle.flush()
            progress.advance()

        run_requests(
            missing,
            endpoints,
            on_result=keep,
            concurrency=judge.concurrency,
            attempts=judge.attempts,
            timeout_seconds=judge.timeout_seconds,
        )
    return asked


def _body(judge: Judge, text: str) -> dict[str, Any]:
    """The request as it goes to the server; a text that holds half a character is made whole."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    template = {"chat_template_kwargs": judge.template} if judge.template else {}
    return {
        "model": judge.model,
        "messages": [{"role": "user", "content": whole}],
        "temperature": 0.0,
        "max_tokens": judge.max_new_tokens,
        **template,
    }


def _reply(request: str, answer: Mapping[str, Any]) -> Reply:
    choice = answer["choices"][0]
    usage = answer.get("usage") or {}
    return Reply(
        request,
        str((choice.get("message") or {}).get("content") or ""),
        choice.get("finish_reason") == "stop",
        usage.get("prompt_tokens"),
        usage.get("completion_tokens"),
    )


def _kept(path: Path) -> dict[str, Reply]:
    """The replies on disk. A kill can leave a line unfinished at the end: it is cut off."""
    if not path.is_file():
        return {}
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)
    return {reply.request: reply for reply in read_rows(path, Reply)}
