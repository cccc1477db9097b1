"""Replies of a judge as they are kept in `.work/judge/`: each is on disk before the next is asked.

A reply is found again by its judge's model and the request, so that nothing is paid twice: not
after a kill, not for another cell with the same answer, not in a later run of the stage.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from breakeven.core.errors import InputError
from breakeven.core.files import append_whole, digest_json, sync_file
from breakeven.core.progress import Progress
from breakeven.core.scratch import scratch_folder
from breakeven.core.sealed import read_sealed_line, sealed_line, tell_damaged
from breakeven.params import Judge
from breakeven.score.judging.judge_prompts import PROMPTS_DIGEST, reply_without_trace
from breakeven.serving.chat_replies import kept_fields, read_chat
from breakeven.serving.client import Endpoints, key_from_environment, run_requests
from breakeven.serving.request import Request

# So many replies in a row without a word are no accident: asking all others would only cost money.
STREAK = 5


@dataclass(frozen=True)
class JudgeReply:
    """What a judge said to one request, and the tokens that its server counted, if it did.

    `finished` is False where the limit cut it, or its server kept it back. `cached_tokens` of the
    prompt had been read before.
    """

    request: str
    text: str
    finished: bool
    prompt_tokens: int | None
    new_tokens: int | None
    cached_tokens: int | None = None


class SilenceCheck:
    """Notices a judge that says nothing: it spends its limit on thought, or is kept back."""

    def __init__(self, name: str, judge: Judge) -> None:
        self._name, self._judge, self._streak = name, judge, 0

    def check(self, reply: JudgeReply) -> None:
        """Raise InputError where this reply ends a streak of replies without a word."""
        spoken = reply.finished and bool(reply_without_trace(reply.text))
        self._streak = 0 if spoken else self._streak + 1
        if self._streak == STREAK:
            raise InputError(
                f"params.yaml: grading.judges.{self._name}.max_new_tokens: value is "
                f"{self._judge.max_new_tokens}; the last {STREAK} replies of "
                f"{self._judge.model} end before they say anything; use more, or switch thinking "
                "off in its template (what it has said is kept)"
            )


def replies_to(name: str, judge: Judge, texts: Sequence[str], step: str) -> list[JudgeReply]:
    """The judge's reply to every text, those on disk first; the others are asked for.

    Raises:
        InputError: the key is missing or refused, the model is not served, or it says nothing.
        MachineError: the endpoint cannot be reached or understood; the replies so far are kept.
    """
    # The server's address is not in the folder's name: a judge that moves is paid for once.
    folder = scratch_folder("judge", {"model": judge.model, "texts": PROMPTS_DIGEST})
    path = folder / "replies.jsonl"
    kept = _stored_replies(path)
    bodies = {digest_json(body): body for body in (_body(judge, text) for text in texts)}
    silence = SilenceCheck(name, judge)
    # What is on disk counts too: a run that ended for silence ends again without asking anything.
    for key in bodies:
        if key in kept:
            silence.check(kept[key])
    missing = [Request(key, body) for key, body in bodies.items() if key not in kept]
    if missing:
        with Progress(f"judge {name}: {step}", total=len(missing)) as progress:

            def on_reply(reply: JudgeReply) -> None:
                progress.advance()
                silence.check(reply)

            kept |= _new_replies(name, judge, missing, path, on_reply)
    return [kept[digest_json(_body(judge, text))] for text in texts]


def _new_replies(
    name: str,
    judge: Judge,
    missing: Sequence[Request],
    path: Path,
    on_reply: Callable[[JudgeReply], None],
) -> dict[str, JudgeReply]:
    """Ask, and keep each reply before `on_reply` sees it."""
    where = f"params.yaml: grading.judges.{name}"
    key = key_from_environment(judge.key_variable, where)
    endpoints = Endpoints((str(judge.base_url),), judge.model, key, where)
    asked: dict[str, JudgeReply] = {}
    # Without a buffer: one that a full disk did not take would be written again at the end.
    with path.open("ab", buffering=0) as handle:

        def keep(request: Request, answer: Mapping[str, Any]) -> None:
            reply = asked[request.id] = _reply(request.id, answer)
            # Before `on_reply` may raise: what was paid for is kept.
            line = sealed_line(kept_fields(asdict(reply))) + b"\n"
            append_whole(handle.fileno(), line, path)
            on_reply(reply)

        run_requests(
            missing,
            endpoints,
            on_result=keep,
            settle=partial(sync_file, handle.fileno(), path),
            concurrency=judge.concurrency,
            attempts=judge.attempts,
            timeout_seconds=judge.timeout_seconds,
            first_alone=True,
        )
    return asked


def _body(judge: Judge, text: str) -> dict[str, Any]:
    """The request as it goes to the server; a text that holds half a character is made whole."""
    # Of a character that an answer's limit cut, a lone surrogate may be left, which is no UTF-8.
    whole = text.encode("utf-8", "replace").decode("utf-8")
    template = {"chat_template_kwargs": judge.template} if judge.template else {}
    return {
        "model": judge.model,
        "messages": [{"role": "user", "content": whole}],
        "temperature": 0.0,
        judge.limit_name: judge.max_new_tokens,
        **template,
    }


def _reply(request: str, answer: Mapping[str, Any]) -> JudgeReply:
    """The reply in the JSON of a chat completion; raises UnreadableReplyError."""
    read = read_chat(answer)
    return JudgeReply(
        request,
        read.content,
        read.stop == "stop",
        read.prompt_tokens,
        read.completion_tokens,
        read.cached_tokens,
    )


def _stored_replies(path: Path) -> dict[str, JudgeReply]:
    """The replies on disk. A kill can leave a line unfinished at the end: it is cut off."""
    if not path.is_file():
        return {}
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)
    lines = content[:whole].splitlines()
    replies = [reply for line in lines if (reply := _read_reply(line)) is not None]
    if len(replies) < len(lines):
        tell_damaged(path, f"what {len(lines) - len(replies)} of its lines said is asked again")
    return {reply.request: reply for reply in replies}


def _read_reply(line: bytes) -> JudgeReply | None:
    row = read_sealed_line(line, must_have_seal=False)  # what was paid for before there were seals
    try:
        return None if row is None else JudgeReply(**row)
    except TypeError:
        return None
