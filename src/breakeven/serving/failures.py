"""What goes wrong at an OpenAI-compatible endpoint: what may pass, and what to tell a person."""

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from breakeven.core.errors import BreakevenError, InputError, MachineError, did_you_mean
from breakeven.serving.chat_replies import UnreadableReplyError, has_failed
from breakeven.serving.exchange import (
    BrokenExchangeError,
    Channel,
    MalformedReplyError,
    ReplyTimeoutError,
    ServerUnreachableError,
    StatusError,
)

if TYPE_CHECKING:
    from breakeven.serving.request import Request

# Besides 5xx, what the same request can get over: time-out, conflict, too early, busy.
_PASSING = (408, 409, 425, 429)
# A server that asks for a longer pause has closed for the day.
_LONGEST_PAUSE_SECONDS = 900.0
# What servers say of a prompt and a limit that do not fit together.
_CONTEXT = re.compile(
    r"context_length_exceeded|context (length|size|window)|maximum model length|max_model_len",
    re.IGNORECASE,
)
_SHOWN_CHARACTERS = 400
# Fewer than these of a key tell nobody anything.
_TELLING_CHARACTERS = 8
_OF_THE_SERVER = (ServerUnreachableError, ReplyTimeoutError, StatusError, MalformedReplyError)


class Endpoint(NamedTuple):
    """One server of a model: what an error names. The key is hidden in what servers say."""

    url: str
    model: str
    key: str
    key_name: str


def may_pass(error: BaseException) -> bool:
    """Whether the same request may succeed later."""
    if isinstance(error, StatusError):
        # No quota comes back within the attempts of a run.
        closed = (error.retry_after_seconds or 0.0) > _LONGEST_PAUSE_SECONDS
        if closed or error.code == "insufficient_quota":
            return False
        return _passes(error.status)
    if isinstance(error, MalformedReplyError):
        return error.passes
    return isinstance(error, (ServerUnreachableError, ReplyTimeoutError))


def _passes(status: int) -> bool:
    return status in _PASSING or status >= 500


def read_json_reply(text: str) -> Any:  # noqa: ANN401 - whatever the server sent
    """The JSON of a reply with status 200; raises MalformedReplyError where it is none.

    A page of a proxy or an answer that was cut may be another one next time; a server that streams
    does so again, and what is nested too deeply is no completion.
    """
    try:
        return json.loads(text)
    except ValueError as error:
        streams = text.lstrip().startswith(("data:", "event:"))
        problem = "is a stream of events, which nobody asked for" if streams else "is no JSON"
        raise MalformedReplyError(
            f"the reply {problem}: {text[:80]!r}", passes=not streams
        ) from error
    except RecursionError as error:
        raise MalformedReplyError(
            f"the reply is nested too deeply: {text[:80]!r}", passes=False
        ) from error


def check_completion(reply: object, text: str) -> None:
    """Raise MalformedReplyError where JSON that came with status 200 is no completion.

    Some servers and proxies send an error so, with its status as a code (OpenRouter).
    """
    problem = reply.get("error") if isinstance(reply, dict) else None
    if problem:
        code = str(problem.get("code")) if isinstance(problem, dict) else ""
        message = problem.get("message") if isinstance(problem, dict) else problem
        status = int(code) if re.fullmatch("[1-9][0-9]{2}", code) else None
        raise MalformedReplyError(
            f"an error instead of a completion: {message or problem}"
            + (f" ({status})" if status is not None else ""),
            passes=status is not None and _passes(status),
        )
    if not isinstance(reply, dict) or not reply.get("choices"):
        raise MalformedReplyError(f"the reply holds no completion: {text[:80]!r}", passes=False)
    if has_failed(reply):
        raise MalformedReplyError(f"the server gave up on the completion: {text[:200]!r}")


def unreadable_error(
    error: UnreadableReplyError, endpoint: Endpoint, request: "Request"
) -> MachineError:
    """The error of a reply that is not understood, in one line that says what to do."""
    return MachineError(
        f"{_shown(endpoint.url)}: the reply to {request.id} "
        f"{_one_line(str(error), endpoint.key)}; it is not kept: "
        f"use a server for {endpoint.key_name} that answers as OpenAI's API does"
    )


async def final_error(
    error: Exception, endpoint: Endpoint, request: "Request", channel: Channel, attempts: int
) -> BreakevenError:
    """The error of a request that failed for good, in one line that says what to do."""
    url, problem = _shown(endpoint.url), _one_line(str(error), endpoint.key)
    if isinstance(error, StatusError):
        return await _status_error(error, endpoint, request, channel, attempts)
    if isinstance(error, BrokenExchangeError):
        return MachineError(
            f"{url}: {problem}, tried {attempts} times; see what it says there, or correct its "
            f"address (http or https, port) in {endpoint.key_name}"
        )
    if isinstance(error, ServerUnreachableError):
        return MachineError(
            f"{url}: the server cannot be reached ({problem}), tried {attempts} times; start it or "
            f"correct its address in {endpoint.key_name}"
        )
    if isinstance(error, ReplyTimeoutError):
        return MachineError(
            f"{url}: no answer to {request.id} in time, tried {attempts} times; raise "
            f"{endpoint.key_name}.timeout_seconds or lower concurrency"
        )
    if isinstance(error, MalformedReplyError):
        return MachineError(f"{url}: {problem}")
    raise error


async def _status_error(
    error: StatusError,
    endpoint: Endpoint,
    request: "Request",
    channel: Channel,
    attempts: int,
) -> BreakevenError:
    status, message = error.status, _one_line(error.message, endpoint.key)
    if status == 401:
        # The server's own words are left out: some repeat a part of the key.
        return InputError(
            f"{_shown(endpoint.url)}: the server refuses the key (401); correct the variable that "
            f"{endpoint.key_name}.key_variable names"
        )
    if status == 404:
        return await _not_found_error(
            endpoint, str(request.body.get("model", endpoint.model)), message, channel
        )
    if status in _PASSING or status >= 500:
        return _busy_error(error, endpoint, request, attempts, message)
    return _refused_error(error, endpoint, request, message)


def _refused_error(
    error: StatusError, endpoint: Endpoint, request: "Request", message: str
) -> InputError:
    """What the server will refuse again."""
    status = error.status
    if error.location is not None and 300 <= status < 400:
        # Not followed: whoever is there would read the prompts.
        return InputError(
            f"{_shown(endpoint.url)}: {status}: the server has moved to "
            f"{_one_line(error.location, endpoint.key)}; correct its address in "
            f"{endpoint.key_name}, where that is whom to ask"
        )
    # Servers say this with one status or another, so the words decide.
    if _CONTEXT.search(f"{error.code} {message}"):
        limit = request.body.get("max_tokens", request.body.get("max_completion_tokens"))
        asked = f" and {limit} new tokens" if limit else ""
        return InputError(
            f"{endpoint.key_name}: {request.id}{asked} do not fit the context of {endpoint.model}; "
            f"use a smaller max_new_tokens or serve it with a longer context: {message}"
        )
    # OpenAI's newer models refuse max_tokens and name what they want instead.
    if "max_completion_tokens" in message and "max_tokens" in request.body:
        return InputError(
            f"{endpoint.key_name}.limit_name: value is 'max_tokens'; {_shown(endpoint.url)} wants "
            f"max_completion_tokens: {message}"
        )
    return InputError(
        f"{_shown(endpoint.url)}: {status} for {request.id}: {message}; "
        f"mend what {endpoint.key_name} asks for, or the server"
    )


def _busy_error(
    error: StatusError, endpoint: Endpoint, request: "Request", attempts: int, message: str
) -> MachineError:
    url, status = _shown(endpoint.url), error.status
    if error.code == "insufficient_quota":
        return MachineError(f"{url}: the account's quota is spent: {message}")
    asked = error.retry_after_seconds
    if asked is not None and asked > _LONGEST_PAUSE_SECONDS:
        return MachineError(
            f"{url}: {status}: the server asks to wait {asked:.0f} s; run this again after that"
        )
    if status == 429:
        return MachineError(
            f"{url}: the server is too busy (429), tried {attempts} times; lower "
            f"{endpoint.key_name}.concurrency or run this again later: {message}"
        )
    return MachineError(f"{url}: {status} for {request.id}, tried {attempts} times: {message}")


async def _not_found_error(
    endpoint: Endpoint, model: str, message: str, channel: Channel
) -> InputError:
    """A 404: the model is not served here, or the URL leads to no such API."""
    try:
        served = [str(one["id"]) for one in json.loads(await channel.get("/models"))["data"]]
    except (*_OF_THE_SERVER, ValueError, TypeError, KeyError, RecursionError):
        return InputError(
            f"{_shown(endpoint.url)}: 404 and no list of models: is it the base URL of an "
            f"OpenAI-compatible API (it often ends in /v1)? {message}".rstrip()
        )
    if model in served:
        return InputError(f"{_shown(endpoint.url)}: 404 though it serves {model!r}: {message}")
    return InputError(
        f"{endpoint.key_name}.model: {model!r} is not served at {_shown(endpoint.url)}; "
        f"{_one_line(did_you_mean(model, served), endpoint.key)}"
    )


def _one_line(text: str, key: str) -> str:
    """What a server says, for a log: in one line, without our key and what a terminal obeys."""
    # Some servers say the key again; of what was cut before, a part of it may be left at the end.
    start = re.escape(key[:_TELLING_CHARACTERS])
    rest = "[!-~]*" if len(key) > _TELLING_CHARACTERS else ""
    line = " ".join(re.sub(start + rest, "…", text).split())[:_SHOWN_CHARACTERS]
    return "".join(sign if sign.isprintable() else "�" for sign in line)


def _shown(url: str) -> str:
    """The URL without a user and a password, should it have them."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
